"""What a question's card shows to whom."""

from datetime import UTC, datetime

from louyu.routing.v1 import question_pb2
from louyu_gateway.pages.question_views import question_view
from louyu_gateway.pages.texts import Texts
from louyu_runtime.identity import Principal

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
ADVICE = "人先出来，马上打 119。"


def advice_for(viewer: str, state: question_pb2.QuestionState.ValueType) -> str:
    question = question_pb2.Question(
        id="q",
        state=state,
        urgency="emergency",
        askers=[question_pb2.QuestionAsker(person_id="asker", name="李大姐")],
        emergency_advice=ADVICE,
    )
    principal = Principal("person", viewer, "community", viewer, frozenset({"resident"}))
    return question_view(question, principal, NOW, Texts("zh")).advice


def test_who_asked_by_the_page_sees_what_to_do_while_the_emergency_lasts() -> None:
    assert advice_for("asker", question_pb2.QUESTION_STATE_ASSIGNED) == ADVICE
    assert advice_for("asker", question_pb2.QUESTION_STATE_RESOLVED) == ""
    assert advice_for("neighbour", question_pb2.QUESTION_STATE_ASSIGNED) == ""


def test_who_is_asked_only_in_the_morning_is_not_waited_for_in_the_night() -> None:
    def begins_later(state: question_pb2.QuestionState.ValueType, who: str) -> bool:
        question = question_pb2.Question(id="q", state=state, next_step=question_pb2.NextStep(who=who))
        principal = Principal("person", "asker", "community", "李大姐", frozenset({"resident"}))
        return question_view(question, principal, NOW, Texts("zh")).begins_later

    assert begins_later(question_pb2.QUESTION_STATE_OPEN, "property")
    assert not begins_later(question_pb2.QUESTION_STATE_OPEN, "neighbours")
    assert not begins_later(question_pb2.QUESTION_STATE_ASSIGNED, "property")
