"""Who is who: which person of the community each person of an import file is.

A chosen key leads to its person, whatever their name and home. A derived key stands for home and name: the place in a
list means nothing. An address that a channel has proven leads to whoever joined with it, who then takes over the key.
Nobody who joined by themselves is found by name alone: anybody may give any name at the door.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from louyu_runtime.ids import named_id

from louyu_messaging.community_state import CommunityState
from louyu_messaging.definition import Definition
from louyu_messaging.flats import canonical_flat

LONGEST_KEY = 64

Fault = tuple[str, str]


@dataclass(frozen=True)
class Identity:
    """Who somebody of the file is from now on. `replaced_id` is the person who had the key until now, if another."""

    person_id: str
    key: str
    keeps_roles: bool = False
    replaced_id: str = ""


def household_id_of(community_id: str, building_key: str, flat: str) -> str:
    """Return the id of the household in a flat, given in canonical form."""
    return named_id(community_id, "household", f"{building_key}/{flat}")


def derived_key(building_key: str, flat: str, name: str) -> str:
    """Return the key of somebody who has none of their own: home and name; a name that no key can hold, by its hash."""
    plain = f"{building_key}-{canonical_flat(flat) or flat}-{name}"
    key = re.sub(r"[^a-z0-9_\-\u4e00-\u9fff]", "-", plain.lower())
    if key == plain.lower() and len(key) <= LONGEST_KEY:
        return key
    return f"{key[: LONGEST_KEY - 9]}-{hashlib.sha256(plain.encode()).hexdigest()[:8]}"


def identify(
    current: CommunityState,
    definition: Definition,
    community_id: str,
    lookup: Callable[[str], bytes],
    new_id: Callable[[], str],
) -> tuple[list[Identity], list[Fault]]:
    """Return an identity for each person of the definition, in its order, and the faults of their addresses."""
    work = _Identifying(current, definition, community_id, lookup)
    work.find_all()
    return work.identities(new_id), work.faults


class _Identifying:
    """Finds the persons of one definition, the surest first: nobody is found twice."""

    def __init__(
        self, current: CommunityState, definition: Definition, community_id: str, lookup: Callable[[str], bytes]
    ) -> None:
        self._current = current
        self._people = definition.people
        self._community_id = community_id
        self._lookup = lookup
        self._found: dict[int, str] = {}
        self._owner: dict[str, int] = {}
        self._replaced: dict[int, str] = {}
        self._by_key = {row.key: each for each, row in current.people.items() if row.key is not None}
        self._by_home: dict[tuple[str, str], list[str]] = {}
        for each in sorted(current.people):
            row = current.people[each]
            if row.key is not None and row.household_id is not None:
                self._by_home.setdefault((row.household_id, row.name), []).append(each)
        self.faults: list[Fault] = []

    def find_all(self) -> None:
        chosen = [number for number, person in enumerate(self._people) if not person.is_key_derived]
        derived = [number for number, person in enumerate(self._people) if person.is_key_derived]
        for number in chosen:
            self._claim(number, self._by_key.get(self._people[number].key))
        for number in chosen:
            self._find_former(number)
        for number in chosen:
            self._find_at_home(number)
        for number in chosen:
            self._find_by_address(number)
        # whoever was somebody else goes first, lest a new neighbour of the old name be taken for them
        for some in ([n for n in derived if self._people[n].was], [n for n in derived if not self._people[n].was]):
            for number in some:
                self._claim(number, self._by_key.get(self._people[number].key))
            for number in some:
                self._find_at_home(number)
            for number in some:
                self._find_former(number)
        for number in derived:
            self._find_by_address(number)

    def identities(self, new_id: Callable[[], str]) -> list[Identity]:
        """Return who everybody is; those who were not found are new."""
        taken = {row.key for each, row in self._current.people.items() if row.key and each not in self._owner}
        taken |= {person.key for person in self._people if not person.is_key_derived}
        taken |= {
            self._current.people[each].key or "" for each, number in self._owner.items() if self._keeps_key(number)
        }
        ids = set(self._current.people)
        identities = []
        for number, person in enumerate(self._people):
            found = self._found.get(number)
            key = person.key
            if found is not None and self._keeps_key(number):
                key = self._current.people[found].key or key
            elif person.is_key_derived:
                key = _free_key(key, taken)
                taken.add(key)
            if found is None:
                found = named_id(self._community_id, "person", key)
                if found in ids and not self._current.is_retired(found):  # who had this key once, and has another now
                    found = new_id()
                ids.add(found)
            identities.append(Identity(found, key, self._keeps_key(number), self._replaced.get(number, "")))
        return identities

    def _keeps_key(self, number: int) -> bool:
        """Whether somebody of a list of residents is known by a key that was chosen elsewhere."""
        found = self._found.get(number)
        if found is None or not self._people[number].is_key_derived:
            return False
        return self._current.people[found].key is not None and not self._has_derived_key(found)

    def _has_derived_key(self, person_id: str) -> bool:
        """Whether the key was made of the home; also those that were made of the place in a list, before names were."""
        row = self._current.people[person_id]
        household = self._current.households.get(row.household_id or "")
        if row.key is None or household is None:
            return False
        building = self._current.buildings[household.building_id].key
        return row.key.startswith(f"{building}-{household.flat.lower()}-")

    def _claim(self, number: int, person_id: str | None) -> bool:
        if person_id is None or number in self._found or person_id in self._owner:
            return False
        self._found[number] = person_id
        self._owner[person_id] = number
        return True

    def _find_by_address(self, number: int) -> None:
        """Whoever has an address of this person is this person, unless another key of the file says who they are."""
        person = self._people[number]
        for position, address in enumerate(person.addresses):
            row = self._current.addresses.get((address.channel, address.account, self._lookup(address.address)))
            if row is None or row.person_id == self._found.get(number):
                continue
            path = f"community.people[{number}].addresses[{position}].address"
            other = self._current.people[row.person_id]
            is_known = other.key is not None and (number in self._found or not self._has_derived_key(row.person_id))
            if row.person_id in self._owner or is_known:
                words = f"this address belongs to another person of the community, {other.key or other.name!r}"
                self.faults.append((path, f"{words}: correct it, or give both the same key"))
            elif number in self._replaced:
                words = "this address and the one before it belong to two people who joined by themselves: keep one"
                self.faults.append((path, words))
            else:
                replaced = self._found.pop(number, "")
                if replaced:
                    del self._owner[replaced]
                self._replaced[number] = replaced
                self._claim(number, row.person_id)
                if replaced:
                    self._owner[replaced] = number

    def _find_at_home(self, number: int) -> None:
        person = self._people[number]
        self._claim(number, self._living_at(number, person.building_key, person.flat, person.name))

    def _find_former(self, number: int) -> None:
        person = self._people[number]
        was = person.was
        if was is None or number in self._found:
            return
        if was.key:
            named = {other.key for other in self._people if not other.is_key_derived}
            self._claim(number, self._by_key.get(was.key) if was.key not in named else None)
            return
        home = (was.building_key or person.building_key, was.flat or person.flat)
        self._claim(number, self._living_at(number, *home, was.name or person.name))

    def _living_at(self, number: int, building_key: str, words: str, name: str) -> str | None:
        """Return somebody of an earlier file at this home and of this name whom no other key of this file claims."""
        flat = canonical_flat(words) if building_key else None
        if flat is None:
            return None
        household_id = household_id_of(self._community_id, building_key, flat)
        free = [each for each in self._by_home.get((household_id, name.strip()), ()) if each not in self._owner]
        derived = [each for each in free if self._has_derived_key(each)]
        # a chosen key leads to nobody who has another chosen key: two persons of one name
        candidates: Sequence[str] = (*derived, *free) if self._people[number].is_key_derived else derived
        return candidates[0] if candidates else None


def _free_key(key: str, taken: set[str]) -> str:
    number, free = 1, key
    while free in taken:
        number += 1
        free = f"{key[: LONGEST_KEY - 6]}-{number}"
    return free
