"""Whether a definition can be used: every fault of it, each with the path of its field.

What is defined may lean on what the community has already (a person may live in a building that an earlier file
brought), so the community as it stands is asked too.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

from louyu_messaging.definition import DefinedBuilding, DefinedGroup, DefinedPerson, Definition
from louyu_messaging.flats import canonical_flat
from louyu_messaging.kinds import OF_HOUSEHOLDS
from louyu_messaging.roles import BUILDING_HEAD, RANK, STAFF

_KEY = re.compile(r"[a-z0-9_\-\u4e00-\u9fff]{1,64}")
_JOIN_CODE = re.compile(r"[A-Za-z0-9_\-]{6,32}")
MOST_BUILDINGS, MOST_GROUPS, MOST_PEOPLE = 500, 500, 20_000
LEAST_DAYS, MOST_DAYS = 30, 3650
LONGEST_NAME, LONGEST_PERSON_NAME, LONGEST_PERSON_NAME_BYTES = 100, 40, 120

Fault = tuple[str, str]
"""Path of the field, and what is wrong with it and how to mend it."""


class DefinitionCheck:
    """Finds the faults of one definition. `known_*` is what the community has already, by key."""

    def __init__(
        self,
        definition: Definition,
        *,
        known_flats: Mapping[str, Collection[str]],
        known_groups: Collection[str],
    ) -> None:
        self._definition = definition
        self._flats = {key: set(flats) for key, flats in known_flats.items()}
        self._groups = set(known_groups)
        self.faults: list[Fault] = []

    def run(self) -> list[Fault]:
        """Return all faults, in the order of the definition."""
        definition = self._definition
        self._key("community.key", definition.key)
        self._name("community.name", definition.name, required=True)
        self._name("community.subdistrict", definition.subdistrict)
        self._name("community.district", definition.district)
        if definition.keep_messages_days and not LEAST_DAYS <= definition.keep_messages_days <= MOST_DAYS:
            self._fault("community.keep_messages_days", f"must be {LEAST_DAYS} to {MOST_DAYS} days, or 0 to keep them")
        for field, items, most in (
            ("buildings", definition.buildings, MOST_BUILDINGS),
            ("groups", definition.groups, MOST_GROUPS),
            ("people", definition.people, MOST_PEOPLE),
        ):
            if len(items) > most:
                self._fault(f"community.{field}", f"has {len(items)} entries; at most {most}")
            # of a derived key there may be two: two of one name in one home
            keys = ["" if isinstance(item, DefinedPerson) and item.is_key_derived else item.key for item in items]
            self._unique_keys(f"community.{field}", keys)
        if definition.doubted_may_not_read and not definition.confirm_residency:
            self._fault("community.doubted_may_not_read", "needs confirm_residency")
        for number, building in enumerate(definition.buildings):
            self._building(f"community.buildings[{number}]", building)
        codes: set[str] = set()
        for number, group in enumerate(definition.groups):
            self._group(f"community.groups[{number}]", group, codes)
        owners: dict[tuple[str, str, str], str] = {}
        for number, person in enumerate(definition.people):
            self._person(f"community.people[{number}]", person, owners)
        return self.faults

    def _fault(self, path: str, words: str) -> None:
        self.faults.append((path, words))

    def _key(self, path: str, key: str) -> None:
        if not _KEY.fullmatch(key):
            self._fault(
                path, f"{key!r} is no key: 1 to 64 of a-z, 0-9, '-', '_' or Chinese characters" if key else "missing"
            )

    def _name(self, path: str, name: str, *, required: bool = False) -> None:
        if required and not name.strip():
            self._fault(path, "missing")
        elif len(name) > LONGEST_NAME or not name.isprintable():
            self._fault(path, f"must be at most {LONGEST_NAME} characters on one line")

    def _unique_keys(self, path: str, keys: Iterable[str]) -> None:
        seen: dict[str, int] = {}
        for number, key in enumerate(keys):
            if key and key in seen:
                self._fault(f"{path}[{number}].key", f"{key!r} is already the key of {path}[{seen[key]}]")
            seen.setdefault(key, number)

    def _building(self, path: str, building: DefinedBuilding) -> None:
        self._key(f"{path}.key", building.key)
        self._name(f"{path}.name", building.name)
        known = self._flats.setdefault(building.key, set())
        own: dict[str, int] = {}
        for number, words in enumerate(building.flats):
            flat = canonical_flat(words)
            if flat is None:
                self._fault(f"{path}.flats[{number}]", f"{words!r} is no flat: write it as 3-501 or 501")
                continue
            if flat in own:
                self._fault(f"{path}.flats[{number}]", f"{words!r} is the same flat as {path}.flats[{own[flat]}]")
            own.setdefault(flat, number)
            known.add(flat)

    def _group(self, path: str, group: DefinedGroup, codes: set[str]) -> None:
        self._key(f"{path}.key", group.key)
        self._name(f"{path}.name", group.name)
        self._groups.add(group.key)
        if not group.building_keys:
            self._fault(f"{path}.building_keys", "missing: a group has at least one building")
        for number, key in enumerate(group.building_keys):
            if key not in self._flats:
                self._fault(f"{path}.building_keys[{number}]", f"there is no building {key!r}")
        if group.join_code:
            if not _JOIN_CODE.fullmatch(group.join_code):
                self._fault(f"{path}.join_code", "must be 6 to 32 of letters, digits, '-' and '_'")
            if group.join_code in codes:
                self._fault(f"{path}.join_code", "is the code of another group too")
            codes.add(group.join_code)

    def _person(self, path: str, person: DefinedPerson, owners: dict[tuple[str, str, str], str]) -> None:
        self._key(f"{path}.key", person.key)
        if not person.name.strip():
            self._fault(f"{path}.name", "missing")
        elif (
            len(person.name) > LONGEST_PERSON_NAME
            or len(person.name.encode("utf-8", "replace")) > LONGEST_PERSON_NAME_BYTES
            or not person.name.isprintable()
        ):
            self._fault(f"{path}.name", f"must be at most {LONGEST_PERSON_NAME} characters on one line")
        self._home(path, person)
        if person.kind in OF_HOUSEHOLDS and not person.building_key:
            self._fault(f"{path}.kind", f"{person.kind} is for those with a flat: add building and flat")
        for number, membership in enumerate(person.memberships):
            at = f"{path}.memberships[{number}]"
            if membership.group_key != "*" and membership.group_key not in self._groups:
                self._fault(f"{at}.group_key", f"there is no group {membership.group_key!r}")
            if membership.role not in RANK:
                self._fault(f"{at}.role", f"{membership.role!r} is no role: one of {', '.join(RANK)}")
            elif membership.role == STAFF and not membership.responder_key:
                self._fault(f"{at}.responder_key", "missing: staff work for a responder")
            elif membership.role != STAFF and membership.responder_key:
                self._fault(f"{at}.responder_key", "only for the role staff")
            if membership.is_second and membership.role != BUILDING_HEAD:
                self._fault(f"{at}.is_second", "only for the role building_head")
            if membership.responder_key:
                self._key(f"{at}.responder_key", membership.responder_key)
        for number, address in enumerate(person.addresses):
            at = f"{path}.addresses[{number}]"
            for field, value, longest in (
                ("channel", address.channel, 64),
                ("account", address.account, 64),
                ("address", address.address, 128),
            ):
                if not 1 <= len(value) <= longest or not value.isprintable():
                    self._fault(f"{at}.{field}", f"must have 1 to {longest} characters on one line")
            owner = owners.setdefault((address.channel, address.account, address.address), person.key)
            if owner != person.key:
                self._fault(f"{at}.address", f"is the address of person {owner!r} too")

    def _home(self, path: str, person: DefinedPerson) -> None:
        if not person.building_key:
            if person.flat:
                self._fault(f"{path}.building_key", "missing: a flat is in a building")
            return
        if person.building_key not in self._flats:
            self._fault(f"{path}.building_key", f"there is no building {person.building_key!r}")
            return
        flat = canonical_flat(person.flat)
        known = self._flats[person.building_key]
        if flat is None:
            self._fault(f"{path}.flat", f"{person.flat!r} is no flat: write it as 3-501" if person.flat else "missing")
        elif known and flat not in known:
            self._fault(f"{path}.flat", f"building {person.building_key!r} has no flat {person.flat!r}")
