"""Importing: what an import file makes of a community, and what of it changed.

The state that shall be is made from the state that is, as a pure function; the store writes the difference. What the
file does not name stays as it is. A person's roles other than resident are as the file says; residents of a building
are members of its groups.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from louyu_runtime.ids import named_id

from louyu_messaging.community_state import (
    AddressRow,
    BuildingRow,
    CommunityState,
    GroupRow,
    HouseholdRow,
    MemberRow,
    PersonRow,
)
from louyu_messaging.definition import DefinedPerson, Definition
from louyu_messaging.flats import canonical_flat
from louyu_messaging.places import Community
from louyu_messaging.roles import RESIDENT, STAFF, ranked


@dataclass(frozen=True)
class Counts:
    """How many objects of a definition were created, changed, or stood already as defined."""

    created: int
    changed: int
    unchanged: int


@dataclass(frozen=True)
class Tools:
    """What the state that shall be needs from outside: fresh join codes, and how addresses are kept."""

    new_join_code: Callable[[], str]
    lookup: Callable[[str], bytes]
    seal: Callable[[str], bytes]


def wanted_state(current: CommunityState, definition: Definition, community_id: str, tools: Tools) -> CommunityState:
    """Return the community as the (faultless) definition wants it."""
    wanted = current.copy()
    wanted.community = Community(
        community_id, definition.key, definition.name, definition.subdistrict, definition.district
    )
    _apply_places(wanted, definition, community_id, tools)
    groups_of: dict[str, set[str]] = defaultdict(set)
    for group_id, person_id in current.members:
        groups_of[person_id].add(group_id)
    for person in definition.people:
        _apply_person(wanted, person, community_id, tools)
        _apply_memberships(wanted, current, person, community_id, groups_of)
    return wanted


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


def household_id_of(community_id: str, building_key: str, flat: str) -> str:
    """Return the id of the household in a flat, given in canonical form."""
    return named_id(community_id, "household", f"{building_key}/{flat}")


def _add_household(wanted: CommunityState, community_id: str, building_key: str, words: str) -> str:
    flat = canonical_flat(words)
    if flat is None:
        raise ValueError("a definition with an unreadable flat is not to be applied")
    household_id = household_id_of(community_id, building_key, flat)
    wanted.households.setdefault(household_id, HouseholdRow(named_id(community_id, "building", building_key), flat))
    return household_id


def _apply_person(wanted: CommunityState, person: DefinedPerson, community_id: str, tools: Tools) -> None:
    person_id = named_id(community_id, "person", person.key)
    before = wanted.people.get(person_id)
    household_id = before.household_id if before else None
    if person.building_key:
        household_id = _add_household(wanted, community_id, person.building_key, person.flat)
    wanted.people[person_id] = PersonRow(person.key, person.name, household_id)
    for address in person.addresses:
        key = (address.channel, address.account, tools.lookup(address.address))
        if key not in wanted.addresses:
            wanted.addresses[key] = AddressRow(person_id, is_active=True, sealed=tools.seal(address.address))


def _apply_memberships(
    wanted: CommunityState,
    current: CommunityState,
    person: DefinedPerson,
    community_id: str,
    groups_of: Mapping[str, Collection[str]],
) -> None:
    """Give the person the roles that the file says; residents stay where they are unless they have moved."""
    person_id = named_id(community_id, "person", person.key)
    roles, responder_keys = _defined_roles(wanted, person, community_id)
    home_groups = set(_home_groups(wanted, wanted.people[person_id].household_id))
    left_groups = (
        set(_home_groups(current, current.people[person_id].household_id)) if person_id in current.people else set()
    )
    held = set(groups_of.get(person_id, ()))
    for group_id in held | set(roles) | home_groups:
        now = set(roles.get(group_id, ()))
        is_guest = group_id in held and wanted.members[group_id, person_id].roles == (RESIDENT,)
        if group_id in home_groups or (is_guest and group_id not in left_groups):
            now.add(RESIDENT)
        if now:
            keys = tuple(sorted(responder_keys.get(group_id, ())))
            wanted.members[group_id, person_id] = MemberRow(ranked(now), keys)
        else:
            del wanted.members[group_id, person_id]


def _home_groups(state: CommunityState, household_id: str | None) -> list[str]:
    return state.groups_of_building(state.households[household_id].building_id) if household_id else []


def _defined_roles(
    wanted: CommunityState, person: DefinedPerson, community_id: str
) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """Return the roles of each group, and the responders of its staff."""
    roles: dict[str, set[str]] = {}
    responder_keys: dict[str, set[str]] = {}
    for membership in person.memberships:
        every = membership.group_key == "*"
        for group_id in wanted.groups if every else (named_id(community_id, "group", membership.group_key),):
            roles.setdefault(group_id, set()).add(membership.role)
            if membership.role == STAFF:
                responder_keys.setdefault(group_id, set()).add(membership.responder_key)
    return roles, responder_keys


def counts(current: CommunityState, wanted: CommunityState, definition: Definition, community_id: str) -> Counts:
    """Compare what the definition names, before and after: a person counts with memberships and addresses."""
    households = {
        household_id_of(community_id, building.key, flat)
        for building in definition.buildings
        for flat in map(canonical_flat, building.flats)
        if flat is not None
    }
    named = [("community", community_id)]
    named += [("building", named_id(community_id, "building", building.key)) for building in definition.buildings]
    named += [("household", household_id) for household_id in sorted(households)]
    named += [("group", named_id(community_id, "group", group.key)) for group in definition.groups]
    named += [("person", named_id(community_id, "person", person.key)) for person in definition.people]
    before, after = _objects(current), _objects(wanted)
    created = sum(each not in before for each in named)
    changed = sum(each in before and before[each] != after[each] for each in named)
    return Counts(created, changed, len(named) - created - changed)


def _objects(state: CommunityState) -> dict[tuple[str, str], object]:
    objects: dict[tuple[str, str], object] = {}
    if state.community is not None:
        objects["community", state.community.id] = state.community
    objects.update({("building", each): row for each, row in state.buildings.items()})
    objects.update({("household", each): row for each, row in state.households.items()})
    for group_id, group in state.groups.items():
        buildings = frozenset(building for each, building in state.group_buildings if each == group_id)
        objects["group", group_id] = (group, buildings, state.join_codes.get(group_id))
    belongings: dict[str, set[object]] = {person_id: set() for person_id in state.people}
    for (group_id, person_id), member in state.members.items():
        belongings[person_id].add((group_id, member))
    for key, address in state.addresses.items():
        belongings[address.person_id].add((key, address))
    objects.update({("person", each): (row, frozenset(belongings[each])) for each, row in state.people.items()})
    return objects
