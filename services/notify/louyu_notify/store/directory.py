"""Groups, households and their members: notify's own copy of what messaging says. A later version replaces an earlier."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from louyu_runtime.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Building:
    """A building of a group."""

    building_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group with its buildings."""

    group_id: str
    version: int
    name: str
    buildings: tuple[Building, ...]
    role_holder_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdMember:
    """Somebody of a household who has joined: kinds of channel with an address, and groups."""

    person_id: str
    channels: tuple[str, ...]
    group_ids: tuple[str, ...]
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Household:
    """A household with those of it who have joined."""

    household_id: str
    version: int
    building_id: str
    building_key: str
    flat: str
    members: tuple[HouseholdMember, ...]
    is_removed: bool = False
    """It is no more: its row stays for what ledgers say of it."""


async def replace_group(tx: Transaction, group: Group) -> bool:
    """Take over a group; False if a version as new is known."""
    taken = await tx.value(
        "INSERT INTO group_directory (community_id, group_id, version, name)"
        " VALUES (CAST(:community AS uuid), CAST(:group AS uuid), :version, :name)"
        " ON CONFLICT (community_id, group_id) DO UPDATE SET version = excluded.version, name = excluded.name"
        " WHERE group_directory.version < excluded.version RETURNING true",
        community=tx.community_id,
        group=group.group_id,
        version=group.version,
        name=group.name,
    )
    if not taken:
        return False
    await tx.execute("DELETE FROM group_building WHERE group_id = CAST(:group AS uuid)", {"group": group.group_id})
    await tx.execute(
        "INSERT INTO group_building (community_id, group_id, building_id, name)"
        " SELECT CAST(:community AS uuid), CAST(:group AS uuid), b.id, b.name"
        "  FROM unnest(CAST(:ids AS uuid[]), CAST(:names AS text[])) AS b(id, name) ON CONFLICT DO NOTHING",
        {
            "community": tx.community_id,
            "group": group.group_id,
            "ids": [building.building_id for building in group.buildings],
            "names": [building.name for building in group.buildings],
        },
    )
    await tx.execute("DELETE FROM role_holder WHERE group_id = CAST(:group AS uuid)", {"group": group.group_id})
    await tx.execute(
        "INSERT INTO role_holder (community_id, group_id, name)"
        " SELECT CAST(:community AS uuid), CAST(:group AS uuid), n FROM unnest(CAST(:names AS text[])) AS n"
        " ON CONFLICT DO NOTHING",
        {"community": tx.community_id, "group": group.group_id, "names": list(group.role_holder_names)},
    )
    return True


async def replace_household(tx: Transaction, household: Household) -> bool:
    """Take over a household; False if a version as new is known."""
    taken = await tx.value(
        "INSERT INTO household (community_id, household_id, version, building_id, building_key, flat, place_order,"
        "   is_removed)"
        " VALUES (CAST(:community AS uuid), CAST(:id AS uuid), :version, CAST(:building AS uuid), :key, :flat, :place,"
        "   :is_removed)"
        " ON CONFLICT (community_id, household_id) DO UPDATE SET version = excluded.version,"
        "   building_id = excluded.building_id, building_key = excluded.building_key, flat = excluded.flat,"
        "   place_order = excluded.place_order, is_removed = excluded.is_removed"
        " WHERE household.version < excluded.version RETURNING true",
        community=tx.community_id,
        id=household.household_id,
        version=household.version,
        building=household.building_id,
        key=household.building_key,
        flat=household.flat,
        place=as_counted(f"{household.building_key}/{household.flat}"),
        is_removed=household.is_removed,
    )
    if not taken:
        return False
    await tx.execute(
        "DELETE FROM household_member WHERE household_id = CAST(:id AS uuid)", {"id": household.household_id}
    )
    if household.members:
        await tx.execute(
            "INSERT INTO household_member (community_id, household_id, person_id, channels, group_ids, name)"
            " VALUES (CAST(:community AS uuid), CAST(:id AS uuid), CAST(:person AS uuid), CAST(:channels AS text[]),"
            "   CAST(:groups AS uuid[]), :name) ON CONFLICT DO NOTHING",
            [
                {
                    "community": tx.community_id,
                    "id": household.household_id,
                    "person": member.person_id,
                    "channels": list(member.channels),
                    "groups": list(member.group_ids),
                    "name": member.name,
                }
                for member in household.members
            ],
        )
    return True


async def known_groups(tx: Transaction, group_ids: Sequence[str]) -> set[str]:
    """Return those of these groups that exist in the community; one without buildings has been closed."""
    rows = await tx.rows(
        "SELECT group_id FROM group_directory AS g WHERE group_id = ANY (CAST(:ids AS uuid[]))"
        " AND EXISTS (SELECT FROM group_building AS b WHERE b.group_id = g.group_id)",
        ids=list(group_ids),
    )
    return {str(row.group_id) for row in rows}


async def group_names(tx: Transaction, group_ids: Sequence[str]) -> dict[str, str]:
    """Return the names of those of these groups that are known."""
    rows = await tx.rows(
        "SELECT group_id, name FROM group_directory WHERE group_id = ANY (CAST(:ids AS uuid[]))", ids=list(group_ids)
    )
    return {str(row.group_id): row.name for row in rows}


async def count_households(tx: Transaction, group_ids: Sequence[str]) -> int:
    """Return how many households live in the buildings of these groups; in the whole community when none are named."""
    return int(
        await tx.value(
            "SELECT count(*) FROM household AS h WHERE NOT h.is_removed AND (CAST(:groups AS uuid[]) = '{}'"
            " OR h.building_id IN"
            " (SELECT building_id FROM group_building WHERE group_id = ANY (CAST(:groups AS uuid[]))))",
            groups=list(group_ids),
        )
    )


def as_counted(text: str) -> str:
    """Return a text that sorts as people count: every number in it at full length."""
    return re.sub(r"\d+", lambda number: number[0].zfill(8), text)
