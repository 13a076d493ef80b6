"""Facts: routing's events as protobuf, each with the question as it is after the change.

Every function appends to the transaction's outbox, so that change and event are one commit.
"""

from collections.abc import Sequence
from datetime import datetime

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from louyu.events.v1 import routing_events_pb2 as events
from louyu_runtime.database import Transaction, append_event

from louyu_routing.directory import strongest_role
from louyu_routing.question import By, Question, Said, Step
from louyu_routing.store import directory, questions, timeline


async def opened(tx: Transaction, question: Question, emergency_notice: str) -> None:
    """A message was understood to need somebody; `emergency_notice` is what neighbours must know of an emergency."""
    _append(
        tx,
        question,
        events.QuestionOpened(
            question=await _facts(tx, question),
            is_emergency=question.is_emergency,
            emergency_numbers=question.emergency_numbers,
            emergency_advice=question.emergency_advice,
            emergency_notice=emergency_notice,
        ),
    )


async def step_started(tx: Transaction, question: Question, step: Step, told: tuple[str, ...]) -> None:
    """Somebody is asked now; `told` are all persons to be told of it."""
    _append(
        tx,
        question,
        events.StepStarted(
            question=await _facts(tx, question),
            step_id=step.step_id,
            position=step.position,
            asked=step.who,
            asked_name=step.who_name,
            person_ids=told,
            due_at=_timestamp(step.due_at),
            ignores_quiet_hours=not step.rests_at_night,
            repeated_times=step.repeated_times,
        ),
    )


async def acknowledged(tx: Transaction, question: Question, by: By, said: Said, follow_up_at: datetime) -> None:
    """Somebody has taken it on."""
    _append(
        tx,
        question,
        events.QuestionAcknowledged(
            question=await _facts(tx, question),
            person_id=by.person_id or "",
            person_name=by.name,
            text=said.text,
            follow_up_at=_timestamp(follow_up_at),
            message_seq=said.seq,
        ),
    )


async def asked_back(tx: Transaction, question: Question, by: By, said: Said) -> None:
    """The asker is asked for something."""
    _append(
        tx,
        question,
        events.QuestionAskedBack(
            question=await _facts(tx, question), person_id=by.person_id or "", person_name=by.name, text=said.text
        ),
    )


async def resumed(tx: Transaction, question: Question, by: By, said: Said) -> None:
    """The asker replied, or was silent for too long."""
    _append(
        tx,
        question,
        events.QuestionResumed(
            question=await _facts(tx, question), person_id=by.person_id or "", person_name=by.name, text=said.text
        ),
    )


async def answered(tx: Transaction, question: Question, by: By, said: Said) -> None:
    """There is an answer."""
    _append(
        tx,
        question,
        events.QuestionAnswered(
            question=await _facts(tx, question),
            person_id=by.person_id or "",
            person_name=by.name,
            person_role=by.role,
            text=said.text,
            answered_in_group_id=said.group_id or "",
            message_seq=said.seq,
            is_guess=said.is_guess,
        ),
    )


async def resolved(tx: Transaction, question: Question, by: By) -> None:
    """It is settled."""
    _append(
        tx,
        question,
        events.QuestionResolved(
            question=await _facts(tx, question),
            person_id=by.person_id or "",
            person_name=by.name,
            answer=question.answer,
            opened_at=_timestamp(question.opened_at),
            resolved_at=_timestamp(question.ended_at),
            person_role=by.role,
            answered_by_role=await _answerers_role(tx, question),
        ),
    )


async def reopened(tx: Transaction, question: Question, by: By, said: Said) -> None:
    """It is not settled after all."""
    _append(
        tx,
        question,
        events.QuestionReopened(question=await _facts(tx, question), person_id=by.person_id or "", text=said.text),
    )


async def closed(tx: Transaction, question: Question, by: By, said: Said) -> None:
    """A named human ended it without a solution."""
    _append(
        tx,
        question,
        events.QuestionClosed(
            question=await _facts(tx, question), person_id=by.person_id or "", person_name=by.name, reason=said.text
        ),
    )


async def reply_undecided(tx: Transaction, candidates: Sequence[Question], by: By, said: Said) -> None:
    """Somebody's words may mean any of these questions, of which there are two at least."""
    found = [await _facts(tx, question) for question in candidates]
    _append(
        tx,
        candidates[0],
        events.ReplyUndecided(
            question=found[0],
            candidates=found,
            person_id=by.person_id or "",
            person_name=by.name,
            group_id=said.group_id or "",
            message_seq=said.seq,
        ),
    )


async def guess_undone(tx: Transaction, question: Question, by: By, what: str, said: Said) -> None:
    """A guess was taken back; the state before it holds again."""
    _append(
        tx,
        question,
        events.GuessUndone(
            question=await _facts(tx, question),
            person_id=by.person_id or "",
            what=what,
            group_id=said.group_id or "",
            message_seq=said.seq,
        ),
    )


async def _facts(tx: Transaction, question: Question) -> events.QuestionFacts:
    askers = (await questions.askers_of(tx, [question.question_id]))[question.question_id]
    return events.QuestionFacts(
        question_id=question.question_id,
        number=question.number,
        state=question.state.value,
        kind=question.kind,
        responder_type=question.responder_type,
        urgency=question.urgency.value,
        group_id=question.group_id,
        message_seq=question.message_seq,
        text=question.text,
        askers=[
            events.Asker(person_id=asker.person_id, group_id=asker.group_id, message_seq=asker.message_seq)
            for asker in askers
        ],
    )


async def _answerers_role(tx: Transaction, question: Question) -> str:
    """Return the role of whoever gave the answer that holds, "" if nobody did; "staff" for a responder's own system."""
    answerer = await timeline.answerer(tx, question.question_id)
    if answerer is None:
        return ""
    if answerer.person_id is None:
        return "staff"
    askers = (await questions.askers_of(tx, [question.question_id]))[question.question_id]
    groups = [question.group_id, *(asker.group_id for asker in askers)]
    return strongest_role(await directory.roles_of(tx, [answerer.person_id], groups))


def _append(tx: Transaction, question: Question, event: Message) -> None:
    append_event(tx, event, subject=question.subject, traceparent=question.traceparent)


def _timestamp(moment: datetime | None) -> Timestamp | None:
    if moment is None:
        return None
    stamp = Timestamp()
    stamp.FromDatetime(moment)
    return stamp
