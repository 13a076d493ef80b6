"""Views: questions with all that is shown of them, read in few queries however many there are."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from louyu_runtime.database import Transaction
from louyu_runtime.identity import STAFF_ROLES, Principal
from louyu_sdk import Reason

from louyu_routing.directory import ASKER, ROLE_NAMES
from louyu_routing.question import Asker, Clock, ClockKind, Entry, Question, Step, StepState
from louyu_routing.store import clocks, directory, messages, questions, steps, undecided
from louyu_routing.store import timeline as timeline_store
from louyu_routing.store.messages import MessageOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class NextStep:
    """What happens next to a live question."""

    who: str
    who_name: str
    person_names: tuple[str, ...]
    due_at: datetime
    then: str
    is_overdue: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionView:
    """A question as it is shown. Timeline and plan are empty in lists."""

    question: Question
    group_name: str
    askers: tuple[Asker, ...]
    next_step: NextStep | None
    timeline: tuple[Entry, ...] = ()
    plan: tuple[Step, ...] = ()
    match_reasons: tuple[Reason, ...] = ()
    """Of the whole view only, and for staff."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeView:
    """What became of a message, as it is shown."""

    outcome: MessageOutcome
    question: Question
    asked_name: str
    is_planned: bool
    """False in the moment between the opening and the plan, when nobody is asked yet."""


async def of_questions(tx: Transaction, found: Sequence[Question]) -> list[QuestionView]:
    """Return the views of these questions, in their order, without timeline and plan."""
    ids = [question.question_id for question in found]
    askers = await questions.askers_of(tx, ids)
    live_clocks = await clocks.of(tx, ids)
    plans = await steps.of_many(tx, list(found))
    group_names = await directory.group_names(tx, [question.group_id for question in found])
    persons = {person for question in found for person in question.waiting_for}
    names = await directory.names_of(tx, sorted(persons)) if persons else {}
    return [
        QuestionView(
            question=question,
            group_name=group_names.get(question.group_id, ""),
            askers=tuple(askers[question.question_id]),
            next_step=next_step(question, live_clocks.get(question.question_id), plans[question.question_id], names),
        )
        for question in found
    ]


async def of_question(tx: Transaction, question: Question) -> QuestionView:
    """Return the whole view of one question."""
    (short,) = await of_questions(tx, [question])
    return QuestionView(
        question=question,
        group_name=short.group_name,
        askers=short.askers,
        next_step=short.next_step,
        timeline=tuple(await timeline_store.of(tx, question.question_id)),
        plan=tuple(await steps.of(tx, question)),
        match_reasons=question.match_reasons,
    )


def as_seen_by(principal: Principal, view: QuestionView) -> QuestionView:
    """Return the view without what is meant for staff, unless the caller is staff."""
    if principal.is_service or principal.roles & STAFF_ROLES:
        return view
    return replace(view, timeline=tuple(entry for entry in view.timeline if not entry.staff_only), match_reasons=())


async def of_outcomes(tx: Transaction, group_id: str, first_seq: int, last_seq: int) -> list[OutcomeView]:
    """Return what became of those messages between two positions that have to do with a question."""
    found = await messages.outcomes(tx, group_id, first_seq, last_seq)
    linked = [(one, one.question_id) for one in found if one.what is not None and one.question_id is not None]
    known = await questions.get_many(tx, sorted({question_id for _, question_id in linked}))
    shown = {view.question.question_id: view for view in await of_questions(tx, known)} if known else {}
    return [
        OutcomeView(
            outcome=outcome,
            question=shown[question_id].question,
            asked_name=_asked_name(shown[question_id].next_step),
            is_planned=shown[question_id].next_step is None or _asked_name(shown[question_id].next_step) != "",
        )
        for outcome, question_id in linked
        if question_id in shown
    ]


async def candidates_of(tx: Transaction, group_id: str, seq: int) -> list[Question]:
    """Return the questions that a message may mean whose sender is asked which; empty for any other message."""
    ids = await undecided.question_ids_at(tx, group_id, seq)
    known = {one.question_id: one for one in await questions.get_many(tx, list(ids))} if ids else {}
    return [known[one] for one in ids if one in known]


def next_step(question: Question, clock: Clock | None, plan: Sequence[Step], names: dict[str, str]) -> NextStep | None:
    """Return what happens next to a question, None when it has ended."""
    if clock is None:
        return None
    by_id = {step.step_id: step for step in plan}
    step = by_id.get(clock.step_id or "")
    waiting = [one for one in plan if one.state is StepState.WAITING and one is not step]
    following = waiting[0] if waiting else (plan[-1] if plan else None)
    person_names = tuple(names[person] for person in question.waiting_for if person in names)
    chain = "继续请人回应" if following is None else f"请{following.who_name}回应"
    match clock.kind:
        case ClockKind.STEP | ClockKind.START if step is not None:
            again = "再次" if clock.kind is ClockKind.STEP and following is step else ""
            then = f"{again}{chain}" if clock.kind is ClockKind.STEP else f"请{step.who_name}回应"
            who, who_name, is_overdue = step.who, step.who_name, step.repeated_times > 0
        case ClockKind.FOLLOW_UP:
            done = next((one for one in reversed(plan) if question.acknowledged_by_id in one.person_ids), None)
            who = done.who if done is not None else question.responder_type
            who_name, then, is_overdue = question.acknowledged_by, f"没办结就{chain}", False
        case ClockKind.CONFIRM:
            who, who_name, then, is_overdue = ASKER, ROLE_NAMES[ASKER], "没有异议就视为已解决", False
        case ClockKind.ASK_BACK:
            who, who_name, then, is_overdue = ASKER, ROLE_NAMES[ASKER], "没有回复就继续处理", False
        case _:
            who, who_name, then, is_overdue = question.responder_type, "", "正在安排", False
    return NextStep(
        who=who, who_name=who_name, person_names=person_names, due_at=clock.due_at, then=then, is_overdue=is_overdue
    )


def _asked_name(step: NextStep | None) -> str:
    return "" if step is None else step.who_name
