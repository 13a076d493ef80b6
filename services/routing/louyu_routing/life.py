"""The life of a question: acknowledge, ask back, answer, resolve, reopen, close. Each cancels what was pending.

Every function is called under the question's lock, and leaves a live question with exactly one clock and an ended one
with none. Who may do it was decided before (`rights`); whether the state allows it is decided here, by `states`.
"""

from dataclasses import replace
from datetime import timedelta

from louyu_runtime.database import Transaction

from louyu_routing import facts
from louyu_routing.escalation import go_on
from louyu_routing.question import PLATFORM, By, Clock, ClockKind, Question, Said, StepState
from louyu_routing.quiet_hours import lapse_at
from louyu_routing.states import ANSWERED, Change, after
from louyu_routing.store import clocks, communities, questions, steps
from louyu_routing.timeline import Before, note, remember

EMERGENCY_ASK_BACK = timedelta(minutes=5)
"""How long an emergency waits for its asker's reply: no longer than those who are asked first."""


async def acknowledge(
    tx: Transaction, question: Question, by: By, said: Said, *, promised_within: timedelta | None = None
) -> Question:
    """Somebody takes it on: the pending step is cancelled, the follow-up clock starts."""
    before = await _before(tx, question, said)
    state = after(question.state, Change.ACKNOWLEDGE)
    chase = await communities.chase(tx)
    promise = promised_within or chase.follow_up_after(question.promise)
    follow_up_at = lapse_at(tx.now, promise, None if question.is_emergency else chase.quiet)
    await steps.settle(tx, question, current=StepState.DONE, waiting=StepState.WAITING)
    await clocks.wind(tx, question, Clock(kind=ClockKind.FOLLOW_UP, due_at=follow_up_at))
    saved = await questions.save(
        tx,
        replace(
            question,
            state=state,
            waiting_for=(by.person_id,) if by.person_id else (),
            acknowledged_by_id=by.person_id,
            acknowledged_by=by.name,
        ),
    )
    await note(tx, saved, "acknowledged", by=by, said=said, before=before)
    await facts.acknowledged(tx, saved, by, said, follow_up_at)
    return saved


async def ask_back(tx: Transaction, question: Question, by: By, said: Said) -> Question:
    """The responder needs something from the asker: the clock rests, and remembers what was left."""
    before = await _before(tx, question, said)
    state = after(question.state, Change.ASK_BACK)
    chase = await communities.chase(tx)
    clock = (await clocks.of(tx, [question.question_id]))[question.question_id]
    askers = (await questions.askers_of(tx, [question.question_id]))[question.question_id]
    rests_until = lapse_at(tx.now, chase.ask_back_after, chase.quiet)
    if question.is_emergency:
        rests_until = min(rests_until, tx.now + EMERGENCY_ASK_BACK)
    await clocks.wind(
        tx,
        question,
        Clock(
            kind=ClockKind.ASK_BACK,
            due_at=rests_until,
            step_id=clock.step_id,
            resume_kind=clock.kind,
            resume_state=question.state,
            resume_after=max(clock.due_at - tx.now, timedelta(0)),
        ),
    )
    saved = await questions.save(
        tx, replace(question, state=state, waiting_for=tuple(asker.person_id for asker in askers))
    )
    await note(tx, saved, "asked_back", by=by, said=said, before=before)
    await facts.asked_back(tx, saved, by, said)
    return saved


async def resume(tx: Transaction, question: Question, by: By = PLATFORM, said: Said | None = None) -> Question:
    """The asker replied, or was silent for too long: what was left of the clock runs again."""
    words = said or Said(text="提问人没有回复，继续处理。")
    before = await _before(tx, question, words)
    clock = (await clocks.of(tx, [question.question_id]))[question.question_id]
    if clock.resume_kind is None or clock.resume_after is None:
        raise AssertionError("a question that is asked back remembers the clock that rests")
    state = after(question.state, Change.RESUME, clock.resume_state)
    chase = await communities.chase(tx)
    plan = await steps.of(tx, question)
    current = next((step for step in plan if step.state is StepState.CURRENT), None)
    rests = not question.is_emergency if current is None else current.rests_at_night
    due_at = lapse_at(tx.now, clock.resume_after, chase.quiet if rests else None)
    await clocks.wind(tx, question, Clock(kind=clock.resume_kind, due_at=due_at, step_id=clock.step_id))
    waiting_for: tuple[str, ...] = current.person_ids if current is not None else ()
    if clock.resume_kind is ClockKind.FOLLOW_UP and question.acknowledged_by_id:
        waiting_for = (question.acknowledged_by_id,)
    if current is not None:
        await steps.save(tx, replace(current, due_at=due_at))
    saved = await questions.save(tx, replace(question, state=state, waiting_for=waiting_for))
    await note(tx, saved, "resumed", by=by, said=words, before=before)
    await facts.resumed(tx, saved, by, said or Said())
    return saved


