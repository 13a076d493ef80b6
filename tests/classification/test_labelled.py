"""The sets of messages are what the figures claim: none is learnt from and judged on at once."""

import numpy as np
import pytest
from louyu_routing.classification.labelled import CHECK, FRESH, GIVEN, OWN, LabelledMessage, load_labelled
from sklearn.feature_extraction.text import CountVectorizer


@pytest.mark.parametrize(
    ("learnt", "judged"), [(OWN, GIVEN), (GIVEN, CHECK), (OWN, CHECK), (GIVEN, FRESH), (OWN, FRESH)]
)
def test_no_judged_message_is_a_near_copy_of_one_learnt_from(learnt: str, judged: str) -> None:
    known = [m.text for m in load_labelled(learnt) if len(m.text) > 4]
    unseen = [m.text for m in load_labelled(judged) if len(m.text) > 4]
    pairs = CountVectorizer(analyzer="char", ngram_range=(2, 2), binary=True, dtype=np.int32).fit(known + unseen)
    one, other = pairs.transform(known), pairs.transform(unseen)
    shared = (one @ other.T).toarray()
    in_either = one.sum(axis=1).reshape(-1, 1) + other.sum(axis=1).reshape(1, -1) - shared

    near = [(known[i], unseen[j]) for i, j in np.argwhere(np.asarray(shared > 0.4 * in_either))]

    assert near == []


@pytest.mark.parametrize("name", [GIVEN, OWN, CHECK, FRESH])
def test_every_id_stands_once(name: str) -> None:
    ids = [message.id for message in load_labelled(name)]

    assert len(set(ids)) == len(ids)


def test_labels_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(ValueError, match="x1"):
        LabelledMessage("x1", "你好", "text", "chat", "property", "low", ())
