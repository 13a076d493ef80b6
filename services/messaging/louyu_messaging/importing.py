"""Importing: what an import file makes of a community.

The state that shall be is made from the state that is, as a pure function; the store writes the difference. What the
file does not name stays as it is, unless it is pruned. A person's roles other than resident are as the file says;
residents of a building are members of its groups, and follow it when it comes into another group. Who has left by their
own word is not brought back, unless the file gives them a role.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from louyu_runtime.ids import named_id

from louyu_messaging.community_state import (
    AddressRow,
    BuildingRow,
    CommunityState,
    GroupRow,
    HomeGroups,
    HouseholdRow,
    MemberRow,
    PersonRow,
)
from louyu_messaging.definition import DefinedPerson, Definition
from louyu_messaging.flats import canonical_flat
from louyu_messaging.identities import Identity, household_id_of
from louyu_messaging.places import Community
from louyu_messaging.pruning import Kept, close_groups, remove_absent
from louyu_messaging.role_decisions import (
    Roles,
    RolesInGroup,
    decisions_by_person,
    forget_decisions,
    hold_to_decisions,
)
from louyu_messaging.roles import RESIDENT, STAFF, ranked


@dataclass(frozen=True)
class Tools:
    """What the state that shall be needs from outside: fresh join codes and ids, and how addresses are kept."""

    new_join_code: Callable[[], str]
    lookup: Callable[[str], bytes]
    seal: Callable[[str], bytes]
    new_id: Callable[[], str]


def wanted_state(
    current: CommunityState,
    definition: Definition,
    identities: Sequence[Identity],
    community_id: str,
    tools: Tools,
    *,
    is_pruning: bool,
) -> tuple[CommunityState, list[Kept]]:
    """Return the community as the (faultless) definition wants it, and what pruning had to keep."""
    wanted = current.copy()
    wanted.community = Community(
        community_id,
        definition.key,
        definition.name,
        definition.subdistrict,
        definition.district,
        definition.confirm_residency,
        definition.doubted_may_not_read,
    )
    if definition.keep_messages_days is not None:
        wanted.keep_messages_days = definition.keep_messages_days
    _apply_places(wanted, definition, community_id, tools)
    kept = close_groups(wanted, definition, community_id) if is_pruning else []
    for person, identity in zip(definition.people, identities, strict=True):
        if identity.replaced_id:
            _take_over(wanted, identity)
        _apply_person(wanted, person, identity, community_id, tools)
    groups_of: dict[str, set[str]] = defaultdict(set)
    for group_id, person_id in wanted.members:
        groups_of[person_id].add(group_id)
    homes_before, homes = current.home_groups(), wanted.home_groups()
    decided = decisions_by_person(wanted)
    for person, identity in zip(definition.people, identities, strict=True):
        if _stays_away(wanted.people[identity.person_id], person):
            continue
        keeps_roles = identity.keeps_roles and not is_pruning
        if keeps_roles:
            roles = _kept_roles(wanted, identity, groups_of)
        else:
            roles = _defined_roles(wanted, person, community_id)
            hold_to_decisions(wanted, decided.get(identity.person_id, ()), roles)
        _apply_memberships(wanted, identity.person_id, roles, groups_of, homes_before, homes)
    _follow_buildings(wanted, {each.person_id for each in identities}, groups_of, homes_before, homes)
    if is_pruning:
        kept += remove_absent(wanted, definition, {each.person_id for each in identities}, community_id)
        forget_decisions(wanted, {each.person_id for each in identities})
    return wanted, kept


def _apply_places(wanted: CommunityState, definition: Definition, community_id: str, tools: Tools) -> None:
    for building in definition.buildings:
        building_id = named_id(community_id, "building", building.key)
        wanted.buildings[building_id] = BuildingRow(building.key, building.name or f"{building.key}号楼")
        for words in building.flats:
            _add_household(wanted, community_id, building.key, words)
    for group in definition.groups:
        group_id = named_id(community_id, "group", group.key)
        building_ids = [named_id(community_id, "building", key) for key in group.building_keys]
        names = "、".join(wanted.buildings[building_id].name for building_id in building_ids)
        wanted.groups[group_id] = GroupRow(group.key, group.name or names)
        wanted.group_buildings = {pair for pair in wanted.group_buildings if pair[0] != group_id}
        wanted.group_buildings |= {(group_id, building_id) for building_id in building_ids}
        if group.join_code:
            wanted.join_codes[group_id] = group.join_code
        elif group_id not in wanted.join_codes:
            wanted.join_codes[group_id] = tools.new_join_code()


def _add_household(wanted: CommunityState, community_id: str, building_key: str, words: str) -> str:
    flat = canonical_flat(words)
    if flat is None:
        raise ValueError("a definition with an unreadable flat is not to be applied")
    household_id = household_id_of(community_id, building_key, flat)
    wanted.households.setdefault(household_id, HouseholdRow(named_id(community_id, "building", building_key), flat))
    return household_id


def _take_over(wanted: CommunityState, identity: Identity) -> None:
    """Let the one who joined be the person of the file: what that person had until now is theirs."""
    replaced = identity.replaced_id
    for key, address in list(wanted.addresses.items()):
        if address.person_id == replaced:
            wanted.addresses[key] = AddressRow(identity.person_id, address.is_active)
    for group_id, person_id in list(wanted.members):
        if person_id == replaced:
            wanted.members.setdefault((group_id, identity.person_id), wanted.members[group_id, replaced])
            del wanted.members[group_id, replaced]
    for decision in [each for each in wanted.role_decisions if each[1] == replaced]:
        own = (decision[0], identity.person_id, *decision[2:])
        wanted.role_decisions.setdefault(own, wanted.role_decisions.pop(decision))
    row = wanted.people.pop(replaced)
    if replaced in wanted.joined:  # their consent stays on record, and so does whose it was
        wanted.people[replaced] = PersonRow(None, row.name, None)


def _apply_person(
    wanted: CommunityState, person: DefinedPerson, identity: Identity, community_id: str, tools: Tools
) -> None:
    before = wanted.people.get(identity.person_id)
    if before is not None and _stays_away(before, person):
        return
    household_id = before.household_id if before else None
    if person.building_key:
        household_id = _add_household(wanted, community_id, person.building_key, person.flat)
    kind = person.kind or (before.kind if before else "")
    wanted.people[identity.person_id] = PersonRow(identity.key, person.name, household_id, kind=kind)
    for address in person.addresses:
        key = (address.channel, address.account, tools.lookup(address.address))
        if key not in wanted.addresses:
            sealed = tools.seal(address.address)
            wanted.addresses[key] = AddressRow(identity.person_id, is_active=True, sealed=sealed)


def _apply_memberships(
    wanted: CommunityState,
    person_id: str,
    roles: Roles,
    groups_of: Mapping[str, Collection[str]],
    homes_before: HomeGroups,
    homes: HomeGroups,
) -> None:
    """Give the person the roles that the file says; residents stay where they are unless they have moved."""
    home_groups, left_groups = set(homes.of(person_id)), set(homes_before.of(person_id))
    held = set(groups_of.get(person_id, ()))
    for group_id in held | set(roles) | home_groups:
        given = roles.get(group_id) or RolesInGroup()
        now = set(given.roles)
        is_guest = group_id in held and wanted.members[group_id, person_id].roles == (RESIDENT,)
        if group_id in home_groups or (is_guest and group_id not in left_groups):
            now.add(RESIDENT)
        if now:
            wanted.members[group_id, person_id] = MemberRow(
                ranked(now), tuple(sorted(given.responder_keys)), given.is_second
            )
        elif group_id in held:
            del wanted.members[group_id, person_id]


def _follow_buildings(
    wanted: CommunityState,
    named: Collection[str],
    groups_of: Mapping[str, Collection[str]],
    homes_before: HomeGroups,
    homes: HomeGroups,
) -> None:
    """Take those whom the file does not name along, when their building has come into another group."""
    for person_id in wanted.people:
        home_groups, before = set(homes.of(person_id)), set(homes_before.of(person_id))
        if person_id in named or home_groups == before or not home_groups or not groups_of.get(person_id):
            continue
        for group_id in home_groups - before:
            wanted.members.setdefault((group_id, person_id), MemberRow((RESIDENT,), ()))
        for group_id in before - home_groups:
            if wanted.members.get((group_id, person_id), MemberRow((), ())).roles == (RESIDENT,):
                del wanted.members[group_id, person_id]


def _stays_away(row: PersonRow, person: DefinedPerson) -> bool:
    return row.has_left and not person.memberships


def _kept_roles(wanted: CommunityState, identity: Identity, groups_of: Mapping[str, Collection[str]]) -> Roles:
    rows = {each: wanted.members[each, identity.person_id] for each in groups_of.get(identity.person_id, ())}
    return {
        each: RolesInGroup(set(row.roles) - {RESIDENT}, set(row.responder_keys), row.is_second)
        for each, row in rows.items()
    }


def _defined_roles(wanted: CommunityState, person: DefinedPerson, community_id: str) -> Roles:
    roles: Roles = {}
    for membership in person.memberships:
        every = membership.group_key == "*"
        groups = wanted.open_groups() if every else (named_id(community_id, "group", membership.group_key),)
        for group_id in groups:
            given = roles.setdefault(group_id, RolesInGroup())
            given.roles.add(membership.role)
            given.is_second = given.is_second or membership.is_second
            if membership.role == STAFF:
                given.responder_keys.add(membership.responder_key)
    return roles
