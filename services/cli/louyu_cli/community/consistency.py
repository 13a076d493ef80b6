"""What must fit together between the parts of an import file: keys are used once, and name what the file holds.

The services check the same, and more, when the file is applied; found here, a fault has its line.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Sequence

from louyu_messaging.definition_check import MOST_PEOPLE
from louyu_messaging.flats import canonical_flat

from louyu_cli.community.definition import CommunityFile, Person
from louyu_cli.community.source import shown
from louyu_cli.community.yaml_lines import Path

Fault = tuple[Path, str]


def faults_between(found: CommunityFile) -> list[Fault]:
    """Return what does not fit together, each with its path in the file; empty when all does."""
    return _Check(found).run()


class _Check:
    """The checks of one file."""

    def __init__(self, found: CommunityFile) -> None:
        self._file = found
        self._flats = {
            building.key: {canonical_flat(flat) for flat in building.all_flats()} for building in found.buildings
        }
        self._groups = {group.key for group in found.groups}
        self._responders = {responder.key for responder in found.responders}
        self._faults: list[Fault] = []

    def run(self) -> list[Fault]:
        found = self._file
        if found.doubted_may_not_read and not found.confirm_residency:
            self._fault(("doubted_may_not_read",), "needs `confirm_residency: true`; add it")
        for section in ("buildings", "groups", "people", "responders", "screens"):
            self._once(section, "key", [item.key for item in getattr(found, section)])
        self._once("groups", "join_code", [group.join_code for group in found.groups])
        self._once("screens", "code", [screen.code for screen in found.screens])
        self._once("people", "wechat", [person.wechat for person in found.people])
        for index, building in enumerate(found.buildings):
            if isinstance(building.flats, list):
                for place in _repeated([canonical_flat(flat) for flat in building.flats]):
                    self._fault(("buildings", index, "flats", place), "is listed twice; keep one")
        for index, group in enumerate(found.groups):
            for place, key in enumerate(group.buildings):
                self._known(("groups", index, "buildings", place), "building", key, self._flats)
        for index, person in enumerate(found.people):
            self._home(("people", index), person)
            if person.kind in ("owner", "tenant", "absent_owner") and person.building is None:
                self._fault(
                    ("people", index, "kind"), f"{person.kind} is for those with a flat; add `building` and `flat`"
                )
            self._roles(("people", index, "roles"), person)
        self._residents()
        for index, responder in enumerate(found.responders):
            for place, key in enumerate(responder.buildings):
                self._known(("responders", index, "buildings", place), "building", key, self._flats)
        for index, screen in enumerate(found.screens):
            self._known(("screens", index, "group"), "group", screen.group, self._groups)
        return self._faults

    def _fault(self, path: Path, words: str) -> None:
        self._faults.append((path, words))

    def _once(self, section: str, field: str, values: list[object]) -> None:
        for index in _repeated(values):
            self._fault((section, index, field), f"is used twice among {section}; give each its own")

    def _known(self, path: Path, kind: str, key: str, keys: Collection[str]) -> None:
        if key not in keys:
            nearest = difflib.get_close_matches(key, list(keys), n=1)
            meant = f"; is {nearest[0]!r} meant?" if nearest else "; add it or correct the key"
            self._fault(path, f"there is no {kind} {key!r} in this file{meant}")

    def _home(self, path: Path, person: Person) -> None:
        if person.building is None:
            if person.flat is not None:
                self._fault((*path, "flat"), "needs a building; add `building`")
        elif person.flat is None:
            self._fault((*path, "building"), "needs a flat; add `flat`, or leave `building` out")
        else:
            self._known((*path, "building"), "building", person.building, self._flats)
            self._flat((*path, "flat"), person.building, person.flat)

    def _flat(self, path: Path, building: str, flat: str) -> None:
        """A building without a list of flats may have any."""
        flats = self._flats.get(building)
        if flats and canonical_flat(flat) not in flats:
            self._fault(path, f"building {building!r} has no flat {flat!r}; correct it, or add it to the building")

    def _residents(self) -> None:
        """Of two persons of one name in one home only the first could ever be told from the other."""
        found = self._file
        homes = {
            (person.building, canonical_flat(person.flat), person.name): f"people[{index}]"
            for index, person in enumerate(found.people)
            if person.flat is not None
        }
        count = len(found.people)
        for index, residents in enumerate(found.residents):
            path = ("residents", index, "people")
            self._known(("residents", index, "building"), "building", residents.building, self._flats)
            for flat in residents.people:
                self._flat((*path, flat), residents.building, flat)
            for flat, number, resident in residents.each():
                place: Path = (*path, flat) if number is None else (*path, flat, number)
                home = (residents.building, canonical_flat(flat), resident.name)
                if home in homes:
                    words = f"{resident.name!r} of this flat stands in {homes[home]} already; keep one of the two"
                    self._fault(place, f"{words}, or give the other a name by which neighbours tell them apart")
                homes.setdefault(home, shown(place))
                count += 1
        if count > MOST_PEOPLE:
            self._fault(("residents",), f"the file names {count} persons; at most {MOST_PEOPLE} are allowed")

    def _roles(self, path: Path, person: Person) -> None:
        for place, role in enumerate(person.roles):
            if role.groups != "all":
                for number, key in enumerate(role.groups):
                    self._known((*path, place, "groups", number), "group", key, self._groups)
            if role.second and role.role != "building_head":
                self._fault((*path, place, "second"), "is for the role building_head only; remove it")
            if role.role == "staff" and role.responder is None:
                self._fault((*path, place), "staff work for a responder; add `responder`")
            elif role.responder is not None and role.role != "staff":
                self._fault((*path, place, "responder"), "is for the role staff only; remove it")
            elif role.responder is not None:
                self._known((*path, place, "responder"), "responder", role.responder, self._responders)


def _repeated(values: Sequence[object]) -> list[int]:
    """Return the places of values that stand earlier already; None counts as not given."""
    seen: set[object] = set()
    places = []
    for index, value in enumerate(values):
        if value is not None and value in seen:
            places.append(index)
        seen.add(value)
    return places
