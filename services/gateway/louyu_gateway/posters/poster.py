"""What stands on a poster, and which posters a group has: one for each building, and one for each of its units.

The QR code opens the page for joining; a unit's fills in where the flat's number begins.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

import segno
from louyu_runtime.errors import InvalidArgument

PIXELS_A_MODULE = 24
"""Large enough for print: over 800 pixels a side."""


@dataclass(frozen=True, slots=True)
class Poster:
    """One sheet. `unit` is empty on a building's own."""

    community: str
    building: str
    unit: str
    join_code: str
    address: str
    publisher: str

    @property
    def place(self) -> str:
        """Where it hangs, as people say it."""
        return f"{self.building} {self.unit}单元" if self.unit else self.building

    def code(self) -> segno.QRCode:
        """Return the QR code, which can be read with a seventh of it dirty or torn."""
        return segno.make(self.address, error="m", micro=False)

    def picture(self, kind: str) -> bytes:
        """Return the QR code alone, kind `png` or `svg`, with the quiet border that readers need."""
        buffer = io.BytesIO()
        self.code().save(buffer, kind=kind, scale=PIXELS_A_MODULE, border=4)
        return buffer.getvalue()


@dataclass(frozen=True, slots=True)
class House:
    """A building of the group with the names of its units, none where it has none."""

    key: str
    name: str
    units: tuple[str, ...]

    def is_named(self, words: str) -> bool:
        """Whether `words` are its key or its name."""
        return words in (self.key, self.name)


@dataclass(frozen=True, slots=True)
class Imprint:
    """What is the same on all posters of a group; `address` is that of its page for joining."""

    community: str
    join_code: str
    address: str
    publisher: str


def posters(imprint: Imprint, houses: Sequence[House], building: str, unit: str) -> list[Poster]:
    """Return the posters asked for: of one unit, of a building with all its units, or of all buildings.

    Raises InvalidArgument naming the field for a building or unit that the group has not.
    """
    chosen = [house for house in houses if not building or house.is_named(building)]
    if not chosen:
        raise InvalidArgument(
            f"building: this group has no building {building!r}; it has {_listed([house.name for house in houses])}",
            field="building",
            resident_text="这个群里没有这栋楼。",
        )
    if not unit:
        return [_poster(imprint, house, each, houses) for house in chosen for each in ("", *house.units)]
    if len(chosen) > 1:
        raise InvalidArgument("unit: name the building, too: this group has several", field="building")
    (house,) = chosen
    if unit not in house.units:
        raise InvalidArgument(
            f"unit: {house.name} has no unit {unit!r}; it has {_listed(house.units)}",
            field="unit",
            resident_text="这栋楼没有这个单元。",
        )
    return [_poster(imprint, house, unit, houses)]


def one_poster(imprint: Imprint, houses: Sequence[House], building: str, unit: str) -> Poster:
    """Return the one poster asked for, a building's own if no unit is named. Raises InvalidArgument as `posters`."""
    if not building and len(houses) > 1:
        raise InvalidArgument("building: name it for a single picture: this group has several", field="building")
    return posters(imprint, houses, building, unit)[0]


def houses_of(buildings: Sequence[tuple[str, str, str]], units: Mapping[str, Sequence[str]]) -> list[House]:
    """Return the buildings, given as id, key and name, with their units, given by the building's id."""
    return [House(key, name, tuple(each for each in units.get(at, ()) if each)) for at, key, name in buildings]


def _poster(imprint: Imprint, house: House, unit: str, houses: Sequence[House]) -> Poster:
    begin = (house.name if len(houses) > 1 else "") + (f"{unit}-" if unit else "")
    address = f"{imprint.address}?flat={quote(begin, safe='')}" if begin else imprint.address
    return Poster(imprint.community, house.name, unit, imprint.join_code, address, imprint.publisher)


def _listed(names: Sequence[str]) -> str:
    return "、".join(names) or "none"
