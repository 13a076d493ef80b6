"""Danger to life is recognised, and its denial, memory or joke is not taken for it.

The sentences are in no labelled set.
"""

import pytest
from louyu_routing.classification import Classifier
from louyu_routing.classification.reading import Reader
from louyu_routing.classification.rules import Rules


@pytest.mark.parametrize(
    ("text", "responder"),
    [
        ("我跟孩子被困在电梯里了，快来人", "property"),
        ("快跑，四楼着火了", "property"),
        ("厨房一股煤气味，头晕", "property"),
        ("配电箱在冒火花", "property"),
        ("雨棚塌了压着人了", "property"),
        ("电梯突然往下坠，人都摔了", "quality_inspection"),
        ("我爸八十了，早上出门到现在没回来", "neighbours"),
        ("有人晕倒在门口，叫不醒", "neighbours"),
        ("小孩爬到窗户外面空调外机上了", "neighbours"),
        ("楼上有人拿刀砍人", "committee"),
        ("对门说不想活了，门反锁着", "committee"),
    ],
)
def test_danger_to_life_is_an_emergency_for_the_responder_of_the_convention(
    classifier: Classifier, text: str, responder: str
) -> None:
    found = classifier.classify(text, "text")

    assert (found.intent, found.responder, found.urgency) == ("report", responder, "emergency")


def test_what_speech_recognition_makes_of_a_lift_is_still_a_lift(classifier: Classifier) -> None:
    assert classifier.classify("我让人困在店梯里头了 快来人呀", "voice").urgency == "emergency"


def test_an_emergency_at_the_side_of_something_else_decides(classifier: Classifier) -> None:
    found = classifier.classify("三层灯不亮了，还有五层窗户往外冒浓烟，快看看", "text")

    assert found.urgency == "emergency"


@pytest.mark.parametrize(
    "text",
    [
        "没着火，别担心，就是烧糊了锅",
        "哈哈我家火锅辣得嘴里着火一样",
        "昨天电视里那个着火的场面真吓人",
        "今天单位消防演习，假装着火了",
        "辟谣：三号楼没有煤气泄漏",
        "【消防提示】谨防火灾，电动车着火速度快，请相互转告",
        "水池子堵了，拿铁丝捅了半天也不通，麻烦来个师傅",
        "咱们楼有没有电梯困人保险，是谁出的钱",
    ],
)
def test_denied_told_joked_or_forwarded_danger_is_no_emergency(classifier: Classifier, text: str) -> None:
    assert classifier.classify(text, "text").urgency != "emergency"


@pytest.mark.parametrize("text", ["燃气灶打不着火", "壁挂炉总点不着火，麻烦看看"])
def test_a_stove_that_does_not_light_is_no_fire(classifier: Classifier, text: str) -> None:
    found = classifier.classify(text, "text")
    assert (found.intent, found.responder) == ("report", "property")
    assert found.urgency != "emergency"


def test_a_stove_that_does_not_light_and_smells_is_an_emergency(classifier: Classifier) -> None:
    assert classifier.classify("燃气灶打不着火，屋里有煤气味", "text").urgency == "emergency"


@pytest.mark.parametrize("text", ["火扑灭了，谢谢消防员", "老人找到了，谢谢大家帮忙", "电梯里的人救出来了，谢谢物业"])
def test_danger_that_is_over_is_resolved(classifier: Classifier, text: str) -> None:
    assert classifier.classify(text, "text").intent == "resolved"


def test_a_firing_rule_gives_its_reason_first(classifier: Classifier) -> None:
    assert classifier.classify("着火了，快来人", "text").reasons[0] == "紧急规则：着火或冒烟"


def test_a_doubted_rule_says_why_it_is_doubted(classifier: Classifier) -> None:
    assert classifier.classify("没着火，别担心", "text").reasons[0] == "紧急规则“着火或冒烟”存疑：否认"


def test_a_rule_without_a_known_responder_is_refused_by_name() -> None:
    document: dict[str, dict[str, object]] = {
        "emergencies": {"fire": {"because": "着火", "responder": "fire_brigade", "any": ["着火"]}},
        "quiet": {},
        "marks": {},
    }

    with pytest.raises(ValueError, match=r"emergencies\.fire"):
        Rules(document)


def test_every_emergency_rule_has_words_for_people() -> None:
    reading = Reader.load().read("着火了", "text")

    assert reading.emergency is not None
    assert reading.emergency.because
