"""What must fit together between the parts of an import file: keys are used once, and name what the file holds.

The services check the same, and more, when the file is applied; found here, a fault has its line.
"""

from __future__ import annotations

from collections.abc import Collection

from louyu_cli.community.definition import CommunityFile, Person

Path = tuple[str | int, ...]
Fault = tuple[Path, str]


def faults_between(found: CommunityFile) -> list[Fault]:
    """Return what does not fit together, each with its path in the file; empty when all does."""
    return _Check(found).run()


class _Check:
    """The checks of one file."""

    def __init__(self, found: CommunityFile) -> None:
        self._file = found
        self._flats = {building.key: set(building.all_flats()) for building in found.buildings}
        self._groups = {group.key for group in found.groups}
        self._responders = {responder.key for responder in found.responders}
        self._faults: list[Fault] = []

    def run(self) -> list[Fault]:
        found = self._file
        for section in ("buildings", "groups", "people", "responders", "screens"):
            self._once(section, "key", [item.key for item in getattr(found, section)])
        self._once("groups", "join_code", [group.join_code for group in found.groups])
        self._once("screens", "code", [screen.code for screen in found.screens])
        self._once("people", "wechat", [person.wechat for person in found.people])
        for index, building in enumerate(found.buildings):
            if isinstance(building.flats, list):
                for place in _repeated(building.flats):
                    self._fault(("buildings", index, "flats", place), "is listed twice; keep one")
        for index, group in enumerate(found.groups):
            for place, key in enumerate(group.buildings):
                self._known(("groups", index, "buildings", place), "building", key, self._flats)
        for index, person in enumerate(found.people):
            self._home(("people", index), person)
            self._roles(("people", index, "roles"), person)
        for index, residents in enumerate(found.residents):
            self._known(("residents", index, "building"), "building", residents.building, self._flats)
            for flat in residents.people:
                self._flat(("residents", index, "people", flat), residents.building, flat)
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
            self._fault(path, f"there is no {kind} {key!r} in this file; add it or correct the key")

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
        if flats and flat not in flats:
            self._fault(path, f"building {building!r} has no flat {flat!r}; correct it, or add it to the building")

    def _roles(self, path: Path, person: Person) -> None:
        for place, role in enumerate(person.roles):
            if role.groups != "all":
                for number, key in enumerate(role.groups):
                    self._known((*path, place, "groups", number), "group", key, self._groups)
            if role.role == "staff" and role.responder is None:
                self._fault((*path, place), "staff work for a responder; add `responder`")
            elif role.responder is not None and role.role != "staff":
                self._fault((*path, place, "responder"), "is for the role staff only; remove it")
            elif role.responder is not None:
                self._known((*path, place, "responder"), "responder", role.responder, self._responders)


def _repeated(values: list[object] | list[str]) -> list[int]:
    """Return the places of values that stand earlier already; None counts as not given."""
    seen: set[object] = set()
    places = []
    for index, value in enumerate(values):
        if value is not None and value in seen:
            places.append(index)
        seen.add(value)
    return places
