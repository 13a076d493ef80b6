"""The duty roster: who is on duty for a role or a responder of the community, by days of the week or on one day.

Entered by the office; staff enter their own responder's. A roster makes routing ask whoever is on duty; where nobody is,
it goes on to the next step and says so.
"""

from __future__ import annotations

from dataclasses import replace

from louyu_runtime.database import Transaction
from louyu_runtime.errors import InvalidArgument

from louyu_messaging.availability import DutyShift
from louyu_messaging.errors import NotEntitled, PersonNotFound
from louyu_messaging.standing import Standing
from louyu_messaging.store import audit
from louyu_messaging.store import availability as store
from louyu_messaging.store import standing as standing_store
from louyu_messaging.telling import tell_availability, tell_person

ROLES = ("liaison", "secretary", "harmony_promoter")
"""Those that answer for more than one building; a building head has a second manager and substitutes."""


def may_change(caller: Standing, role: str, responder_key: str) -> bool:
    """Whether the caller keeps the roster of this role or responder."""
    return caller.is_office or (not role and responder_key in caller.responder_keys)


async def shifts(tx: Transaction, caller: Standing) -> list[DutyShift]:
    """Return the roster. Raises NotEntitled for residents."""
    if not caller.has_role:
        raise NotEntitled("those who hold a role")
    return await store.shifts(tx)


async def add_shift(tx: Transaction, caller: Standing, wanted: DutyShift) -> DutyShift:
    """Add to the roster, and tell who is on duty."""
    if bool(wanted.role) == bool(wanted.responder_key):
        raise InvalidArgument("set role or responder_key, one of them", field="shift.role")
    if wanted.role and wanted.role not in ROLES:
        raise InvalidArgument(f"role must be one of {', '.join(ROLES)}", field="shift.role")
    if not may_change(caller, wanted.role, wanted.responder_key):
        raise NotEntitled("the office, and staff for their own responder")
    if bool(wanted.weekdays) == (wanted.on_date is not None):
        raise InvalidArgument(
            "set weekdays or date, one of them", field="shift.weekdays", resident_text="请选星期几，或者某一天。"
        )
    if set(wanted.weekdays) - set(range(1, 8)) or len(set(wanted.weekdays)) != len(wanted.weekdays):
        raise InvalidArgument("weekdays are 1 Monday to 7 Sunday, each once", field="shift.weekdays")
    wanted = replace(wanted, weekdays=tuple(sorted(wanted.weekdays)))
    name, holdings = await standing_store.holdings_of(tx, wanted.person_id)
    if not name:
        raise PersonNotFound
    if not any(
        wanted.role in each.roles if wanted.role else wanted.responder_key in each.responder_keys
        for each in holdings.values()
    ):
        raise InvalidArgument(
            "this person holds no such role, or does not work for this responder",
            field="shift.person_id",
            resident_text="这个人不担任这个角色，不能排班。",
        )
    if len(await store.shifts(tx)) >= store.MOST:
        raise InvalidArgument(f"the roster has {store.MOST} entries already", field="shift")
    await store.add_shift(tx, wanted, by=caller.id)
    await _record(tx, caller, wanted, "add_duty_shift", "duty_added")
    return replace(wanted, name=name)


async def remove_shift(tx: Transaction, caller: Standing, shift_id: str) -> None:
    """Remove from the roster; what is gone stays so."""
    found = await store.shift(tx, shift_id)
    if found is None:
        return
    if not may_change(caller, found.role, found.responder_key):
        raise NotEntitled("the office, and staff for their own responder")
    await store.remove_shift(tx, shift_id)
    await _record(tx, caller, found, "remove_duty_shift", "duty_removed")


async def _record(tx: Transaction, caller: Standing, shift: DutyShift, action: str, what: str) -> None:
    days = shift.on_date.isoformat() if shift.on_date else " ".join(map(str, shift.weekdays))
    when = f"{days} {shift.from_time:%H:%M}-{shift.until_time:%H:%M}"
    detail: dict[str, str | int | list[str]] = {"for": shift.role or shift.responder_key, "when": when}
    await audit.record(tx, caller.id, action, f"person/{shift.person_id}", detail)
    if shift.person_id != caller.id:
        tell_person(tx, shift.person_id, what, by_name=caller.name, role=shift.role or "staff", reason=when)
    await tell_availability(tx)
