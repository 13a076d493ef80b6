"""Residency: where somebody lives and as what, stated by them, and confirmed or doubted by those who look after them.

A doubt takes nothing away but, where the community's file says so, reading: asking is open to every member, for a
question must never be lost over an address. The person is told, with the reason, and one tap confirms them later.
"""

from __future__ import annotations

from dataclasses import replace

from louyu_runtime.database import Transaction
from louyu_runtime.errors import InvalidArgument

from louyu_messaging import kinds
from louyu_messaging.errors import ConfirmationUnwanted, NotEntitled, PersonNotFound
from louyu_messaging.standing import Standing, require_leader_of, require_steward
from louyu_messaging.store import audit
from louyu_messaging.store import residency as store
from louyu_messaging.store import standing as standing_store
from louyu_messaging.store.residency import ResidencyRow
from louyu_messaging.telling import tell_person

CONFIRMED, DOUBTED = "confirmed", "doubted"
LONGEST_REASON = 200
LONGEST_SEARCH = 40


async def residency_of(tx: Transaction, caller: Standing, person_id: str) -> ResidencyRow:
    """Return a person's residency for themselves and for who looks after a group of theirs. Raises PersonNotFound."""
    found = await store.residency_of(tx, person_id)
    if found is None:
        raise PersonNotFound
    if person_id != caller.id and not caller.is_secretary:
        groups = await standing_store.groups_of(tx, person_id) or []
        if not any(caller.looks_after(group_id) for group_id in groups):
            raise PersonNotFound
    return _with_kind(found)


async def residents(
    tx: Transaction,
    caller: Standing,
    group_id: str,
    *,
    state: str,
    search: str,
    after: tuple[int, str, str] | None,
    limit: int,
) -> list[ResidencyRow]:
    """Return members of a group, those who wait first, then by flat. Raises GroupNotFound, NotEntitled, InvalidArgument."""
    await require_steward(tx, caller, group_id)
    if len(search) > LONGEST_SEARCH:
        raise InvalidArgument(f"search must have at most {LONGEST_SEARCH} characters", field="search")
    found = await store.residents(tx, group_id, state=state, search=search, after=after, limit=limit)
    return [_with_kind(each) for each in found]


async def decide(tx: Transaction, caller: Standing, person_id: str, state: str, reason: str) -> ResidencyRow:
    """Confirm or doubt where somebody lives, and tell them."""
    if state not in (CONFIRMED, DOUBTED):
        raise InvalidArgument("state must be confirmed or doubted", field="state")
    reason = reason.strip() if state == DOUBTED else ""
    if state == DOUBTED and not (1 <= len(reason) <= LONGEST_REASON and reason.isprintable()):
        raise InvalidArgument(
            f"reason must be given for a doubt, with at most {LONGEST_REASON} characters on one line",
            field="reason",
            resident_text=f"请写明为什么存疑，最多{LONGEST_REASON}个字。",
        )
    if not await store.is_confirmation_wanted(tx):
        raise ConfirmationUnwanted
    await require_leader_of(tx, caller, person_id)
    before = await store.residency_of(tx, person_id)
    if before is None:
        raise PersonNotFound
    if not before.household_id:
        raise InvalidArgument("this person has no flat here that could be confirmed", field="person_id")
    if person_id == caller.id:
        raise NotEntitled("somebody else: nobody confirms where they live themselves")
    if (before.state, before.reason) != (state, reason):
        await store.decide(tx, person_id, before.household_id, state, reason, by=caller.id, by_name=caller.name)
        detail: dict[str, str | int | list[str]] = {"state": state, "reason": reason, "household": before.household_id}
        await audit.record(tx, caller.id, "decide_residency", f"person/{person_id}", detail)
        tell_person(tx, person_id, f"residency_{state}", by_name=caller.name, reason=reason)
    return await residency_of(tx, caller, person_id)


async def set_kind(tx: Transaction, caller: Standing, person_id: str, kind: str) -> ResidencyRow:
    """State as what somebody belongs here: everybody for themselves, leaders for others, who are told."""
    is_own = person_id == caller.id
    if kind not in kinds.KINDS:
        raise InvalidArgument("kind is missing", field="kind")
    before = await store.residency_of(tx, person_id)
    if before is None:
        raise PersonNotFound
    if not is_own:
        await require_leader_of(tx, caller, person_id)
    elif kind not in kinds.OF_HOUSEHOLDS and not caller.has_role:
        raise NotEntitled("those who look after the building: staff and official are for them to give")
    if kind in kinds.OF_HOUSEHOLDS and not before.household_id:
        raise InvalidArgument("this person has no flat here: staff or official", field="kind")
    if before.kind != kind:
        await store.set_kind(tx, person_id, kind)
        await audit.record(tx, caller.id, "set_kind", f"person/{person_id}", {"kind": kind})
        if not is_own:
            tell_person(tx, person_id, "kind_set", by_name=caller.name, reason=kind)
    return await residency_of(tx, caller, person_id)


def _with_kind(found: ResidencyRow) -> ResidencyRow:
    return replace(found, kind=kinds.kind_of(found.kind, found.roles, has_flat=bool(found.household_id)))
