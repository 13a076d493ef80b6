"""What holds for every message: consistency, bounds, no exception; and what neighbours' plain words mean."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from louyu_routing.classification import Classification, Classifier
from louyu_routing.classification.labelled import GIVEN, load_labelled
from louyu_routing.classification.labels import INTENTS, RESPONDERS, URGENCIES
from louyu_routing.classification.model import HEADS

VIAS = st.sampled_from(["text", "voice", "photo"])
FRAGMENTS = st.sampled_from(
    ["电梯", "着火了", "谢谢", "没", "物业", "吗？", "报名", "修好了", "困在", "优惠", "\ud800", "\x00", "ﷺ", "😀", " "]
)
ANY_TEXT = st.text(st.characters(exclude_categories=())) | st.lists(FRAGMENTS, max_size=30).map("".join)


def assert_consistent(found: Classification) -> None:
    assert found.intent in INTENTS
    assert found.urgency in URGENCIES
    if found.intent in {"chat", "resolved", "ad"}:
        assert found.responder is None
        assert found.urgency == "low"
    else:
        assert found.responder in RESPONDERS
    assert 0.0 <= found.confidence <= 1.0
    assert 1 <= len(found.reasons) <= 4
    assert all(found.reasons)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=ANY_TEXT, via=VIAS)
def test_any_text_gets_a_consistent_classification(classifier: Classifier, text: str, via: str) -> None:
    assert_consistent(classifier.classify(text, via))


def test_the_given_messages_get_consistent_classifications(classifier: Classifier) -> None:
    for message in load_labelled(GIVEN):
        assert_consistent(classifier.classify(message.text, message.via))


def test_an_unknown_via_is_classified_by_its_words(classifier: Classifier) -> None:
    assert classifier.classify("楼道灯坏了，麻烦物业修一下", "sticker").responder == "property"


def test_only_the_first_2000_characters_count(classifier: Classifier) -> None:
    kept = "楼道灯坏了，麻烦物业修一下" + "。" * 2000

    assert classifier.classify(kept + "着火了快来人", "text") == classifier.classify(kept, "text")


def test_characters_that_unfold_do_not_escape_the_bound(classifier: Classifier) -> None:
    unfolding = "ﷺ" * 2000

    assert_consistent(classifier.classify(unfolding + "着火了", "text"))


def test_the_same_message_always_gets_the_same_classification(classifier: Classifier) -> None:
    text = "谁家有打气筒借我用用"

    assert classifier.classify(text, "text") == classifier.classify(text, "text")


def test_two_trainings_agree() -> None:
    messages = load_labelled(GIVEN)[:300]
    first, second = Classifier.train(messages), Classifier.train(messages)

    for message in load_labelled(GIVEN)[300:400]:
        one, other = first.classify(message.text, "text"), second.classify(message.text, "text")
        assert (one.intent, one.responder, one.urgency) == (other.intent, other.responder, other.urgency)
        assert one.confidence == pytest.approx(other.confidence)


@pytest.mark.parametrize(
    ("text", "via", "intent", "responder"),
    [
        ("物业能不能派人看看，单元门锁坏了打不开", "text", "report", "property"),
        ("质监局的同志，我们楼电梯修完又坏，检验都过期了", "text", "report", "quality_inspection"),
        ("请问居住证到期了去哪儿办，要带什么材料", "text", "question", "committee"),
        ("谁家有电钻借我用半天", "text", "question", "neighbours"),
        ("单元墙上又让人贴了好多小广告，太难看了", "text", "report", "volunteer_squad"),
        ("周六上午九点小分队集合扫雪，能来的接龙", "text", "event", "volunteer_squad"),
        ("谢谢物业，灯修好了", "text", "resolved", None),
        ("电视收不到信号了，请人来看看，谢谢", "text", "report", "property"),
        ("请师傅来修一下，谢谢", "text", "report", "property"),
        ("厂家直销纱窗，满十户八折，加我微信", "text", "ad", None),
        ("祝大家新年快乐", "text", "chat", None),
        ("我去问问，稍等一下", "text", "chat", None),
        ("书记啊 我问问 那个高龄津贴几月发呀", "voice", "question", "committee"),
    ],
)
def test_plain_words_are_understood(
    classifier: Classifier, text: str, via: str, intent: str, responder: str | None
) -> None:
    found = classifier.classify(text, via)

    assert (found.intent, found.responder) == (intent, responder)


@pytest.mark.parametrize(
    "text",
    [
        "电梯坏了",
        "停水了",
        "没电了",
        "漏水",
        "咱单元没水了",
        "东门道闸坏了",
        "一楼灯坏了",
        "全楼停电了",
        "快递柜满了放不进去",
    ],
)
def test_a_report_of_few_words_is_one(classifier: Classifier, text: str) -> None:
    found = classifier.classify(text, "text")

    assert (found.intent, found.responder) == ("report", "property")


@pytest.mark.parametrize("text", ["手机没电了", "单位电梯坏了", "雨停了", "累坏了"])
def test_talk_of_few_words_is_no_report(classifier: Classifier, text: str) -> None:
    assert classifier.classify(text, "text").intent == "chat"


def test_reasons_quote_words_of_the_message(classifier: Classifier) -> None:
    text = "电梯又坏了，请质监局来查查检验"

    reasons = classifier.classify(text, "text").reasons

    assert all(reason.strip("“”") in text for reason in reasons)


def test_the_table_of_weights_believes_what_scikit_learn_believes() -> None:
    from louyu_routing.classification.features import character_features, sign_features
    from louyu_routing.classification.model import SIGNS_WEIGHT, LinearModel
    from louyu_routing.classification.reading import Reader
    from scipy.sparse import hstack
    from sklearn.feature_extraction.text import TfidfVectorizer

    reader, messages = Reader.load(), load_labelled(GIVEN)[:200]
    readings = [reader.read(message.text, message.via) for message in messages]
    model = LinearModel.train(messages, readings)
    blocks = [
        TfidfVectorizer(analyzer=extract, sublinear_tf=True).fit_transform(readings) * scale
        for extract, scale in ((character_features, 1.0), (sign_features, SIGNS_WEIGHT))
    ]
    scores = hstack(blocks).tocsr() @ model.to_arrays()["weights"]

    assert [model.score(reading).tolist() for reading in readings[:20]] == [
        pytest.approx(row) for row in scores[:20].tolist()
    ]
    assert set(model.believe(readings[0]).log_probability) == set(HEADS)
