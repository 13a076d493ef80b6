"""The figures of docs/classification.md hold: floors a little under what was measured.

No message is judged by a classifier that has learnt from it.
"""

from dataclasses import asdict

import pytest
from louyu_routing.classification.evaluate import Figures, cross_validate, figures, judge_check


@pytest.fixture(scope="module")
def given_figures() -> Figures:
    return figures(cross_validate())


@pytest.mark.parametrize(
    ("figure", "floor"),
    [
        ("intent_macro_f1", 0.87),
        ("responder_accuracy", 0.89),
        ("responder_when_needed", 0.91),
        ("emergency_recall", 0.96),
        ("emergency_precision", 0.76),
        ("needs_answer_f1", 0.92),
    ],
)
def test_cross_validation_on_the_given_messages_holds_its_floor(
    given_figures: Figures, figure: str, floor: float
) -> None:
    assert asdict(given_figures)[figure] >= floor


def test_the_check_messages_hold_their_floors() -> None:
    found = figures(judge_check())

    assert found.intent_macro_f1 >= 0.80
    assert found.responder_accuracy >= 0.83
    assert found.emergency_recall >= 0.92
    assert found.emergency_precision >= 0.80
