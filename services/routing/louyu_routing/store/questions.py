"""Questions and their askers. `lock` comes before any change: the row's lock orders everything that happens to one."""

import json
from dataclasses import asdict, fields, replace
from datetime import datetime
from typing import Any

from louyu_runtime.database import Transaction
from louyu_sdk import QuestionState, Reason, Urgency

from louyu_routing.question import URGENCY_RANK, Asker, Question
from louyu_routing.states import ENDED

_FIXED = ("community_id", "question_id", "version")
_FIELDS = tuple(field.name for field in fields(Question))
SELECT = f"SELECT {', '.join(_FIELDS)} FROM question"


async def next_number(tx: Transaction) -> int:
    """Return the community's next number; others who open a question there wait for this transaction's end."""
    return int(
        await tx.value(
            "INSERT INTO community (community_id, last_number) VALUES (CAST(:community AS uuid), 1)"
            " ON CONFLICT (community_id) DO UPDATE SET last_number = community.last_number + 1 RETURNING last_number",
            community=tx.community_id,
        )
    )


async def insert(tx: Transaction, question: Question) -> None:
    """Write a new question."""
    values = _values(question)
    names = ", ".join(values)
    marks = ", ".join(f":{name}" for name in values)
    await tx.execute(f"INSERT INTO question ({names}) VALUES ({marks})", values)


async def save(tx: Transaction, question: Question) -> Question:
    """Write a locked question's new life and return it with its new version."""
    changed = replace(question, version=question.version + 1)
    values = _values(changed)
    updates = ", ".join(f"{name} = :{name}" for name in values if name not in _FIXED)
    await tx.execute(
        f"UPDATE question SET {updates}, version = :version"
        " WHERE community_id = :community_id AND question_id = :question_id",
        values,
    )
    return changed


async def lock(tx: Transaction, question_id: str) -> Question | None:
    """Return the question and keep others from changing it until this transaction ends."""
    row = await tx.row(f"{SELECT} WHERE question_id = CAST(:id AS uuid) FOR UPDATE", id=question_id)
    return None if row is None else question_of(row)


async def get(tx: Transaction, question_id: str) -> Question | None:
    """Return the question."""
    row = await tx.row(f"{SELECT} WHERE question_id = CAST(:id AS uuid)", id=question_id)
    return None if row is None else question_of(row)


async def get_many(tx: Transaction, question_ids: list[str]) -> list[Question]:
    """Return those of these questions that exist, in any order."""
    rows = await tx.rows(f"{SELECT} WHERE question_id = ANY (CAST(:ids AS uuid[]))", ids=question_ids)
    return [question_of(row) for row in rows]


async def id_of_number(tx: Transaction, number: int, group_id: str | None = None) -> str | None:
    """Return the id of the question with this number in the community, asked in this group where one is given."""
    found = await tx.value(
        "SELECT question_id FROM question AS q WHERE number = :number AND (CAST(:group AS uuid) IS NULL OR EXISTS"
        " (SELECT FROM asker AS a WHERE a.question_id = q.question_id AND a.group_id = CAST(:group AS uuid)))",
        number=number,
        group=group_id,
    )
    return None if found is None else str(found)


async def is_asker(tx: Transaction, question_id: str, person_id: str) -> bool:
    """Say whether this person asked the question."""
    return bool(
        await tx.value(
            "SELECT EXISTS (SELECT FROM asker WHERE question_id = CAST(:question AS uuid)"
            " AND person_id = CAST(:person AS uuid))",
            question=question_id,
            person=person_id,
        )
    )


async def asked_by(tx: Transaction, person_id: str, group_id: str, *, since: datetime) -> list[Question]:
    """Return what this person asked in this group: live ones, and those that ended since; the latest first."""
    rows = await tx.rows(
        f"{SELECT} WHERE question_id IN (SELECT question_id FROM asker WHERE person_id = CAST(:person AS uuid)"
        "   AND group_id = CAST(:group AS uuid)) AND (ended_at IS NULL OR ended_at >= :since)"
        " ORDER BY opened_at DESC, number DESC LIMIT 20",
        person=person_id,
        group=group_id,
        since=since,
    )
    return [question_of(row) for row in rows]


