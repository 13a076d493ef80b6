"""Three or four characters are how many neighbours report: they are no chat. None of these is learnt from."""

import pytest
from louyu_routing.classification import Classifier
from louyu_routing.classification.labelled import OWN, load_labelled

REPORTS = (
    "一单元电梯坏了",
    "电梯故障了",
    "东边电梯不动了",
    "我家没暖气",
    "暖气不热了",
    "三层停水了",
    "家里停电了",
    "又没热水了",
    "我家马桶堵了",
    "厨房水管漏水",
    "走廊灯不亮",
    "楼下门禁坏了",
    "三楼窗户破了",
    "大门关不上了",
)
TALK = ("我家有暖气", "手机停机了", "没时间", "没什么事", "我家不停水", "电梯里见", "不堵", "灯挺亮的")


@pytest.mark.parametrize("text", REPORTS)
def test_a_few_characters_about_what_is_broken_are_a_report_to_the_property_company(
    classifier: Classifier, text: str
) -> None:
    found = classifier.classify(text, "text")

    assert (found.intent, found.responder) == ("report", "property")


@pytest.mark.parametrize("text", TALK)
def test_a_few_characters_that_ask_nothing_stay_talk(classifier: Classifier, text: str) -> None:
    assert classifier.classify(text, "text").responder is None


def test_none_of_them_is_learnt_from() -> None:
    assert not {*REPORTS, *TALK} & {message.text for message in load_labelled(OWN)}
