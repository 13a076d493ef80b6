"""What an import changes, told object by object: for the preview, and for what is said when it is done.

A person counts with memberships and addresses, a group with its buildings and its code. Objects that the definition
does not name are told only when they are removed, or kept although they were to be.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from louyu_runtime.ids import named_id

from louyu_messaging.community_state import CommunityState
from louyu_messaging.definition import Definition
from louyu_messaging.flats import canonical_flat
from louyu_messaging.identities import Identity, household_id_of
from louyu_messaging.pruning import Kept

REMOVED, KEPT, CHANGED, CREATED = "removed", "kept", "changed", "created"
KINDS = ("community", "building", "household", "group", "person")

Id = tuple[str, str]
"""Kind and id."""


@dataclass(frozen=True)
class Change:
    """What becomes of one object; `note` says what of it changes, or why it is kept."""

    kind: str
    key: str
    name: str
    what: str
    note: str = ""


@dataclass(frozen=True)
class Outcome:
    """What an import does, or did: counts of objects, and each of them that does not stay as it was."""

    created: int
    changed: int
    unchanged: int
    removed: int
    changes: tuple[Change, ...]


def outcome(
    current: CommunityState,
    wanted: CommunityState,
    definition: Definition,
    identities: Sequence[Identity],
    kept: Sequence[Kept],
    community_id: str,
) -> Outcome:
    """Compare the community before and after."""
    before, after = _Objects(current), _Objects(wanted)
    # households last: there are many, and the least is said by each
    named = sorted(
        _named(definition, identities, community_id),
        key=lambda each: (each[0] == "household", KINDS.index(each[0]), as_counted(after.names[each][0])),
    )
    created = [each for each in named if each not in before.facts]
    changed = [each for each in named if each in before.facts and before.facts[each] != after.facts[each]]
    stays = {(each.kind, each.id): each.why for each in kept}
    is_replaced = {("person", each.replaced_id) for each in identities}
    removed = sorted(
        (each for each in before.facts if each not in after.facts and each not in is_replaced),
        key=lambda each: (KINDS.index(each[0]), as_counted(before.names[each][0])),
    )
    changes = [
        *(Change(kind, *before.names[kind, each], REMOVED) for kind, each in removed),
        *(Change(kind, *before.names[kind, each], KEPT, why) for (kind, each), why in stays.items()),
        *(
            Change(kind, *after.names[kind, each], CHANGED, _difference(before, after, (kind, each)))
            for kind, each in changed
        ),
        *(Change(kind, *after.names[kind, each], CREATED) for kind, each in created),
    ]
    unchanged = len(named) - len(created) - len(changed)
    return Outcome(len(created), len(changed), unchanged, len(removed), tuple(changes))


def _named(definition: Definition, identities: Sequence[Identity], community_id: str) -> list[Id]:
    households = {
        household_id_of(community_id, building.key, flat)
        for building in definition.buildings
        for flat in map(canonical_flat, building.flats)
        if flat is not None
    }
    return [
        ("community", community_id),
        *(("building", named_id(community_id, "building", building.key)) for building in definition.buildings),
        *(("household", household_id) for household_id in households),
        *(("group", named_id(community_id, "group", group.key)) for group in definition.groups),
        *(("person", identity.person_id) for identity in identities),
    ]


class _Objects:
    """The objects of a state: what is compared of each, by name of the aspect, and how people know it."""

    def __init__(self, state: CommunityState) -> None:
        self.facts: dict[Id, dict[str, object]] = {}
        self.names: dict[Id, tuple[str, str]] = {}
        if state.community is not None:
            row = state.community
            self._add(
                ("community", row.id),
                (row.key, row.name),
                name=row.name,
                places=(row.subdistrict, row.district),
                residency=(row.confirms_residency, row.doubted_may_not_read),
                keep_messages_days=state.keep_messages_days,
            )
        for each, building in state.buildings.items():
            self._add(("building", each), (building.key, building.name), name=building.name)
        homes: dict[str | None, str] = {None: "nowhere"}
        for each, household in state.households.items():
            homes[each] = f"{state.buildings[household.building_id].key}/{household.flat}"
            self._add(("household", each), (homes[each], ""))
        of_group: dict[str, set[str]] = defaultdict(set)
        for group_id, building_id in state.group_buildings:
            of_group[group_id].add(building_id)
        for each in state.open_groups():
            group = state.groups[each]
            code = state.join_codes.get(each)
            buildings = frozenset(of_group[each])
            self._add(("group", each), (group.key, group.name), name=group.name, buildings=buildings, join_code=code)
        roles: dict[str, set[object]] = defaultdict(set)
        for (group_id, person_id), member in state.members.items():
            roles[person_id].add((group_id, member))
        addresses: dict[str, set[object]] = defaultdict(set)
        for key, address in state.addresses.items():
            addresses[address.person_id].add((key, address))
        for each, person in state.people.items():
            if state.is_retired(each):
                continue
            self._add(
                ("person", each),
                (person.key or "", person.name),
                key=person.key,
                name=person.name,
                home=homes[person.household_id],
                kind=person.kind,
                roles=frozenset(roles[each]),
                addresses=frozenset(addresses[each]),
            )

    def _add(self, each: Id, names: tuple[str, str], **facts: object) -> None:
        self.names[each] = names
        self.facts[each] = facts


def as_counted(text: str) -> str:
    """Return a text that sorts as people count: every number in it at full length."""
    return re.sub(r"\d+", lambda number: number[0].zfill(8), text)


_SHOWN = ("key", "name", "home", "kind", "keep_messages_days")


def _difference(before: _Objects, after: _Objects, each: Id) -> str:
    """Say which aspects differ; of those that are plain words also from what to what."""
    parts = []
    for aspect, value in after.facts[each].items():
        earlier = before.facts[each].get(aspect)
        if earlier != value:
            parts.append(f"{aspect} was {earlier or 'none'}" if aspect in _SHOWN else aspect)
    return ", ".join(parts)
