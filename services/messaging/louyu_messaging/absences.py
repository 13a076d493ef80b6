"""Absences: somebody with a role enters when they are away and who answers meanwhile; the office may do it for them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from louyu_runtime.database import Transaction
from louyu_runtime.errors import InvalidArgument

from louyu_messaging.availability import Absence
from louyu_messaging.errors import AbsenceNotFound, AbsenceOverlaps, NotEntitled, PersonNotFound
from louyu_messaging.standing import Standing
from louyu_messaging.store import audit
from louyu_messaging.store import availability as store
from louyu_messaging.store import standing as standing_store
from louyu_messaging.telling import tell_availability, tell_person

LONGEST = timedelta(days=366)
MOST = store.MOST


def may_end(caller: Standing, absence: Absence) -> bool:
    """Whether the caller may end it: it is theirs, or they are of the office."""
    return caller.is_office or caller.id == absence.person_id


async def absences(tx: Transaction, caller: Standing) -> list[Absence]:
    """Return the absences that have not passed. Raises NotEntitled for residents."""
    if not caller.has_role:
        raise NotEntitled("those who hold a role")
    return await store.absences(tx)


async def set_absence(tx: Transaction, caller: Standing, wanted: Absence) -> Absence:
    """Enter an absence, and tell the substitute."""
    if wanted.person_id != caller.id and not caller.is_office:
        raise NotEntitled("the person who is away, and the office")
    if wanted.ends_at <= max(wanted.starts_at, tx.now):
        raise InvalidArgument(
            "ends_at must be later than starts_at and than now",
            field="ends_at",
            resident_text="回来的日子要晚于离开的日子，也不能已经过去。",
        )
    if wanted.ends_at - wanted.starts_at > LONGEST:
        raise InvalidArgument("at most 366 days", field="ends_at", resident_text="最长一年。")
    if wanted.substitute_id == wanted.person_id:
        raise InvalidArgument(
            "somebody else must answer meanwhile", field="substitute_id", resident_text="代班的人不能是本人。"
        )
    wanted = replace(wanted, name=await _name_with_role(tx, wanted.person_id, "person_id"))
    if wanted.substitute_id:
        substitute_name = await _name_with_role(tx, wanted.substitute_id, "substitute_id")
        wanted = replace(wanted, substitute_name=substitute_name)
    await store.lock_person(tx, wanted.person_id)
    if await store.overlaps(tx, wanted):
        raise AbsenceOverlaps
    if len(await store.absences(tx)) >= MOST:
        raise InvalidArgument(f"there are {MOST} absences already", field="person_id")
    await store.add_absence(tx, wanted, by=caller.id)
    detail: dict[str, str | int | list[str]] = {
        "starts_at": wanted.starts_at.isoformat(),
        "ends_at": wanted.ends_at.isoformat(),
        "substitute": wanted.substitute_id,
    }
    await audit.record(tx, caller.id, "set_absence", f"person/{wanted.person_id}", detail)
    _tell(tx, caller, wanted, "absence_set", "substitute_named")
    await tell_availability(tx)
    entered = await store.absence(tx, wanted.id)
    if entered is None:
        raise AbsenceNotFound
    return entered


async def end_absence(tx: Transaction, caller: Standing, absence_id: str) -> None:
    """End an absence now; one that has ended, or was dropped, stays so."""
    found = await store.absence(tx, absence_id)
    if found is None:
        if not caller.has_role:
            raise AbsenceNotFound
        return
    if not may_end(caller, found):
        raise NotEntitled("the person who is away, and the office")
    await store.end_absence(tx, found)
    await audit.record(tx, caller.id, "end_absence", f"person/{found.person_id}")
    _tell(tx, caller, found, "absence_ended", "substitute_released")
    await tell_availability(tx)


def _tell(tx: Transaction, caller: Standing, absence: Absence, to_person: str, to_substitute: str) -> None:
    span = (absence.starts_at, absence.ends_at)
    if absence.person_id != caller.id:
        tell_person(
            tx,
            absence.person_id,
            to_person,
            by_name=caller.name,
            other_name=absence.substitute_name,
            span=span,
        )
    if absence.substitute_id and absence.substitute_id != caller.id:
        tell_person(tx, absence.substitute_id, to_substitute, by_name=caller.name, other_name=absence.name, span=span)


async def _name_with_role(tx: Transaction, person_id: str, field: str) -> str:
    """Return the name of somebody who holds a role; only they come to the console, where questions are answered."""
    name, holdings = await standing_store.holdings_of(tx, person_id)
    if not name:
        raise PersonNotFound
    if all(each.roles == ("resident",) for each in holdings.values()):
        raise InvalidArgument(
            "this person holds no role: absences and substitutes are for those who do",
            field=field,
            resident_text="请选一位已经担任角色的人。",
        )
    return name
