"""What the property company is asked about, and as which kind of work."""

import dataclasses

import pytest
from louyu_property.kinds import FIELDS, Kind
from louyu_property.matching import match_question, recognise
from louyu_sdk import Intent, Match, Question, Urgency
from louyu_sdk.testing import example_question


def match_of(question: Question) -> Match:
    match = match_question(question)
    assert match is not None
    return match


@pytest.mark.parametrize(
    ("text", "urgency", "kind"),
    [
        ("电梯又停在六层不动弹了", Urgency.HIGH, Kind.LIFT),
        ("四层的灯坏了好几天了", Urgency.NORMAL, Kind.LIGHT),
        ("厨房下水返水，返上来一地", Urgency.HIGH, Kind.WATER),
        ("屋里暖器一点不热", Urgency.HIGH, Kind.HEATING),
        ("单元门关不上，闭门器松了", Urgency.NORMAL, Kind.DOOR),
        ("过道垃圾三天没人收", Urgency.NORMAL, Kind.CLEANING),
        ("五层堆着旧家具，床垫都立在门口", Urgency.NORMAL, Kind.CLUTTER),
        ("二层的灭火器过期两年了", Urgency.NORMAL, Kind.FIRE_EQUIPMENT),
        ("整个楼停电了", Urgency.HIGH, Kind.POWER),
        ("电表箱冒烟了快来人", Urgency.EMERGENCY, Kind.DANGER),
        ("电梯里困住人了，物业值班电话打不通", Urgency.EMERGENCY, Kind.LIFT),
        ("物业值班室几点有人", Urgency.LOW, Kind.SERVICE),
    ],
)
def test_names_the_kind_of_work(text: str, urgency: Urgency, kind: Kind) -> None:
    assert recognise(text, urgency)[0] is kind


def test_a_gas_bill_is_no_danger() -> None:
    assert recognise("燃气费在哪儿交", Urgency.LOW) == (None, ())


def test_words_that_make_up_the_kind_are_given_as_evidence() -> None:
    match = match_of(example_question("单元门的闭门器坏了", responder_type="property"))
    assert match.kind == Kind.DOOR
    assert ("单元门", "闭门器") in [reason.evidence for reason in match.reasons]


def test_a_classified_question_matches_even_without_a_known_word() -> None:
    match = match_of(example_question("报了两天没人来", responder_type="property"))
    assert match.kind is None
    assert match.score == pytest.approx(0.8)


def test_words_raise_the_score_of_a_classified_question() -> None:
    plain = match_of(example_question("怎么还没人来", responder_type="property"))
    worded = match_of(example_question("物业，楼道灯坏了", responder_type="property"))
    assert plain.score < worded.score <= 1.0


def test_a_question_surely_for_another_responder_does_not_match() -> None:
    assert match_question(example_question("电梯年检过期了", responder_type="quality_inspection")) is None


def test_words_alone_match_when_the_classifier_is_unsure() -> None:
    question = example_question("物业来看看，三层漏水了", responder_type="neighbours")
    unsure = dataclasses.replace(question.classification, confidence=0.2)
    match = match_of(dataclasses.replace(question, classification=unsure))
    assert 0.2 <= match.score < 0.8


@pytest.mark.parametrize("intent", [Intent.AD, Intent.CHAT, Intent.RESOLVED])
def test_talk_that_needs_nobody_does_not_match(intent: Intent) -> None:
    assert match_question(example_question("电梯修好了，谢谢物业", intent=intent, responder_type="property")) is None


def test_every_kind_is_described_by_words_of_its_own() -> None:
    words = [word for field in FIELDS.values() for word in field.words]
    assert set(FIELDS) == set(Kind)
    assert len(words) == len(set(words))
