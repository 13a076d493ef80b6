"""The timeline: what is written down of each change, and with a guess what held before it, so that it can be undone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from louyu_runtime.database import Transaction
from louyu_runtime.ids import new_id
from louyu_sdk import ChangeKind, QuestionState

from louyu_routing.question import PLATFORM, By, Clock, ClockKind, Entry, Question, Said, Step, StepState
from louyu_routing.store import clocks, messages, steps
from louyu_routing.store import timeline as store


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What held before a guess: the parts of the question that the guess changed, its clock and its steps."""

    state: QuestionState
    ended_at: datetime | None
    answer: str
    answered_by: str
    generation: int
    waiting_for: tuple[str, ...]
    acknowledged_by_id: str | None
    acknowledged_by: str
    clock: Clock | None
    step_states: Mapping[str, StepState]


TOLD = frozenset(kind.value for kind in ChangeKind)
"""Of these changes the plugin that made the plan is told."""


async def remember(tx: Transaction, question: Question) -> Before:
    """Return what holds now."""
    plan: list[Step] = await steps.of(tx, question)
    return Before(
        state=question.state,
        ended_at=question.ended_at,
        answer=question.answer,
        answered_by=question.answered_by,
        generation=question.generation,
        waiting_for=question.waiting_for,
        acknowledged_by_id=question.acknowledged_by_id,
        acknowledged_by=question.acknowledged_by,
        clock=(await clocks.of(tx, [question.question_id])).get(question.question_id),
        step_states={step.step_id: step.state for step in plan},
    )


async def note(
    tx: Transaction,
    question: Question,
    what: str,
    *,
    by: By = PLATFORM,
    said: Said | None = None,
    before: Before | None = None,
    linked_as: str | None = None,
    staff_only: bool = False,
) -> None:
    """Write down what happened to a question, and link the message that did it.

    `linked_as` is what the message is called in its group where that differs from `what`.
    """
    words = said or Said()
    await store.add(
        tx,
        Entry(
            entry_id=new_id(),
            question_id=question.question_id,
            at=tx.now,
            what=what,
            by=by,
            said=words,
            staff_only=staff_only,
            untold_to=question.plugin or None if what in TOLD else None,
            before_guess=None if before is None or not words.is_guess else _to_json(before),
        ),
    )
    if words.seq:
        await messages.link(tx, words, linked_as or what, question.question_id)


def before_of(values: Mapping[str, Any]) -> Before:
    """Return what was remembered with a guess."""
    clock = values["clock"]
    return Before(
        state=QuestionState(values["state"]),
        ended_at=_moment(values["ended_at"]),
        answer=values["answer"],
        answered_by=values["answered_by"],
        generation=values["generation"],
        waiting_for=tuple(values["waiting_for"]),
        acknowledged_by_id=values["acknowledged_by_id"],
        acknowledged_by=values["acknowledged_by"],
        clock=None
        if clock is None
        else Clock(
            kind=ClockKind(clock["kind"]),
            due_at=datetime.fromisoformat(clock["due_at"]),
            step_id=clock["step_id"],
            resume_kind=None if clock["resume_kind"] is None else ClockKind(clock["resume_kind"]),
            resume_state=None if clock["resume_state"] is None else QuestionState(clock["resume_state"]),
            resume_after=None if clock["resume_after"] is None else timedelta(seconds=clock["resume_after"]),
        ),
        step_states={step_id: StepState(state) for step_id, state in values["step_states"].items()},
    )


def _to_json(before: Before) -> dict[str, object]:
    clock = before.clock
    return {
        "state": before.state.value,
        "ended_at": None if before.ended_at is None else before.ended_at.isoformat(),
        "answer": before.answer,
        "answered_by": before.answered_by,
        "generation": before.generation,
        "waiting_for": list(before.waiting_for),
        "acknowledged_by_id": before.acknowledged_by_id,
        "acknowledged_by": before.acknowledged_by,
        "clock": None
        if clock is None
        else {
            "kind": clock.kind.value,
            "due_at": clock.due_at.isoformat(),
            "step_id": clock.step_id,
            "resume_kind": clock.resume_kind,
            "resume_state": clock.resume_state,
            "resume_after": None if clock.resume_after is None else clock.resume_after.total_seconds(),
        },
        "step_states": {step_id: state.value for step_id, state in before.step_states.items()},
    }


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
