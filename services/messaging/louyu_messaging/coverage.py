"""Coverage: how many households of a group have somebody in it, and which have not.

A household counts as covered when somebody who lives there is a member; an owner who lives elsewhere is told apart,
since those inside hear nothing through them. Flats stand in the order in which somebody walks: unit, floor, door.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class HouseholdSeen:
    """A household, and whether it has somebody in the group."""

    building_id: str
    building_name: str
    flat: str
    is_covered: bool
    has_anybody: bool


@dataclass(frozen=True)
class UnitCoverage:
    """A unit; its name is empty where the building has none."""

    unit: str
    household_count: int
    covered_count: int
    missing_flats: tuple[str, ...]
    absent_owner_flats: tuple[str, ...]


@dataclass(frozen=True)
class BuildingCoverage:
    """A building with its units."""

    building_id: str
    name: str
    units: tuple[UnitCoverage, ...]


def in_walking_order(text: str) -> tuple[tuple[int, int, str], ...]:
    """Return the key by which flats and names are sorted: numbers by their value.

    >>> sorted(["1-1001", "10-101", "1-301"], key=in_walking_order)
    ['1-301', '1-1001', '10-101']
    """
    parts = re.findall(r"[0-9]+|[^0-9]+", text)
    return tuple((0, int(part), "") if part[0] in "0123456789" else (1, 0, part) for part in parts)


def by_building(households: Iterable[HouseholdSeen]) -> tuple[BuildingCoverage, ...]:
    """Return the buildings by name, each with its units."""
    found: dict[tuple[str, str], dict[str, list[HouseholdSeen]]] = defaultdict(lambda: defaultdict(list))
    for each in households:
        unit = each.flat.partition("-")[0] if "-" in each.flat else ""
        found[each.building_name, each.building_id][unit].append(each)
    return tuple(
        BuildingCoverage(
            building_id, name, tuple(_unit(unit, units[unit]) for unit in sorted(units, key=in_walking_order))
        )
        for (name, building_id), units in sorted(found.items(), key=lambda item: in_walking_order(item[0][0]))
    )


def _unit(unit: str, households: list[HouseholdSeen]) -> UnitCoverage:
    ordered = sorted(households, key=lambda each: in_walking_order(each.flat))
    return UnitCoverage(
        unit,
        len(ordered),
        sum(each.is_covered for each in ordered),
        tuple(each.flat for each in ordered if not each.has_anybody),
        tuple(each.flat for each in ordered if each.has_anybody and not each.is_covered),
    )
