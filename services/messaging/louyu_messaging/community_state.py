"""The whole of a community at one moment: places, people, memberships, addresses; and what others are told of it.

An import reads it, makes the one that shall be, and writes the difference. Ids are UUID texts; roles and responder keys
are in their order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from louyu_messaging.directory import GroupDirectory, Holding, HouseholdFacts, HouseholdMember, role_holders
from louyu_messaging.places import Community


@dataclass(frozen=True)
class BuildingRow:
    key: str
    name: str


@dataclass(frozen=True)
class HouseholdRow:
    building_id: str
    flat: str


@dataclass(frozen=True)
class GroupRow:
    key: str
    name: str


@dataclass(frozen=True)
class PersonRow:
    """`key` is None for those who joined by themselves; `household_id` for those who do not live here.

    `has_left` is true for those who left by their own word and have not joined again.
    """

    key: str | None
    name: str
    household_id: str | None
    has_left: bool = False
    kind: str = ""


@dataclass(frozen=True)
class MemberRow:
    roles: tuple[str, ...]
    responder_keys: tuple[str, ...]
    is_second: bool = False


@dataclass(frozen=True)
class RoleDecision:
    """What the console decided about a role: it was given, or taken."""

    is_granted: bool
    is_second: bool


@dataclass(frozen=True)
class AddressRow:
    """`sealed` is None where the row is known to stand already."""

    person_id: str
    is_active: bool
    sealed: bytes | None = field(default=None, compare=False)


AddressKey = tuple[str, str, bytes]
"""Channel, account, keyed hash of the address."""

DecisionKey = tuple[str, str, str, str]
"""Group, person, role, responder key."""


@dataclass
class CommunityState:
    """Everything by its id."""

    community: Community | None = None
    buildings: dict[str, BuildingRow] = field(default_factory=dict)
    households: dict[str, HouseholdRow] = field(default_factory=dict)
    groups: dict[str, GroupRow] = field(default_factory=dict)
    group_buildings: set[tuple[str, str]] = field(default_factory=set)
    join_codes: dict[str, str] = field(default_factory=dict)
    """The code in use of each group."""
    people: dict[str, PersonRow] = field(default_factory=dict)
    members: dict[tuple[str, str], MemberRow] = field(default_factory=dict)
    """By (group, person)."""
    addresses: dict[AddressKey, AddressRow] = field(default_factory=dict)
    joined: frozenset[str] = frozenset()
    """Those who joined by themselves, with consent: no import removes them."""
    role_decisions: dict[DecisionKey, RoleDecision] = field(default_factory=dict)
    keep_messages_days: int = 0

    def copy(self) -> CommunityState:
        """Return a state that can be changed without changing this one."""
        return CommunityState(
            self.community,
            dict(self.buildings),
            dict(self.households),
            dict(self.groups),
            set(self.group_buildings),
            dict(self.join_codes),
            dict(self.people),
            dict(self.members),
            dict(self.addresses),
            self.joined,
            dict(self.role_decisions),
            keep_messages_days=self.keep_messages_days,
        )

    def is_retired(self, person_id: str) -> bool:
        """Whether an import has removed this person: the row stays for what refers to it, and the key brings it back."""
        row = self.people.get(person_id)
        return row is not None and row.key is None and row.household_id is None and person_id not in self.joined

    def open_groups(self) -> list[str]:
        """Return the groups that have a building. One without is closed: kept for its messages alone."""
        having = {group_id for group_id, _ in self.group_buildings}
        return [group_id for group_id in self.groups if group_id in having]

    def home_groups(self) -> HomeGroups:
        """Return in which groups people are at home, as places and people are now."""
        of_building: dict[str, list[str]] = defaultdict(list)
        for group_id, building_id in sorted(self.group_buildings):
            of_building[building_id].append(group_id)
        return HomeGroups(self, of_building)

    def directories(self) -> dict[str, GroupDirectory]:
        """Return each group as others know it."""
        community = self.community
        holdings: dict[str, list[Holding]] = defaultdict(list)
        for (group_id, person_id), row in self.members.items():
            holdings[group_id].append(
                Holding(person_id, self.people[person_id].name, row.roles, row.responder_keys, row.is_second)
            )
        buildings: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
        for group_id, building_id in self.group_buildings:
            building = self.buildings[building_id]
            buildings[group_id].append((building_id, building.key, building.name))
        return {
            group_id: GroupDirectory(
                group_id=group_id,
                name=row.name,
                buildings=tuple(sorted(buildings[group_id], key=lambda each: each[1])),
                role_holders=role_holders(holdings[group_id]),
                member_count=len(holdings[group_id]),
                community_key=community.key if community else "",
                community_name=community.name if community else "",
            )
            for group_id, row in self.groups.items()
        }

    def household_facts(self) -> dict[str, HouseholdFacts]:
        """Return each household as others know it."""
        group_ids: dict[str, list[str]] = defaultdict(list)
        for group_id, person_id in self.members:
            group_ids[person_id].append(group_id)
        channels: dict[str, set[str]] = defaultdict(set)
        for (channel, _, _), address in self.addresses.items():
            if address.is_active:
                channels[address.person_id].add(channel)
        members: dict[str, list[HouseholdMember]] = defaultdict(list)
        for person_id in sorted(self.people):
            household_id = self.people[person_id].household_id
            if household_id is not None and group_ids[person_id]:
                own_channels, own_groups = tuple(sorted(channels[person_id])), tuple(sorted(group_ids[person_id]))
                name = self.people[person_id].name
                members[household_id].append(HouseholdMember(person_id, own_channels, own_groups, name))
        return {
            household_id: HouseholdFacts(
                household_id=household_id,
                building_id=row.building_id,
                building_key=self.buildings[row.building_id].key,
                flat=row.flat,
                members=tuple(members[household_id]),
            )
            for household_id, row in self.households.items()
        }


@dataclass(frozen=True)
class HomeGroups:
    """The groups of the building in which somebody lives; none for those who do not live here."""

    state: CommunityState
    of_building: Mapping[str, Sequence[str]]

    def of(self, person_id: str) -> Sequence[str]:
        """Return the groups of a person, known or not."""
        row = self.state.people.get(person_id)
        household = self.state.households.get(row.household_id) if row and row.household_id else None
        return self.of_building.get(household.building_id, ()) if household else ()
