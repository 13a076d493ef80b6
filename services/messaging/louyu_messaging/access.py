"""Access: which groups and persons a caller may see, and how much of them.

A person sees the groups that they are in, judged by the tables and not by the token, so that joining and leaving work
at once. Services and operators see every group. Flats and join codes are for those who look after a building.
"""

from dataclasses import replace

from louyu_runtime.database import Transaction
from louyu_runtime.identity import Principal
from louyu_runtime.ids import is_uuid

from louyu_messaging.errors import GroupNotFound, KeptFromReading, NotAPerson, PersonNotFound
from louyu_messaging.places import Group, Person
from louyu_messaging.roles import RESIDENT, STEWARDS
from louyu_messaging.store import places
from louyu_messaging.store.residency import is_kept_from_reading


def sees_all(principal: Principal) -> bool:
    """Whether every group and all that is in it is open to the caller."""
    return principal.is_service or principal.is_operator


def reader_of(principal: Principal) -> str:
    """Return the person who reads, "" for a service or an operator."""
    return "" if sees_all(principal) else principal.id


def own_id(principal: Principal) -> str:
    """Return the person who acts as themselves. Raises NotAPerson for services, and operators who are nobody's token."""
    if not is_uuid(principal.id):
        raise NotAPerson
    return principal.id


async def group_for(tx: Transaction, principal: Principal, group_id: str) -> tuple[Group, bool]:
    """Return a group as the caller may see it, and whether flats are shown to them. Raises GroupNotFound."""
    seen = await places.group(tx, group_id, reader_of(principal))
    if seen is None:
        raise GroupNotFound
    return shown(principal, *seen)


def shown(principal: Principal, group: Group, own_roles: tuple[str, ...] | None) -> tuple[Group, bool]:
    """Return what the caller may see of a group, and whether flats are shown to them. Raises GroupNotFound."""
    if sees_all(principal):
        return group, True
    if own_roles is None:
        raise GroupNotFound
    is_steward = bool(STEWARDS & set(own_roles))
    return (group if is_steward else replace(group, join_code="")), is_steward


async def reading_for(tx: Transaction, principal: Principal, group_id: str) -> tuple[Group, bool]:
    """Return a group whose conversation and members the caller reads, and whether flats are shown to them.

    Raises GroupNotFound, and KeptFromReading for a resident whose residency is doubted where the community wishes so.
    """
    seen = await places.group(tx, group_id, reader_of(principal))
    if seen is None:
        raise GroupNotFound
    found = shown(principal, *seen)
    if not sees_all(principal) and seen[1] == (RESIDENT,) and await is_kept_from_reading(tx, principal.id):
        raise KeptFromReading
    return found


async def readings_for(tx: Transaction, principal: Principal, most: int) -> dict[str, bool]:
    """Return the groups whose conversations the caller reads, each with whether flats are shown to them."""
    seen = await places.groups(tx, reader_of(principal), only_own=not sees_all(principal), after=None, limit=most)
    is_kept = not sees_all(principal) and await is_kept_from_reading(tx, principal.id)
    return {
        group.id: shown(principal, group, roles)[1] for group, roles in seen if not (is_kept and roles == (RESIDENT,))
    }


async def person_for(tx: Transaction, principal: Principal, id_or_key: str, *, is_id: bool) -> Person:
    """Return a person: anybody for services and operators, otherwise only the caller. Raises PersonNotFound."""
    found = await places.person(tx, id_or_key, is_id=is_id)
    if found is None or not (sees_all(principal) or found.id == principal.id):
        raise PersonNotFound
    return found
