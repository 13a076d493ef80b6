"""Appointing: giving and taking roles in groups, as `role_rights` allows it.

What is decided here holds against the community's file until the file says the same. A role never loses its last holder
by accident: a successor is named in the same moment, or the vacancy accepted. The person is told, and so are others by
the group's directory.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from louyu_runtime.database import Transaction
from louyu_runtime.errors import InvalidArgument, Unavailable

from louyu_messaging.directory import Holding, RoleHolder, role_holders
from louyu_messaging.errors import GroupNotFound, LastHolder, NotEntitled, PersonNotFound
from louyu_messaging.role_rights import GRANTED_BY, SECOND
from louyu_messaging.roles import BUILDING_HEAD, RANK, RESIDENT, STAFF, ranked
from louyu_messaging.standing import Standing
from louyu_messaging.store import appointing as store
from louyu_messaging.store import audit, availability, community_state
from louyu_messaging.store import standing as standing_store
from louyu_messaging.telling import tell_availability, tell_group, tell_household, tell_person

MOST_GROUPS = 500
LONGEST_KEY = 64


@dataclass(frozen=True)
class Role:
    """A role as it is given or taken; `responder_key` for staff, `is_second` beside a building head."""

    key: str
    responder_key: str = ""
    is_second: bool = False

    @property
    def right(self) -> str:
        """The name under which `role_rights` speaks of it."""
        return SECOND if self.is_second else self.key


@dataclass(frozen=True)
class GroupRoles:
    """A group, those who hold a role in it, and what the caller may give there."""

    group_id: str
    group_name: str
    held: tuple[RoleHolder, ...]
    may_grant: tuple[str, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """What a group needs and this one lacks: a head, and a second manager beside it."""
        heads = [each for each in self.held if each.role == BUILDING_HEAD]
        if all(each.is_second for each in heads):
            return (BUILDING_HEAD,)
        return (SECOND,) if len({each.person_id for each in heads}) < 2 else ()


def may_grant(caller: Standing, group_id: str) -> tuple[str, ...]:
    """Return what the caller may give and take in a group."""
    if caller.sees_everything:
        return GRANTED_BY["operator"]
    if caller.is_secretary:
        return GRANTED_BY["secretary"]
    roles = caller.roles_in(group_id)
    found: set[str] = set()
    for role in roles:
        found.update(GRANTED_BY.get(SECOND if role == BUILDING_HEAD and caller.is_second_in(group_id) else role, ()))
    return tuple(each for each in GRANTED_BY["operator"] if each in found)


async def role_holders_of(tx: Transaction, caller: Standing, group_id: str = "") -> list[GroupRoles]:
    """Return the groups that the caller may see, by name. Raises GroupNotFound for one that they may not."""
    groups = await store.groups(tx, [group_id] if group_id else None)
    seen = [each for each in groups if caller.is_secretary or caller.roles_in(each[0])]
    if group_id and not seen:
        raise GroupNotFound
    holdings = await store.holdings(tx, [each[0] for each in seen])
    return [
        GroupRoles(own_id, name, role_holders(holdings.get(own_id, ())), may_grant(caller, own_id))
        for own_id, name in seen
    ]


async def grant(
    tx: Transaction, caller: Standing, group_ids: Sequence[str], person_id: str, role: Role
) -> list[GroupRoles]:
    """Give somebody a role in groups."""
    if not 1 <= len(group_ids) <= MOST_GROUPS:
        raise InvalidArgument(f"group_ids must be 1 to {MOST_GROUPS}", field="group_ids")
    _check(role)
    await _wait_for_import(tx)
    names = await _groups_for(tx, caller, group_ids, role)
    given_in = await _give(tx, caller, names, person_id, role)
    await _tell_all(tx, given_in, [person_id])
    return [each for own_id in names for each in await role_holders_of(tx, caller, own_id)]


async def withdraw(
    tx: Transaction,
    caller: Standing,
    group_id: str,
    person_id: str,
    role: Role,
    *,
    successor_id: str,
    accepts_vacancy: bool,
) -> GroupRoles:
    """Take a role from somebody, and give it to the successor if there is one. Raises LastHolder."""
    _check(role)
    await _wait_for_import(tx)
    await store.lock_groups(tx, [group_id])
    before = (await store.holdings(tx, [group_id])).get(group_id, ())
    own = next((each for each in before if each.person_id == person_id), None)
    if own is not None and role.key == BUILDING_HEAD:
        role = Role(role.key, is_second=own.is_second)
    names = await _groups_for(tx, caller, [group_id], role)
    if own is None or not _holds(own, role):
        raise PersonNotFound
    if successor_id == person_id:
        raise InvalidArgument("the successor must be somebody else", field="successor_id")
    others = [each for each in before if each.person_id != person_id and _holds(each, role)]
    if not role.is_second:  # a second manager beside nobody is no head
        others = [each for each in others if role.key != BUILDING_HEAD or not each.is_second]
    if not others and not successor_id and not accepts_vacancy:
        raise LastHolder
    changed = [person_id]
    if successor_id:
        await _give(tx, caller, names, successor_id, role)
        changed.append(successor_id)
    await _take(tx, own, group_id, role)
    await store.note_decision(tx, group_id, person_id, role, is_granted=False, by=caller.id)
    detail: dict[str, str | int | list[str]] = {
        "person": person_id,
        "role": role.right,
        "responder": role.responder_key,
        "successor": successor_id,
    }
    await audit.record(tx, caller.id, "withdraw_role", f"group/{group_id}", detail)
    if person_id != caller.id:
        _tell_person(tx, caller, person_id, "role_withdrawn", names.values(), role)
    await _tell_all(tx, [group_id], changed)
    return (await role_holders_of(tx, caller, group_id))[0]


async def _wait_for_import(tx: Transaction) -> None:
    """Let no import write meanwhile what it read before. Raises Unavailable while one does."""
    if not await community_state.lock(tx):
        raise Unavailable(
            "an import into this community is running: send the same once more",
            reason="IMPORT_RUNNING",
            resident_text="正在导入名单，请过一会儿再试。",
        )


def _check(role: Role) -> None:
    if role.key not in RANK or role.key == RESIDENT:
        known = ", ".join(each for each in RANK if each != RESIDENT)
        raise InvalidArgument(f"role must be one of {known}", field="role")
    if role.is_second and role.key != BUILDING_HEAD:
        raise InvalidArgument("only a building head has a second manager", field="is_second")
    if (role.key == STAFF) != bool(role.responder_key) or len(role.responder_key) > LONGEST_KEY:
        raise InvalidArgument(
            "responder_key is for the role staff, and required there",
            field="responder_key",
            resident_text="工作人员要写明是哪家单位的。",
        )


async def _groups_for(tx: Transaction, caller: Standing, group_ids: Sequence[str], role: Role) -> dict[str, str]:
    """Return the names of the groups, locked, in which the caller may give this role."""
    wanted = list(dict.fromkeys(group_ids))
    await store.lock_groups(tx, wanted)
    names = dict(await store.groups(tx, wanted))
    if len(names) < len(wanted) or not all(caller.is_secretary or caller.roles_in(each) for each in names):
        raise GroupNotFound
    if not all(role.right in may_grant(caller, each) for each in names):
        raise NotEntitled("those who may give this role in the group")
    return {group_id: names[group_id] for group_id in wanted}


async def _give(tx: Transaction, caller: Standing, names: dict[str, str], person_id: str, role: Role) -> list[str]:
    """Write the role where it is not held like that yet; return those groups."""
    name, holdings = await standing_store.holdings_of(tx, person_id)
    if not await store.may_hold_roles(tx, person_id):
        raise PersonNotFound
    given_in = []
    for group_id in names:
        held = holdings.get(group_id) or Holding(person_id, name, (), ())
        if _holds(held, role) and (role.key != BUILDING_HEAD or held.is_second == role.is_second):
            continue
        is_second = role.is_second if role.key == BUILDING_HEAD else held.is_second
        keys = {*held.responder_keys, role.responder_key} - {""}
        now = Holding(person_id, name, ranked({*held.roles, role.key}), tuple(sorted(keys)), is_second)
        await store.save_member(tx, group_id, now)
        await store.note_decision(tx, group_id, person_id, role, is_granted=True, by=caller.id)
        detail: dict[str, str | int | list[str]] = {
            "person": person_id,
            "role": role.right,
            "responder": role.responder_key,
        }
        await audit.record(tx, caller.id, "grant_role", f"group/{group_id}", detail)
        given_in.append(group_id)
    if given_in and person_id != caller.id:
        _tell_person(tx, caller, person_id, "role_granted", (names[each] for each in given_in), role)
    return given_in


async def _take(tx: Transaction, own: Holding, group_id: str, role: Role) -> None:
    """Take the role: who lives in one of the group's buildings stays a resident, who is nothing else there leaves."""
    keys = tuple(each for each in own.responder_keys if each != role.responder_key)
    left = {each for each in own.roles if each != role.key or (role.key == STAFF and keys)}
    if await store.lives_in(tx, group_id, own.person_id):
        left.add(RESIDENT)
    if not left:
        await store.remove_member(tx, group_id, own.person_id)
        return
    is_second = own.is_second and BUILDING_HEAD in left
    await store.save_member(tx, group_id, Holding(own.person_id, own.name, ranked(left), keys, is_second))


def _holds(held: Holding, role: Role) -> bool:
    return role.key in held.roles and (role.key != STAFF or role.responder_key in held.responder_keys)


def _tell_person(
    tx: Transaction, caller: Standing, person_id: str, what: str, group_names: Iterable[str], role: Role
) -> None:
    tell_person(
        tx,
        person_id,
        what,
        by_name=caller.name,
        group_names=tuple(group_names),
        role=role.key,
        is_second=role.is_second,
    )


async def _tell_all(tx: Transaction, group_ids: Collection[str], person_ids: Sequence[str]) -> None:
    """Tell other services: the households of those who came or went, the roster, and last, since it locks, the groups."""
    if not group_ids:
        return
    for household_id in sorted(await store.households_of(tx, person_ids)):
        await tell_household(tx, household_id)
    if await availability.stand_on_roster(tx, person_ids):
        await tell_availability(tx)
    for group_id in sorted(group_ids):
        await tell_group(tx, group_id)
