"""What an import file may say, as typed models. What must fit together between its parts is checked in `consistency`.

Sizes of buildings can be given by a rule instead of a list of flats: `flats: {units: 3, floors: 14, per_floor: 4}` makes
1-101 to 3-1404.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from louyu_messaging.flats import canonical_flat
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag


def _shaped(pattern: str, rule: str) -> AfterValidator:
    def check(value: str) -> str:
        if re.fullmatch(pattern, value) is None:
            raise ValueError(rule)
        return value

    return AfterValidator(check)


def _line(longest: int, *, shortest: int = 0) -> AfterValidator:
    def check(value: str) -> str:
        text = value.strip()
        if not shortest <= len(text) <= longest or not text.isprintable():
            raise ValueError(f"must have {shortest} to {longest} characters on one line")
        return text

    return AfterValidator(check)


Key = Annotated[str, _shaped(r"[a-z0-9_\-一-鿿]{1,64}", "must be 1 to 64 of a-z, 0-9, - and _, or Chinese characters")]
Name = Annotated[str, _line(60, shortest=1)]
PersonName = Annotated[str, _line(40, shortest=1)]
Place = Annotated[str, _line(60)]
FLAT_RULE = "must be a flat such as 3-501 or 501: unit and room, or the room alone"


def _known_flat(value: str) -> str:
    if re.fullmatch(r"[0-9A-Za-z\-]{1,16}", value) is None or canonical_flat(value) is None:
        raise ValueError(FLAT_RULE)
    return value


Flat = Annotated[str, AfterValidator(_known_flat)]
Code = Annotated[str, _shaped(r"[0-9A-Za-z_\-]{6,64}", "must be 6 to 64 of letters, digits, - and _")]
JoinCode = Annotated[str, _shaped(r"[0-9A-Za-z]{6,32}", "must be 6 to 32 letters or digits")]
Role = Literal["resident", "building_head", "liaison", "secretary", "harmony_promoter", "staff"]
Kind = Literal["owner", "tenant", "absent_owner", "staff", "official"]

_DURATION = re.compile(r"(\d{1,7}(?:\.\d{1,3})?)\s*(s|m|min|h|d)")
_UNITS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}


def read_duration(value: object) -> timedelta:
    """Return the span of a text such as "30s", "5m", "2h" or "3d". Raises ValueError naming the forms."""
    match = _DURATION.fullmatch(str(value).strip())
    if match is None:
        raise ValueError("must be a span such as 30s, 5m, 2h or 3d")
    return timedelta(seconds=float(match[1]) * _UNITS[match[2]])


def _at_most(longest: str) -> AfterValidator:
    def check(value: timedelta) -> timedelta:
        if not timedelta(seconds=1) <= value <= read_duration(longest):
            raise ValueError(f"must be 1s to {longest}")
        return value

    return AfterValidator(check)


def _some_time(days: int) -> int:
    if days and not 30 <= days <= 3650:
        raise ValueError("must be 30 to 3650 days, or 0 to keep them until somebody removes them")
    return days


def _known_zone(value: str) -> str:
    try:
        return str(ZoneInfo(value))
    except (LookupError, ValueError, OSError) as error:
        raise ValueError("must be a time zone such as Asia/Shanghai") from error


Span = Annotated[timedelta, BeforeValidator(read_duration)]
ShortSpan = Annotated[Span, _at_most("24h")]
StepSpan = Annotated[Span, _at_most("7d")]
LongSpan = Annotated[Span, _at_most("30d")]
Clock = Annotated[str, _shaped(r"([01]\d|2[0-3]):[0-5]\d", "must be a time of day such as 22:00")]
Days = Annotated[int, AfterValidator(_some_time)]
Zone = Annotated[str, AfterValidator(_known_zone)]


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
    flats: Annotated[
        Annotated[FlatRule, Tag("by rule")] | Annotated[list[Flat], Tag("listed")],
        Discriminator(lambda value: "by rule" if isinstance(value, dict) else "listed"),
    ] = []

    def all_flats(self) -> list[str]:
        """Return its flats, however they were given."""
        return self.flats.flats() if isinstance(self.flats, FlatRule) else list(self.flats)


class Group(Part):
    """A group and the buildings that share it."""

    key: Key
    name: Name | None = None
    buildings: list[Key] = Field(min_length=1)
    join_code: JoinCode | None = None


class RoleIn(Part):
    """A role and the groups in which it is held: keys, or `all`."""

    role: Role
    groups: Annotated[
        Annotated[Literal["all"], Tag("by word")] | Annotated[list[Key], Tag("listed")],
        Discriminator(lambda value: "by word" if isinstance(value, str) else "listed"),
    ]
    responder: Key | None = None
    second: bool = False


class WeChat(Part):
    """A person's address at an Official Account."""

    account: Annotated[str, _line(64, shortest=1)]
    openid: Annotated[str, _line(128, shortest=1)]


