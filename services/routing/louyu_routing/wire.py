"""The wire: views as protobuf."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp
from louyu.routing.v1 import plan_pb2, question_pb2
from louyu_sdk import QuestionState
from louyu_sdk.plugin_state import PluginState

from louyu_routing.emergency import Emergency
from louyu_routing.question import Entry, Question, Step
from louyu_routing.reading import Reading
from louyu_routing.undo import can_undo
from louyu_routing.views import NextStep, OutcomeView, QuestionView

STATE_TO_WIRE: Mapping[QuestionState, question_pb2.QuestionState.ValueType] = {
    state: question_pb2.QuestionState.Value(f"QUESTION_STATE_{state.name}") for state in QuestionState
}
STATE_FROM_WIRE: Mapping[int, QuestionState] = {number: state for state, number in STATE_TO_WIRE.items()}


def question_to_wire(view: QuestionView, type_names: Mapping[str, str]) -> question_pb2.Question:
    """Return a question; `type_names` are the responder types' names in Chinese."""
    question = view.question
    return question_pb2.Question(
        id=question.question_id,
        community_id=question.community_id,
        number=question.number,
        state=STATE_TO_WIRE[question.state],
        kind=question.kind,
        responder_type=question.responder_type,
        responder_type_name=type_names.get(question.responder_type, question.responder_type),
        urgency=question.urgency.value,
        text=question.text,
        group_id=question.group_id,
        group_name=view.group_name,
        message_seq=question.message_seq,
        askers=[
            question_pb2.QuestionAsker(
                person_id=asker.person_id, name=asker.name, group_id=asker.group_id, message_seq=asker.message_seq
            )
            for asker in view.askers
        ],
        asset=question.asset,
        opened_at=timestamp(question.opened_at),
        ended_at=timestamp(question.ended_at),
        next_step=None if view.next_step is None else _next_step(view.next_step),
        timeline=[_entry(entry, view) for entry in view.timeline],
        answer=question.answer,
        answered_by=question.answered_by,
        version=question.version,
        reasons=question.reasons,
        plan=[_step(step) for step in view.plan],
        plugin=question.plugin,
        match_reasons=[
            question_pb2.MatchReason(text=reason.text, evidence=reason.evidence) for reason in view.match_reasons
        ],
        emergency_advice=question.emergency_advice,
    )


def outcome_to_wire(view: OutcomeView) -> question_pb2.MessageOutcome:
    """Return what became of a message."""
    opened = view.outcome.what == "opened"
    return question_pb2.MessageOutcome(
        seq=view.outcome.seq,
        what=view.outcome.what or "",
        question_id=view.question.question_id,
        question_number=view.question.number,
        question_state=STATE_TO_WIRE[view.question.state],
        is_guess=view.outcome.is_guess,
        emergency_numbers=view.question.emergency_numbers if opened else (),
        emergency_advice=view.question.emergency_advice if opened else "",
        asked_name=view.asked_name,
        answer=view.question.answer if view.outcome.what == "asked_again" else "",
    )


def undecided_to_wire(seq: int, candidates: Sequence[Question]) -> question_pb2.MessageOutcome | None:
    """Return that the sender of a message is asked which of these is meant; None where there are none."""
    if not candidates:
        return None
    return question_pb2.MessageOutcome(
        seq=seq,
        what="undecided",
        candidates=[question_pb2.OutcomeCandidate(number=one.number, text=one.text) for one in candidates],
    )


def reading_to_wire(reading: Reading, emergency: Emergency | None) -> question_pb2.Classification:
    """Return how a text was understood; with what is said of it where it is an emergency."""
    return question_pb2.Classification(
        intent=reading.intent.value,
        responder=reading.responder or "",
        urgency=reading.urgency.value,
        confidence=reading.confidence,
        reasons=reading.reasons,
        emergency_numbers=emergency.numbers if emergency else (),
        emergency_advice=emergency.advice if emergency else "",
    )


def plugin_to_wire(state: PluginState) -> plan_pb2.PluginState:
    """Return a plugin's state."""
    return plan_pb2.PluginState(
        name=state.name,
        version=state.version,
        hooks=state.hooks,
        state=state.state,
        fault=state.fault,
        since=timestamp(state.since),
        source=state.source,
        failure_count=state.failure_count,
        last_failure=state.last_failure,
        last_failed_at=timestamp(state.last_failed_at),
    )


def timestamp(moment: datetime | None) -> Timestamp | None:
    """Return a moment; None stays unset."""
    if moment is None:
        return None
    stamp = Timestamp()
    stamp.FromDatetime(moment)
    return stamp


def _next_step(step: NextStep) -> question_pb2.NextStep:
    return question_pb2.NextStep(
        who=step.who,
        who_name=step.who_name,
        person_names=step.person_names,
        due_at=timestamp(step.due_at),
        then=step.then,
        is_overdue=step.is_overdue,
    )


def _step(step: Step) -> question_pb2.PlannedStep:
    return question_pb2.PlannedStep(
        id=step.step_id,
        position=step.position,
        who=step.who,
        who_name=step.who_name,
        state=step.state.value,
        started_at=timestamp(step.started_at),
        due_at=timestamp(step.due_at),
    )


def _entry(entry: Entry, view: QuestionView) -> question_pb2.TimelineEntry:
    return question_pb2.TimelineEntry(
        id=entry.entry_id,
        at=timestamp(entry.at),
        what=entry.what,
        by=entry.by.name,
        text=entry.said.text,
        message_seq=entry.said.seq if entry.said.group_id == view.question.group_id else 0,
        is_guess=entry.said.is_guess and entry.undone_at is None,
        can_undo=can_undo(entry, list(view.timeline)),
    )
