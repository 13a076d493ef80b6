"""Escalation: which step of a question's frozen plan begins now, and what happens when nobody can be asked.

Called under the question's lock. A role that nobody holds, for which nobody is on duty, or whose holders are away without
a substitute, is skipped with a note that says which; when nobody at all is left, the last step asks those off duty, a
secretary of another group, those who are away, else the operator, and repeats: shown to everybody, and never a hole. An
emergency skips nobody who could be told. A step that rests at night neither begins nor lapses in quiet hours. After an outage, steps whose whole time has passed are
folded into the latest one, which begins at once.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from louyu_runtime.database import Transaction
from louyu_runtime.ids import new_id
from louyu_sdk import Neighbours, Plan

from louyu_routing import asking, directory, facts
from louyu_routing.asking import Gap, Reach
from louyu_routing.chase import Chase
from louyu_routing.directory import Asked
from louyu_routing.question import Clock, ClockKind, Question, Said, Step, StepState
from louyu_routing.quiet_hours import is_quiet, lapse_at, next_allowed
from louyu_routing.states import Change, after
from louyu_routing.store import clocks, communities, questions, steps
from louyu_routing.timeline import note

OUTAGE = timedelta(minutes=1)
"""A clock handled so late was not merely busy: what should have happened meanwhile is folded."""


async def freeze(tx: Transaction, question: Question, plan: Plan) -> None:
    """Write a plan's steps as they are to be carried out for this question, whatever is edited later."""
    frozen = []
    for position, step in enumerate(plan.steps, start=1):
        who, who_name = await directory.name_selectors(tx, step.whom)
        frozen.append(
            Step(
                step_id=new_id(),
                question_id=question.question_id,
                generation=question.generation,
                position=position,
                who=who,
                who_name=who_name,
                whom=step.whom,
                window=step.how_long,
                rests_at_night=step.rests_at_night,
            )
        )
    await steps.freeze(tx, frozen)


async def go_on(
    tx: Transaction, question: Question, *, due_at: datetime | None = None, press: tuple[str, ...] = ()
) -> Question:
    """Begin the next step of the plan, or the last one again.

    `due_at` is when the clock ran out that leads here; `press` are persons to be told beside those asked.
    """
    chase = await communities.chase(tx)
    plan = await steps.of(tx, question)
    if not plan:
        return await plan_anew(tx, question)
    current = next((step for step in plan if step.state is StepState.CURRENT), None)
    if current is not None:
        await steps.save(tx, replace(current, state=StepState.LAPSED))
    last = plan[-1]
    upcoming = [step for step in plan if step.state is StepState.WAITING] or [replace(last, state=StepState.LAPSED)]
    if due_at is not None and tx.now - due_at > OUTAGE:
        upcoming = await _fold(tx, question, upcoming, due_at, chase)
    for step in upcoming:
        if _disturbs(step) and step.rests_at_night and is_quiet(tx.now, chase.quiet):
            return await _rest(tx, question, step, next_allowed(tx.now, chase.quiet))
        finding = await asking.find(
            tx, question.group_id, step.whom, Reach.THERE if step.rests_at_night else Reach.ANYBODY
        )
        if finding.asked is None and step.position < last.position:
            await steps.save(tx, replace(step, state=StepState.SKIPPED))
            await note(tx, question, "noted", said=Said(text=f"{step.who_name}{finding.gap.words}，跳过这一步。"))
            continue
        asked = finding.asked
        if asked is None:
            asked, words = await _at_last(tx, question, step, finding.gap)
            await note(tx, question, "noted", said=Said(text=words))
        for words in finding.notes:
            await note(tx, question, "noted", said=Said(text=words))
        return await _begin(tx, question, step, asked, chase, press)
    raise AssertionError("the last step of a plan always begins or rests")


