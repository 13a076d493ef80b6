"""What an import file may say, as typed models, and the checks between its parts.

Sizes of buildings can be given by a rule instead of a list of flats: `flats: {units: 3, floors: 14, per_floor: 4}` makes
1-101 to 3-1404.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_\-一-鿿]{1,64}$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=64, strip_whitespace=True)]
Flat = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z\-]{1,16}$")]
Role = Literal["resident", "building_head", "liaison", "secretary", "harmony_promoter", "staff"]

_DURATION = re.compile(r"^(\d+(?:\.\d+)?)\s*(s|m|min|h|d)$")
_UNITS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}


def read_duration(value: object) -> timedelta:
    """Return the span of a text such as "30s", "5m", "2h" or "3d". Raises ValueError naming the forms."""
    match = _DURATION.match(str(value).strip())
    if match is None:
        raise ValueError("a span must look like 30s, 5m, 2h or 3d")
    return timedelta(seconds=float(match[1]) * _UNITS[match[2]])


Span = Annotated[timedelta, BeforeValidator(read_duration)]
Clock = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class Part(BaseModel):
    """A part of the file. Unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class FlatRule(Part):
    """Flats by a rule: so many units, floors and flats on a floor."""

    units: int = Field(ge=1, le=30)
    floors: int = Field(ge=1, le=99)
    per_floor: int = Field(ge=1, le=30)

    def flats(self) -> list[str]:
        """Return all flats, by unit, floor and number."""
        return [
            f"{unit}-{floor}{number:02d}"
            for unit in range(1, self.units + 1)
            for floor in range(1, self.floors + 1)
            for number in range(1, self.per_floor + 1)
        ]


class Building(Part):
    """A building and its households."""

    key: Key
    name: Name | None = None
    flats: FlatRule | list[Flat] = []

    def all_flats(self) -> list[str]:
        """Return its flats, however they were given."""
        return self.flats.flats() if isinstance(self.flats, FlatRule) else list(self.flats)


class Group(Part):
    """A group and the buildings that share it."""

    key: Key
    name: Name | None = None
    buildings: list[Key] = Field(min_length=1)
    join_code: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z]{6,32}$")] | None = None


class RoleIn(Part):
    """A role and the groups in which it is held: keys, or `all`."""

    role: Role
    groups: Literal["all"] | list[Key]
    responder: Key | None = None


class WeChat(Part):
    """A person's address at an Official Account."""

    account: str = Field(min_length=1, max_length=64)
    openid: str = Field(min_length=1, max_length=128)


class Person(Part):
    """A person, with where they live and what they are."""

    key: Key
    name: Name
    building: Key | None = None
    flat: Flat | None = None
    roles: list[RoleIn] = []
    wechat: WeChat | None = None


class Residents(Part):
    """Residents of one building, a line each: flat and name."""

    building: Key
    people: dict[Flat, list[Name] | Name]


class Chase(Part):
    """How questions are chased; what is left out has its default."""

    neighbour_window: Span | None = None
    building_head_window: Span | None = None
    liaison_window: Span | None = None
    secretary_window: Span | None = None
    confirm_window: Span | None = None
    follow_up_window: Span | None = None
    ask_back_window: Span | None = None
    quiet_from: Clock | None = None
    quiet_until: Clock | None = None
    time_zone: str | None = None


class Responder(Part):
    """An organisation or team that answers."""

    key: Key
    type: Key
    name: Name
    buildings: list[Key] = []
    settings: dict[str, str] = {}


class Screen(Part):
    """A lobby screen."""

    key: Key
    group: Key
    place: str = Field(default="", max_length=64)
    code: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z_\-]{6,64}$")] | None = None


class CommunityFile(Part):
    """One community."""

    community: Key
    name: Name
    subdistrict: str = Field(default="", max_length=64)
    district: str = Field(default="", max_length=64)
    chase: Chase = Chase()
    buildings: list[Building] = Field(default=[], max_length=500)
    groups: list[Group] = Field(default=[], max_length=500)
    people: list[Person] = Field(default=[], max_length=10_000)
    residents: list[Residents] = []
    responders: list[Responder] = Field(default=[], max_length=500)
    screens: list[Screen] = Field(default=[], max_length=2_000)

    def faults(self) -> list[tuple[tuple[str | int, ...], str]]:
        """Return what does not fit together, each with its path in the file."""
        found: list[tuple[tuple[str | int, ...], str]] = []
        buildings = {building.key: set(building.all_flats()) for building in self.buildings}
        groups = {group.key for group in self.groups}
        responders = {responder.key for responder in self.responders}
        for section in ("buildings", "groups", "people", "responders", "screens"):
            seen: set[str] = set()
            for index, item in enumerate(getattr(self, section)):
                if item.key in seen:
                    found.append(((section, index, "key"), f"the key {item.key!r} is used twice among {section}"))
                seen.add(item.key)

        def known(path: tuple[str | int, ...], kind: str, key: str, keys: set[str]) -> None:
            if key not in keys:
                found.append((path, f"there is no {kind} {key!r} in this file"))

        def lives(path: tuple[str | int, ...], building: str | None, flat: str | None) -> None:
            if building is None:
                if flat is not None:
                    found.append((path, "a flat needs its building"))
                return
            known(path, "building", building, set(buildings))
            if flat is not None and buildings.get(building) and flat not in buildings[building]:
                found.append((path, f"building {building!r} has no flat {flat!r}"))

        for index, group in enumerate(self.groups):
            for place, key in enumerate(group.buildings):
                known(("groups", index, "buildings", place), "building", key, set(buildings))
        for index, person in enumerate(self.people):
            lives(("people", index), person.building, person.flat)
            for place, role in enumerate(person.roles):
                path = ("people", index, "roles", place)
                for number, key in enumerate(role.groups if role.groups != "all" else []):
                    known((*path, "groups", number), "group", key, groups)
                if role.responder is not None:
                    known((*path, "responder"), "responder", role.responder, responders)
        for index, residents in enumerate(self.residents):
            for flat in residents.people:
                lives(("residents", index, "people", flat), residents.building, flat)
        for index, responder in enumerate(self.responders):
            for place, key in enumerate(responder.buildings):
                known(("responders", index, "buildings", place), "building", key, set(buildings))
        for index, screen in enumerate(self.screens):
            known(("screens", index, "group"), "group", screen.group, groups)
        return found
