"""Absences and the duty roster."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from louyu_runtime.database import Transaction

from louyu_messaging.availability import Absence, DutyShift

MOST = 500
_OWN = "community_id = CAST(:community AS uuid)"

_ABSENCE = f"""
    SELECT a.absence_id, a.person_id, p.name, a.starts_at, a.ends_at, a.substitute_id, s.name AS substitute_name,
           EXISTS (SELECT FROM absence AS o WHERE o.community_id = a.community_id AND o.person_id = a.substitute_id
                      AND o.starts_at < a.ends_at AND o.ends_at > a.starts_at) AS is_substitute_away
      FROM absence AS a JOIN person AS p USING (community_id, person_id)
      LEFT JOIN person AS s ON s.community_id = a.community_id AND s.person_id = a.substitute_id
     WHERE a.{_OWN} AND a.ends_at > :now
"""
# A shift counts while the person on it still holds the role, or works for the responder.
_SHIFT = f"""
    SELECT d.shift_id, d.person_id, p.name, d.role, d.responder_key, d.weekdays, d.on_date, d.from_time, d.until_time
      FROM duty_shift AS d JOIN person AS p USING (community_id, person_id)
     WHERE d.{_OWN} AND (d.on_date IS NULL OR d.on_date >= CAST(:now AS timestamptz)::date - 2)
       AND EXISTS (SELECT FROM member AS m WHERE m.community_id = d.community_id AND m.person_id = d.person_id
                      AND (d.role = ANY (m.roles) OR d.responder_key = ANY (m.responder_keys)))
"""


async def next_version(tx: Transaction) -> int:
    """Count up the version of what is told. Locks it, so that of two changes at once the later one tells both."""
    return int(
        await tx.value(
            f"UPDATE community SET availability_version = availability_version + 1 WHERE {_OWN}"
            " RETURNING availability_version",
            community=tx.community_id,
        )
    )


async def absences(tx: Transaction) -> list[Absence]:
    """Return the absences that have not passed, by their beginning."""
    rows = await tx.rows(
        f"{_ABSENCE} ORDER BY a.starts_at, a.absence_id LIMIT {MOST}", community=tx.community_id, now=tx.now
    )
    return [_absence(row) for row in rows]


async def absence(tx: Transaction, absence_id: str) -> Absence | None:
    """Return an absence that has not passed."""
    row = await tx.row(
        f"{_ABSENCE} AND a.absence_id = CAST(:id AS uuid)", community=tx.community_id, now=tx.now, id=absence_id
    )
    return None if row is None else _absence(row)


async def lock_person(tx: Transaction, person_id: str) -> None:
    """Let one absence of a person be entered at a time."""
    await tx.execute(
        f"SELECT FROM person WHERE {_OWN} AND person_id = CAST(:person AS uuid) FOR NO KEY UPDATE",
        {"community": tx.community_id, "person": person_id},
    )


async def overlaps(tx: Transaction, wanted: Absence) -> bool:
    """Whether the person is away during a part of that time already."""
    return bool(
        await tx.value(
            f"SELECT EXISTS (SELECT FROM absence WHERE {_OWN} AND person_id = CAST(:person AS uuid)"
            " AND starts_at < :ends AND ends_at > :starts)",
            community=tx.community_id,
            person=wanted.person_id,
            starts=wanted.starts_at,
            ends=wanted.ends_at,
        )
    )


async def add_absence(tx: Transaction, wanted: Absence, *, by: str) -> None:
    """Write an absence."""
    await tx.execute(
        "INSERT INTO absence (community_id, absence_id, person_id, substitute_id, starts_at, ends_at, entered_by,"
        " entered_at) VALUES (CAST(:community AS uuid), CAST(:id AS uuid), CAST(:person AS uuid),"
        " CAST(NULLIF(:substitute, '') AS uuid), :starts, :ends, :by, :now)",
        {
            "community": tx.community_id,
            "id": wanted.id,
            "person": wanted.person_id,
            "substitute": wanted.substitute_id,
            "starts": wanted.starts_at,
            "ends": wanted.ends_at,
            "by": by,
            "now": tx.now,
        },
    )


async def end_absence(tx: Transaction, ended: Absence) -> None:
    """Let an absence end now; one that has not begun is removed."""
    names = {"community": tx.community_id, "id": ended.id}
    if ended.starts_at >= tx.now:
        await tx.execute(f"DELETE FROM absence WHERE {_OWN} AND absence_id = CAST(:id AS uuid)", names)
    else:
        await tx.execute(
            f"UPDATE absence SET ends_at = :now WHERE {_OWN} AND absence_id = CAST(:id AS uuid)",
            {**names, "now": tx.now},
        )


async def shifts(tx: Transaction) -> list[DutyShift]:
    """Return the roster, by role or responder, then by time; single days that have passed are left out."""
    rows = await tx.rows(
        f"{_SHIFT} ORDER BY d.role, d.responder_key, d.on_date NULLS FIRST, d.weekdays, d.from_time, d.shift_id"
        f" LIMIT {MOST}",
        community=tx.community_id,
        now=tx.now,
    )
    return [_shift(row) for row in rows]


async def shift(tx: Transaction, shift_id: str) -> DutyShift | None:
    """Return one entry of the roster."""
    row = await tx.row(
        f"{_SHIFT} AND d.shift_id = CAST(:id AS uuid)", community=tx.community_id, now=tx.now, id=shift_id
    )
    return None if row is None else _shift(row)


async def stand_on_roster(tx: Transaction, person_ids: Sequence[str]) -> bool:
    """Whether the roster has any entry of these persons, counting or not."""
    return bool(
        await tx.value(
            f"SELECT EXISTS (SELECT FROM duty_shift WHERE {_OWN} AND person_id = ANY (CAST(:persons AS uuid[])))",
            community=tx.community_id,
            persons=list(person_ids),
        )
    )


async def add_shift(tx: Transaction, wanted: DutyShift, *, by: str) -> None:
    """Write an entry of the roster."""
    await tx.execute(
        "INSERT INTO duty_shift (community_id, shift_id, person_id, role, responder_key, weekdays, on_date, from_time,"
        " until_time, entered_by, entered_at) VALUES (CAST(:community AS uuid), CAST(:id AS uuid),"
        " CAST(:person AS uuid), :role, :responder, :weekdays, :date, :from, :until, :by, :now)",
        {
            "community": tx.community_id,
            "id": wanted.id,
            "person": wanted.person_id,
            "role": wanted.role,
            "responder": wanted.responder_key,
            "weekdays": list(wanted.weekdays),
            "date": wanted.on_date,
            "from": wanted.from_time,
            "until": wanted.until_time,
            "by": by,
            "now": tx.now,
        },
    )


async def remove_shift(tx: Transaction, shift_id: str) -> None:
    """Remove an entry of the roster."""
    await tx.execute(
        f"DELETE FROM duty_shift WHERE {_OWN} AND shift_id = CAST(:id AS uuid)",
        {"community": tx.community_id, "id": shift_id},
    )


def _absence(row: Any) -> Absence:
    return Absence(
        id=str(row.absence_id),
        person_id=str(row.person_id),
        name=row.name,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        substitute_id=str(row.substitute_id or ""),
        substitute_name=row.substitute_name or "",
        is_substitute_away=row.is_substitute_away,
    )


def _shift(row: Any) -> DutyShift:
    return DutyShift(
        id=str(row.shift_id),
        person_id=str(row.person_id),
        name=row.name,
        role=row.role,
        responder_key=row.responder_key,
        weekdays=tuple(row.weekdays),
        on_date=row.on_date,
        from_time=row.from_time,
        until_time=row.until_time,
    )