async def answer(tx: Transaction, question: Question, by: By, said: Said) -> Question:
    """Somebody answers: the clock stops, and the asker may say whether it is good. A later answer replaces this one."""
    before = await _before(tx, question, said)
    state = after(question.state, Change.ANSWER)
    chase = await communities.chase(tx)
    askers = (await questions.askers_of(tx, [question.question_id]))[question.question_id]
    await steps.settle(tx, question, current=StepState.DONE, waiting=StepState.CANCELLED)
    due_at = lapse_at(tx.now, chase.confirm_after, chase.quiet)
    await clocks.wind(tx, question, Clock(kind=ClockKind.CONFIRM, due_at=due_at))
    saved = await questions.save(
        tx,
        replace(
            question,
            state=state,
            answer=said.text,
            answered_by=by.name,
            waiting_for=tuple(asker.person_id for asker in askers),
        ),
    )
    await note(tx, saved, "answered", by=by, said=said, before=before)
    await facts.answered(tx, saved, by, said)
    return saved


async def resolve(tx: Transaction, question: Question, by: By = PLATFORM, said: Said | None = None) -> Question:
    """It is settled, by somebody's word or by the asker's silence."""
    words = said or Said()
    before = await _before(tx, question, words)
    saved = await _end(tx, question, Change.RESOLVE)
    await note(tx, saved, "resolved", by=by, said=words, before=before)
    await facts.resolved(tx, saved, by)
    return saved


async def close(tx: Transaction, question: Question, by: By, reason: Said) -> Question:
    """A named human ends it without a solution, and says why."""
    saved = await _end(tx, question, Change.CLOSE)
    await note(tx, saved, "closed", by=by, said=reason)
    await facts.closed(tx, saved, by, reason)
    return saved


async def reopen(tx: Transaction, question: Question, by: By, said: Said) -> Question:
    """It is not settled after all: a new plan is made, and the chase begins anew."""
    before = await _before(tx, question, said)
    opened = replace(
        question,
        state=after(question.state, Change.REOPEN),
        ended_at=None,
        generation=question.generation + 1,
        waiting_for=(),
        acknowledged_by_id=None,
        acknowledged_by="",
    )
    await clocks.wind(tx, opened, Clock(kind=ClockKind.PLAN, due_at=tx.now))
    saved = await questions.save(tx, opened)
    await note(tx, saved, "reopened", by=by, said=said, before=before)
    await facts.reopened(tx, saved, by, said)
    return saved


async def lapse(tx: Transaction, question: Question, clock: Clock) -> Question:
    """Do what follows when the question's clock has run out."""
    match clock.kind:
        case ClockKind.CONFIRM:
            return await resolve(tx, question, said=Said(text="提问人没有异议，视为已解决。"))
        case ClockKind.ASK_BACK:
            return await resume(tx, question)
        case ClockKind.FOLLOW_UP:
            pressed = (question.acknowledged_by_id,) if question.acknowledged_by_id else ()
            who = question.acknowledged_by or "承接人"
            await note(tx, question, "noted", said=Said(text=f"{who}接手后到时还没有办结，继续催办。"))
            return await go_on(tx, question, press=pressed)
        case ClockKind.STEP:
            return await go_on(tx, question, due_at=clock.due_at)
        case ClockKind.START:
            return await go_on(tx, question)
        case ClockKind.PLAN:
            raise AssertionError("plans are made by the planner, outside this transaction")


async def _end(tx: Transaction, question: Question, change: Change) -> Question:
    state = after(question.state, change)
    done = StepState.DONE if question.state is ANSWERED else StepState.CANCELLED
    await steps.settle(tx, question, current=done, waiting=StepState.CANCELLED)
    await clocks.stop(tx, question)
    return await questions.save(tx, replace(question, state=state, ended_at=tx.now, waiting_for=()))


async def _before(tx: Transaction, question: Question, said: Said) -> Before | None:
    return await remember(tx, question) if said.is_guess else None