async def _at_last(tx: Transaction, question: Question, step: Step, gap: Gap) -> tuple[Asked, str]:
    """Return whom the last step asks although nobody is there for it, and the words that say so.

    Those who are there but off duty; then a secretary of another group; then those who are away; then the operator.
    """
    off_duty = (await asking.find(tx, question.group_id, step.whom, Reach.OFF_DUTY)).asked
    if off_duty is not None:
        return off_duty, f"{step.who_name}{gap.words}，这是最后一步，仍请{off_duty.who_name}回应。"
    asked = await asking.last_resort(tx, Reach.OFF_DUTY)
    if asked is None:
        away = (await asking.find(tx, question.group_id, step.whom, Reach.ANYBODY)).asked
        asked = away or await asking.last_resort(tx, Reach.ANYBODY)
    if asked is None:
        raise AssertionError("the operator is there when nobody else is")
    return asked, f"{step.who_name}{gap.words}，改由{asked.who_name}处理。"


async def plan_anew(tx: Transaction, question: Question) -> Question:
    """Let the planner make a plan at once; until it has, the question's clock is the planner's."""
    opened = replace(question, state=after(question.state, Change.REST), waiting_for=())
    await clocks.wind(tx, opened, Clock(kind=ClockKind.PLAN, due_at=tx.now))
    return await questions.save(tx, opened)


async def _begin(
    tx: Transaction, question: Question, step: Step, asked: Asked, chase: Chase, press: tuple[str, ...]
) -> Question:
    begun = replace(
        step,
        state=StepState.CURRENT,
        who=asked.who,
        who_name=asked.who_name,
        person_ids=asked.person_ids,
        started_at=tx.now,
        due_at=lapse_at(tx.now, step.window, chase.quiet if step.rests_at_night else None),
        repeated_times=step.repeated_times + 1 if step.started_at is not None else 0,
    )
    change = Change.OFFER if asked.is_everybody else Change.ASSIGN
    told = tuple(dict.fromkeys((*asked.person_ids, *press)))
    begun_question = replace(question, state=after(question.state, change), waiting_for=told)
    await steps.save(tx, begun)
    await clocks.wind(tx, question, Clock(kind=ClockKind.STEP, due_at=_due(begun), step_id=begun.step_id))
    saved = await questions.save(tx, begun_question)
    again = "再次" if begun.repeated_times else ""
    await note(tx, saved, "step_started", said=Said(text=f"{again}请{asked.who_name}回应"))
    await facts.step_started(tx, saved, begun, told)
    return saved


async def _rest(tx: Transaction, question: Question, step: Step, until: datetime) -> Question:
    """Put a step off to the morning."""
    resting = replace(question, state=after(question.state, Change.REST), waiting_for=())
    await clocks.wind(tx, resting, Clock(kind=ClockKind.START, due_at=until, step_id=step.step_id))
    saved = await questions.save(tx, resting)
    await note(tx, saved, "noted", said=Said(text=f"现在是休息时间，早上再请{step.who_name}回应。"))
    return saved


async def _fold(
    tx: Transaction, question: Question, upcoming: list[Step], due_at: datetime, chase: Chase
) -> list[Step]:
    """Pass over the steps whose whole time went by during an outage; the latest one is left to begin."""
    left = list(upcoming)
    moment = due_at
    while len(left) > 1:
        lapsed_at = lapse_at(moment, left[0].window, chase.quiet if left[0].rests_at_night else None)
        if lapsed_at > tx.now:
            break
        moment = lapsed_at
        missed = left.pop(0)
        await steps.save(tx, replace(missed, state=StepState.LAPSED))
        await note(tx, question, "noted", said=Said(text=f"平台中断期间错过了{missed.who_name}这一步。"))
    return left


def _disturbs(step: Step) -> bool:
    return not any(isinstance(one, Neighbours) for one in step.whom)


def _due(step: Step) -> datetime:
    if step.due_at is None:
        raise AssertionError("a step that has begun has an end")
    return step.due_at
