"""The figures of docs/classification.md hold: floors a little under what was measured.

No message is judged by a classifier that has learnt from it.
"""

from dataclasses import asdict

import pytest
from louyu_routing.classification import Classifier
from louyu_routing.classification.evaluate import Figures, cross_validate, figures, judge
from louyu_routing.classification.labelled import CHECK, FRESH


@pytest.fixture(scope="module")
def given_figures() -> Figures:
    return figures(cross_validate())


@pytest.mark.parametrize(
    ("figure", "floor"),
    [
        ("intent_macro_f1", 0.90),
        ("responder_accuracy", 0.92),
        ("responder_macro_f1", 0.915),
        ("responder_when_needed", 0.915),
        ("emergency_recall", 0.98),
        ("emergency_precision", 0.80),
        ("needs_answer_f1", 0.94),
    ],
)
def test_cross_validation_on_the_given_messages_holds_its_floor(
    given_figures: Figures, figure: str, floor: float
) -> None:
    assert asdict(given_figures)[figure] >= floor


@pytest.mark.parametrize(
    ("messages", "floors"),
    [
        (CHECK, {"intent_macro_f1": 0.83, "responder_accuracy": 0.89, "emergency_recall": 0.92}),
        (
            FRESH,
            {"intent_macro_f1": 0.92, "responder_accuracy": 0.92, "emergency_recall": 1.0, "needs_answer_f1": 0.95},
        ),
    ],
)
def test_messages_nothing_was_learnt_from_hold_their_floors(
    classifier: Classifier, messages: str, floors: dict[str, float]
) -> None:
    found = asdict(figures(judge(messages, classifier)))

    assert {figure for figure, floor in floors.items() if found[figure] < floor} == set()
    assert found["emergency_precision"] >= 0.75