class Former(Part):
    """Who somebody was in an earlier file: the key, or home and name; what is left out is as it is now."""

    key: Key | None = None
    building: Key | None = None
    flat: Flat | None = None
    name: PersonName | None = None


Was = Annotated[Former, BeforeValidator(lambda value: {"name": value} if isinstance(value, str) else value)]


class Person(Part):
    """A person, with where they live and what they are."""

    key: Key
    name: PersonName
    building: Key | None = None
    flat: Flat | None = None
    kind: Kind | None = None
    roles: list[RoleIn] = []
    wechat: WeChat | None = None
    was: Was | None = None


class Resident(Part):
    """A resident of whom more is said than the name."""

    name: PersonName
    was: Was | None = None


def _kind_of_resident(value: object) -> str:
    if isinstance(value, list):
        return "listed"
    return "with fields" if isinstance(value, dict | Resident) else "one"


OneResident = Annotated[
    Annotated[PersonName, Tag("one")] | Annotated[Resident, Tag("with fields")], Discriminator(_kind_of_resident)
]


class Residents(Part):
    """Residents of one building, a line each: flat and name."""

    building: Key
    people: dict[
        Flat,
        Annotated[
            Annotated[PersonName, Tag("one")]
            | Annotated[Resident, Tag("with fields")]
            | Annotated[list[OneResident], Tag("listed")],
            Discriminator(_kind_of_resident),
        ],
    ]

    def each(self) -> Iterator[tuple[str, int | None, Resident]]:
        """Return flat, place in the flat's list (None without one) and resident, in the order of the file."""
        for flat, found in self.people.items():
            for number, one in enumerate(found if isinstance(found, list) else [found]):
                resident = one if isinstance(one, Resident) else Resident(name=one)
                yield flat, number if isinstance(found, list) else None, resident


class Chase(Part):
    """How questions are chased; what is left out has its default."""

    neighbour_window: ShortSpan | None = None
    building_head_window: StepSpan | None = None
    liaison_window: StepSpan | None = None
    secretary_window: StepSpan | None = None
    confirm_window: LongSpan | None = None
    follow_up_window: LongSpan | None = None
    ask_back_window: LongSpan | None = None
    quiet_from: Clock | None = None
    quiet_until: Clock | None = None
    time_zone: Zone | None = None


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
    place: Place = ""
    code: Code | None = None


class CommunityFile(Part):
    """One community."""

    community: Key
    name: Name
    subdistrict: Place = ""
    district: Place = ""
    confirm_residency: bool = False
    doubted_may_not_read: bool = False
    keep_messages_days: Days | None = None
    chase: Chase = Chase()
    buildings: list[Building] = Field(default=[], max_length=500)
    groups: list[Group] = Field(default=[], max_length=500)
    people: list[Person] = Field(default=[], max_length=10_000)
    residents: list[Residents] = []
    responders: list[Responder] = Field(default=[], max_length=500)
    screens: list[Screen] = Field(default=[], max_length=2_000)