async def unanswered_in_group(tx: Transaction, group_id: str, *, before_seq: int) -> list[Question]:
    """Return the group's questions that wait for an answer and were asked before this position; the latest first."""
    rows = await tx.rows(
        f"{SELECT} WHERE group_id = CAST(:group AS uuid) AND message_seq < :seq"
        " AND state IN ('open', 'assigned', 'acknowledged', 'asked_back')"
        " AND ended_at IS NULL ORDER BY opened_at DESC, number DESC LIMIT 50",
        group=group_id,
        seq=before_seq,
    )
    return [question_of(row) for row in rows]


async def add_asker(tx: Transaction, question: Question, asker: Asker) -> bool:
    """Add somebody who asked; False if the person is one already, whose last words are then noted."""
    inserted = await tx.value(
        "INSERT INTO asker (community_id, question_id, person_id, name, group_id, message_seq, asked_at, last_said_at)"
        " VALUES (CAST(:community AS uuid), CAST(:question AS uuid), CAST(:person AS uuid), :name,"
        "   CAST(:group AS uuid), :seq, :at, :said)"
        " ON CONFLICT (community_id, question_id, person_id) DO UPDATE"
        "   SET last_said_at = greatest(asker.last_said_at, excluded.last_said_at) RETURNING (xmax = 0)",
        community=tx.community_id,
        question=question.question_id,
        person=asker.person_id,
        name=asker.name,
        group=asker.group_id,
        seq=asker.message_seq,
        at=asker.asked_at,
        said=asker.last_said_at,
    )
    return bool(inserted)


async def remove_asker(tx: Transaction, question: Question, person_id: str, group_id: str, seq: int) -> None:
    """Take somebody off who has only joined the message at this position and has not said anything since."""
    await tx.execute(
        "DELETE FROM asker WHERE question_id = CAST(:question AS uuid) AND person_id = CAST(:person AS uuid)"
        " AND group_id = CAST(:group AS uuid) AND message_seq = :seq AND last_said_at = asked_at"
        " AND EXISTS (SELECT FROM asker AS first WHERE first.question_id = asker.question_id"
        "   AND first.asked_at < asker.asked_at)",
        {"question": question.question_id, "person": person_id, "group": group_id, "seq": seq},
    )


async def askers_of(tx: Transaction, question_ids: list[str]) -> dict[str, list[Asker]]:
    """Return everybody who asked these questions, by question, the first asker first."""
    rows = await tx.rows(
        "SELECT question_id, person_id, name, group_id, message_seq, asked_at, last_said_at FROM asker"
        " WHERE question_id = ANY (CAST(:ids AS uuid[])) ORDER BY asked_at, message_seq",
        ids=question_ids,
    )
    found: dict[str, list[Asker]] = {question_id: [] for question_id in question_ids}
    for row in rows:
        found[str(row.question_id)].append(
            Asker(
                person_id=str(row.person_id),
                name=row.name,
                group_id=str(row.group_id),
                message_seq=row.message_seq,
                asked_at=row.asked_at,
                last_said_at=row.last_said_at,
            )
        )
    return found


def question_of(row: Any) -> Question:
    """Return the question in a row with its columns."""
    values = {name: getattr(row, name) for name in _FIELDS}
    values.update(
        community_id=str(row.community_id),
        question_id=str(row.question_id),
        group_id=str(row.group_id),
        state=QuestionState(row.state),
        urgency=Urgency(row.urgency),
        reasons=tuple(row.reasons),
        match_reasons=tuple(
            Reason(text=reason["text"], evidence=tuple(reason["evidence"])) for reason in row.match_reasons
        ),
        emergency_numbers=tuple(row.emergency_numbers),
        waiting_for=tuple(str(person) for person in row.waiting_for),
        acknowledged_by_id=None if row.acknowledged_by_id is None else str(row.acknowledged_by_id),
    )
    return Question(**values)


def _values(question: Question) -> dict[str, Any]:
    if (question.ended_at is not None) != (question.state in ENDED):
        raise AssertionError(f"a question that is {question.state} cannot have ended_at {question.ended_at}")
    values: dict[str, Any] = {name: getattr(question, name) for name in _FIELDS}
    values.update(
        state=question.state.value,
        urgency=question.urgency.value,
        urgency_rank=URGENCY_RANK[question.urgency],
        reasons=list(question.reasons),
        match_reasons=json.dumps([asdict(reason) for reason in question.match_reasons]),
        emergency_numbers=list(question.emergency_numbers),
        waiting_for=list(question.waiting_for),
    )
    return values
