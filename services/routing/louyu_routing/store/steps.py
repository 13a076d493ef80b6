"""The frozen plan: one row for each step. Selectors of persons are kept as JSON and read back as the SDK's types."""

import json
from typing import Any

from louyu_runtime.database import Transaction
from louyu_runtime.ids import is_uuid
from louyu_sdk import Neighbours, ResponderById, Role, RoleInGroup
from louyu_sdk.plan import Whom

from louyu_routing.question import Question, Step, StepState

_COLUMNS = (
    "step_id, question_id, generation, position, who, who_name, whom, time_window, rests_at_night, state, person_ids,"
    " started_at, due_at, repeated_times"
)


async def freeze(tx: Transaction, steps: list[Step]) -> None:
    """Write the steps of a new plan."""
    await tx.execute(
        f"INSERT INTO question_step (community_id, {_COLUMNS}) VALUES (CAST(:community AS uuid),"
        " CAST(:step_id AS uuid), CAST(:question_id AS uuid), :generation, :position, :who, :who_name, :whom, :window,"
        " :rests_at_night, :state, :person_ids, :started_at, :due_at, :repeated_times)",
        [_values(tx, step) for step in steps],
    )


async def save(tx: Transaction, step: Step) -> None:
    """Write where a step stands."""
    await tx.execute(
        "UPDATE question_step SET state = :state, who = :who, who_name = :who_name, person_ids = :person_ids,"
        "   started_at = :started_at, due_at = :due_at, repeated_times = :repeated_times"
        " WHERE community_id = CAST(:community AS uuid) AND step_id = CAST(:step_id AS uuid)",
        _values(tx, step),
    )


async def of(tx: Transaction, question: Question) -> list[Step]:
    """Return the steps of the question's present generation, in their order."""
    rows = await tx.rows(
        f"SELECT {_COLUMNS} FROM question_step"
        " WHERE question_id = CAST(:id AS uuid) AND generation = :generation ORDER BY position",
        id=question.question_id,
        generation=question.generation,
    )
    return [_step_of(row) for row in rows]


async def of_many(tx: Transaction, questions: list[Question]) -> dict[str, list[Step]]:
    """Return the steps of each question's present generation, by question."""
    rows = await tx.rows(
        f"SELECT {_COLUMNS} FROM question_step WHERE question_id = ANY (CAST(:ids AS uuid[])) ORDER BY position",
        ids=[question.question_id for question in questions],
    )
    generations = {question.question_id: question.generation for question in questions}
    found: dict[str, list[Step]] = {question_id: [] for question_id in generations}
    for row in rows:
        step = _step_of(row)
        if step.generation == generations[step.question_id]:
            found[step.question_id].append(step)
    return found


async def settle(tx: Transaction, question: Question, *, current: StepState, waiting: StepState) -> None:
    """Give the current step and the waiting ones of the present generation the states that end or pause them."""
    await tx.execute(
        "UPDATE question_step SET state = CASE state WHEN 'current' THEN :current ELSE :waiting END"
        " WHERE question_id = CAST(:id AS uuid) AND generation = :generation AND state IN ('current', 'waiting')",
        {
            "id": question.question_id,
            "generation": question.generation,
            "current": current.value,
            "waiting": waiting.value,
        },
    )


def _values(tx: Transaction, step: Step) -> dict[str, Any]:
    return {
        "community": tx.community_id,
        "step_id": step.step_id,
        "question_id": step.question_id,
        "generation": step.generation,
        "position": step.position,
        "who": step.who,
        "who_name": step.who_name,
        "whom": json.dumps([_selector(whom) for whom in step.whom]),
        "window": step.window,
        "rests_at_night": step.rests_at_night,
        "state": step.state.value,
        "person_ids": list(step.person_ids),
        "started_at": step.started_at,
        "due_at": step.due_at,
        "repeated_times": step.repeated_times,
    }


def _step_of(row: Any) -> Step:
    return Step(
        step_id=str(row.step_id),
        question_id=str(row.question_id),
        generation=row.generation,
        position=row.position,
        who=row.who,
        who_name=row.who_name,
        whom=tuple(_whom(selector) for selector in row.whom),
        window=row.time_window,
        rests_at_night=row.rests_at_night,
        state=StepState(row.state),
        person_ids=tuple(str(person) for person in row.person_ids),
        started_at=row.started_at,
        due_at=row.due_at,
        repeated_times=row.repeated_times,
    )


def _selector(whom: Whom) -> dict[str, str]:
    match whom:
        case Neighbours():
            return {"neighbours": ""}
        case RoleInGroup(role):
            return {"role": role.value}
        case ResponderById(responder_id):
            return {"responder": responder_id}


def _whom(selector: dict[str, str]) -> Whom:
    if "role" in selector:
        return RoleInGroup(Role(selector["role"]))
    if "responder" in selector:
        return ResponderById(selector["responder"])
    return Neighbours()


async def was_asked(tx: Transaction, question_id: str, person_id: str) -> bool:
    """Say whether a person is, or was, asked to answer a question."""
    if not is_uuid(person_id):
        return False
    return bool(
        await tx.value(
            "SELECT EXISTS (SELECT FROM question_step WHERE question_id = CAST(:question AS uuid)"
            " AND CAST(:person AS uuid) = ANY (person_ids))",
            question=question_id,
            person=person_id,
        )
    )
