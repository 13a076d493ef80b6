"""Questions as pages show them: the state in words, the chain of those asked, who is waited for, what this viewer may do."""

from collections.abc import Mapping
from datetime import datetime

from louyu.routing.v1 import question_pb2
from louyu_runtime.identity import Principal
from louyu_runtime.permissions import LEADERS, STAFF

from louyu_gateway.pages import words
from louyu_gateway.pages.texts import Texts
from louyu_gateway.pages.views import QuestionView, Standing, StepView, TimelineEntry
from louyu_gateway.wire import moment, state_word

ENDED = ("resolved", "closed")
_STANDING: dict[str, Standing] = {"current": "now", "done": "asked", "lapsed": "asked"}


def question_view(question: question_pb2.Question, viewer: Principal, now: datetime, texts: Texts) -> QuestionView:
    """Return the card of a question for this viewer. Flats and phone numbers are not in it."""
    state = state_word(question.state)
    label, tone = words.STATES.get(state, (state, "calm"))
    begins_later = state == "open" and question.next_step.who not in ("", "neighbours")
    if begins_later:
        label = "已记下"
    due_at = moment(question.next_step, "due_at") if question.HasField("next_step") else None
    overdue = state not in ENDED and question.next_step.is_overdue
    emergency = question.urgency == "emergency"
    is_asker = any(asker.person_id == viewer.id for asker in question.askers)
    if (emergency or overdue) and state not in ("answered", *ENDED):
        tone = "alarm"
    return QuestionView(
        id=question.id,
        number=question.number,
        state=state,
        state_label=texts(label),
        tone=tone,
        text=question.text,
        kind=texts(words.KINDS.get(question.kind, question.kind)),
        responder=texts(words.RESPONDERS.get(question.responder_type_name, question.responder_type_name)),
        group_id=question.group_id,
        group_name=question.group_name,
        message_seq=question.message_seq,
        asker=asker_names(question, texts, {}),
        opened_at=moment(question, "opened_at") or now,
        emergency=emergency,
        steps=tuple(
            StepView(_named(step.who_name, texts), _STANDING.get(step.state, "waiting"))
            for step in question.plan
            if step.state != "cancelled"
        ),
        next_who=_next_who(question.next_step, texts) if state not in ENDED else "",
        next_due_at=due_at,
        begins_later=begins_later,
        then=question.next_step.then,
        overdue=overdue,
        overdue_by=now - due_at if overdue and due_at is not None and due_at < now else None,
        answer=question.answer,
        answered_by=question.answered_by,
        may_confirm=state == "answered" and is_asker,
        advice=question.emergency_advice if state not in ENDED and is_asker else "",
        version=question.version,
    )


def asker_names(question: question_pb2.Question, texts: Texts, flats: Mapping[str, str]) -> str:
    """Return who asked, the first three by name, with the flats that are known here by person."""
    shown = [
        " · ".join(filter(None, (asker.name or texts("居民"), flats.get(asker.person_id))))
        for asker in question.askers[:3]
    ]
    more = texts("等 {n} 人", n=len(question.askers)) if len(question.askers) > 3 else ""
    return texts("、").join(shown) + more


def _next_who(step: question_pb2.NextStep, texts: Texts) -> str:
    """Return who is waited for: their parts, and in brackets their names."""
    called = _named(step.who_name, texts)
    names = texts("、").join(name for name in step.person_names if name != step.who_name)
    if not called or not names:
        return called or names
    return texts("{called}（{names}）", called=called, names=names)


def _named(who_name: str, texts: Texts) -> str:
    """Return the names of roles and responders, which routing joins in Chinese, in the reader's language."""
    return texts("、").join(texts(name) for name in who_name.split("、"))


def timeline_views(
    question: question_pb2.Question, viewer: Principal, now: datetime, texts: Texts
) -> list[TimelineEntry]:
    """Return what happened, oldest first."""
    entries = []
    for entry in question.timeline:
        label, tone = words.WHAT.get(entry.what, (entry.what, "calm"))
        entries.append(
            TimelineEntry(
                id=entry.id,
                at=moment(entry, "at") or now,
                what=texts(label),
                by=entry.by,
                text=entry.text,
                tone=tone,
                is_guess=entry.is_guess,
                can_undo=entry.can_undo and bool(viewer.roles & STAFF),
            )
        )
    return entries


def actions_for(question: QuestionView, viewer: Principal) -> tuple[str, ...]:
    """Return the actions to offer. Only what can succeed is offered; routing decides in the end."""
    if not viewer.roles & STAFF:
        return ()
    is_leader = bool(viewer.roles & LEADERS) or viewer.is_operator
    actions: list[str] = []
    if question.state in ("open", "assigned"):
        actions.append("acknowledge")
    if question.state not in ENDED:
        actions.append("answer")
    if question.state in ("open", "assigned", "acknowledged"):
        actions.append("ask_back")
    if is_leader and question.state not in ENDED:
        actions.append("resolve")
    if is_leader and question.state in ("answered", *ENDED):
        actions.append("reopen")
    if is_leader and question.state not in ENDED:
        actions.append("close")
    return tuple(actions)
