"""Pruning: what an earlier import file named and this one does not is removed.

Those who joined by themselves stay, as residents, and so does what they need: their household, and their group unless
another has taken their building. A group is never deleted: closed, without buildings and members, it keeps its messages,
and opens again when a file names it. Of a person whom the state no longer has the store keeps the bare row, to which
messages and thanks refer.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

from louyu_runtime.ids import named_id

from louyu_messaging.community_state import CommunityState, MemberRow, PersonRow
from louyu_messaging.definition import Definition
from louyu_messaging.flats import canonical_flat
from louyu_messaging.identities import household_id_of
from louyu_messaging.roles import RESIDENT


@dataclass(frozen=True)
class Kept:
    """Something that no file names any more and that stays all the same."""

    kind: str
    id: str
    why: str


def close_groups(wanted: CommunityState, definition: Definition, community_id: str) -> list[Kept]:
    """Take the buildings from groups that the definition does not name; return those that must stay open."""
    named = {named_id(community_id, "group", group.key) for group in definition.groups}
    absent = [group_id for group_id in wanted.open_groups() if group_id not in named]
    links = {pair for pair in wanted.group_buildings if pair[0] in absent}
    wanted.group_buildings -= links
    homes, kept = wanted.home_groups(), []
    for group_id in absent:
        homeless = [
            person_id
            for each, person_id in wanted.members
            if each == group_id and person_id in wanted.joined and not homes.of(person_id)
        ]
        if homeless:
            wanted.group_buildings |= {pair for pair in links if pair[0] == group_id}
            why = f"{len(homeless)} who joined by themselves have no other group: give their building one"
            kept.append(Kept("group", group_id, why))
        else:
            wanted.join_codes.pop(group_id, None)
    return kept


def remove_absent(
    wanted: CommunityState, definition: Definition, named_people: Container[str], community_id: str
) -> list[Kept]:
    """Remove people, households and buildings that the definition does not name; return what must stay."""
    kept = _remove_people(wanted, named_people)
    open_groups = set(wanted.open_groups())
    for group_id, person_id in list(wanted.members):
        if group_id not in open_groups:
            del wanted.members[group_id, person_id]
    return kept + _remove_places(wanted, definition, community_id)


def _remove_people(wanted: CommunityState, named: Container[str]) -> list[Kept]:
    absent = {each for each, row in wanted.people.items() if row.key is not None and each not in named}
    memberships: dict[str, list[str]] = {each: [] for each in absent}
    for group_id, person_id in wanted.members:
        if person_id in absent:
            memberships[person_id].append(group_id)
    homes, kept = wanted.home_groups(), []
    for person_id in sorted(absent):
        row = wanted.people[person_id]
        if person_id in wanted.joined:
            kept.append(Kept("person", person_id, "joined by themselves: stays as a resident, without roles"))
            wanted.people[person_id] = PersonRow(None, row.name, row.household_id, kind=row.kind)
        else:
            del wanted.people[person_id]
        for group_id in memberships[person_id]:
            was_resident = wanted.members[group_id, person_id].roles == (RESIDENT,)
            if person_id in wanted.joined and (was_resident or group_id in homes.of(person_id)):
                wanted.members[group_id, person_id] = MemberRow((RESIDENT,), ())
            else:
                del wanted.members[group_id, person_id]
    gone = absent - wanted.joined
    for key, address in list(wanted.addresses.items()):
        if address.person_id in gone:
            del wanted.addresses[key]
    return kept


def _remove_places(wanted: CommunityState, definition: Definition, community_id: str) -> list[Kept]:
    """A building without a list of flats takes any flat: of its households those stay in which somebody lives."""
    lived_in = {row.household_id for row in wanted.people.values()}
    buildings = {named_id(community_id, "building", building.key): building for building in definition.buildings}
    listed = {
        household_id_of(community_id, building.key, flat)
        for building in definition.buildings
        for flat in map(canonical_flat, building.flats)
        if flat is not None
    }
    kept, needed = [], _buildings_in_use(wanted)
    for household_id, row in list(wanted.households.items()):
        if household_id in listed:
            continue
        if household_id not in lived_in:
            del wanted.households[household_id]
            continue
        needed.add(row.building_id)
        if row.building_id not in buildings or buildings[row.building_id].flats:
            kept.append(Kept("household", household_id, "somebody lives here who is not removed"))
    for building_id in [each for each in wanted.buildings if each not in buildings]:
        if building_id in needed:
            kept.append(Kept("building", building_id, "a group or a household of it stays"))
        else:
            del wanted.buildings[building_id]
    return kept


def _buildings_in_use(wanted: CommunityState) -> set[str]:
    return {building_id for _, building_id in wanted.group_buildings}
