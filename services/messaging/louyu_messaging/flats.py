"""Flats as people write them: "3单元501", "3-501", "501", "28号楼3单元501室", in full-width or Chinese digits.

A flat's canonical form is "unit-room" or, where a building has no units, "room". Reading gives every sense that the
words can have, the likeliest first; matching takes the first sense that fits the buildings of the group.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from louyu_messaging.errors import FlatNotUnderstood

_DIGITS = "零一二三四五六七八九"
_NUMERAL = re.compile(r"[〇零一二三四五六七八九十百]+")
_TENS = re.compile(r"(?:([一二三四五六七八九])百)?零?(?:([一二三四五六七八九])?(十))?([一二三四五六七八九])?")
_BEFORE = re.compile(r"(?:你好|您好)?(?:我们?家?)?(?:是|住在?|在|家)?")
_AFTER = ("的", "业主", "住户", "租户", "邻居", "居民", "谢谢", "啊", "哦")
_FLAT = re.compile(
    r"(?:(?P<building>[0-9A-Z东西南北甲乙丙丁]{1,6}?)(?P<building_mark>号楼|号院|楼|栋|幢|座|号|#楼?|-)-?)?"
    r"(?:(?P<unit>[0-9A-Z甲乙丙丁]{1,3}?)(?:单元|门洞|门|-)-?)?"
    r"(?:(?P<floor>[0-9]{1,2})(?:层|楼|F)-?)?"
    r"(?P<room>[0-9]{1,5}[A-Z]?)(?P<room_mark>室|号|房间|房|户)?"
)
LONGEST_FLAT = 40
"""Longer words name no flat, however polite."""

_BUILDING_MARK = re.compile(r"(?:号楼|号院|楼|栋|幢|座|号|#楼?)$")


@dataclass(frozen=True)
class Reading:
    """One sense of the words; `building` and `unit` are empty where they were not named."""

    building: str
    unit: str
    room: str

    @property
    def flat(self) -> str:
        """The canonical form."""
        return f"{self.unit}-{self.room}" if self.unit else self.room


@dataclass(frozen=True)
class KnownBuilding:
    """A building of the group that is joined, with its flats in canonical form; none where they are not known."""

    id: str
    key: str
    name: str
    flats: frozenset[str]

    def is_named(self, words: str) -> bool:
        """Whether people mean this building by these words."""
        return words in (_plain(self.key), _plain(self.name))


def read_flat(words: str) -> list[Reading]:
    """Return what the words can mean, the likeliest first; empty when they name no flat."""
    if len(words) > LONGEST_FLAT:
        return []
    match = _FLAT.fullmatch(_alone(_normalised(words)))
    if match is None:
        return []
    building, unit, floor, room = (match[name] or "" for name in ("building", "unit", "floor", "room"))
    if floor and len(room) <= 2:
        room = f"{floor}{room:0>2}"
    if len(room) < 2 and not match["room_mark"] and not building and not unit:
        return []
    unit = unit.lstrip("0") or unit
    if building and not unit and match["building_mark"] == "-":
        # "3-501": a unit for most people, a building for some
        return [Reading("", building.lstrip("0") or building, room), Reading(building, "", room)]
    readings = [Reading(building, unit, room)]
    if building and not unit and match["building_mark"] == "楼" and room.startswith(building):
        readings.append(Reading("", "", room))  # "5楼501": the floor
    return readings


def canonical_flat(words: str) -> str | None:
    """Return the canonical form of a flat as an import file names it (without the building), or None."""
    readings = [reading for reading in read_flat(words) if not reading.building]
    return readings[0].flat if readings else None


def match_flat(words: str, buildings: Sequence[KnownBuilding]) -> tuple[KnownBuilding, str]:
    """Return the building and canonical flat that the words mean among these buildings. Raises FlatNotUnderstood."""
    readings = read_flat(words)
    if not readings:
        raise FlatNotUnderstood("FLAT_UNREADABLE")
    # a unit that a building does not have is overlooked only where nothing fits exactly: "3-101" may be building 3
    for flats_meant in (_exact_flats, _flats_despite_unit):
        for reading in readings:
            found = [
                (building, flat)
                for building in buildings
                if not reading.building or building.is_named(_plain(reading.building))
                for flat in flats_meant(reading, building.flats)
            ]
            if len(found) > 1:
                raise FlatNotUnderstood("FLAT_AMBIGUOUS")
            if found:
                return found[0]
    raise FlatNotUnderstood("FLAT_UNKNOWN")


def _exact_flats(reading: Reading, flats: frozenset[str]) -> list[str]:
    if not flats or reading.flat in flats:
        return [reading.flat]
    return [] if reading.unit else sorted(flat for flat in flats if flat.endswith(f"-{reading.room}"))


def _flats_despite_unit(reading: Reading, flats: frozenset[str]) -> list[str]:
    has_units = any("-" in flat for flat in flats)
    return [reading.room] if reading.unit and reading.room in flats and not has_units else []


def _alone(text: str) -> str:
    """Return the flat without the words that people put around it."""
    text = _BEFORE.sub("", text, count=1).rstrip("。.!~")
    while text.endswith(_AFTER):
        text = text.removesuffix(next(word for word in _AFTER if text.endswith(word)))
    return text


def _normalised(words: str) -> str:
    text = unicodedata.normalize("NFKC", words).upper()
    text = re.sub(r"[\s,，、。]+", "", text)
    text = re.sub(r"[‐‑‒–—―−_/~]+", "-", text)
    return _NUMERAL.sub(lambda found: number_of(found[0]), text)


def number_of(numeral: str) -> str:
    """Return the digits of a Chinese numeral: "二十八" is 28, "五〇一" is 501."""
    numeral = numeral.replace("〇", "零")
    match = _TENS.fullmatch(numeral)
    if match is not None and ("十" in numeral or "百" in numeral):
        hundreds, tens, ten, ones = match.groups()
        value = 100 * (_DIGITS.index(hundreds) if hundreds else 0)
        value += 10 * (_DIGITS.index(tens) if tens else 1) if ten else 0
        return str(value + (_DIGITS.index(ones) if ones else 0))
    return "".join(str(_DIGITS.index(letter)) for letter in numeral if letter in _DIGITS)


def _plain(name: str) -> str:
    """Return a building's name without its mark: "28号楼" and "28栋" are "28"."""
    return _BUILDING_MARK.sub("", _normalised(name)) or name
