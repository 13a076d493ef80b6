"""The sets of messages are what the figures claim: none is learnt from and judged on at once."""

from itertools import product

import pytest
from louyu_routing.classification.labelled import CHECK, GIVEN, OWN, LabelledMessage, load_labelled


def pairs_of(text: str) -> set[str]:
    return {text[i : i + 2] for i in range(len(text) - 1)}


@pytest.mark.parametrize(("learnt", "judged"), [(OWN, GIVEN), (GIVEN, CHECK), (OWN, CHECK)])
def test_no_judged_message_is_a_near_copy_of_one_learnt_from(learnt: str, judged: str) -> None:
    known = [(m.text, pairs_of(m.text)) for m in load_labelled(learnt) if len(m.text) > 4]
    unseen = [(m.text, pairs_of(m.text)) for m in load_labelled(judged) if len(m.text) > 4]

    near = [(a, b) for (a, x), (b, y) in product(known, unseen) if len(x & y) > 0.4 * len(x | y)]

    assert near == []


@pytest.mark.parametrize("name", [GIVEN, OWN, CHECK])
def test_every_id_stands_once(name: str) -> None:
    ids = [message.id for message in load_labelled(name)]

    assert len(set(ids)) == len(ids)


def test_labels_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(ValueError, match="x1"):
        LabelledMessage("x1", "你好", "text", "chat", "property", "low", ())
