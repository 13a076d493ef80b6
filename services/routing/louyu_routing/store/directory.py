"""Who holds which role in which group, and who the community's responders are: routing's own copy."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from louyu_runtime.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Somebody with a role other than resident in a group; `is_second` for the second manager beside a building head."""

    person_id: str
    role: str
    name: str
    responder_key: str = ""
    is_second: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupDirectory:
    """A group as messaging tells it. A later version replaces an earlier one."""

    group_id: str
    version: int
    name: str
    building_keys: tuple[str, ...]
    holders: tuple[Holder, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponderRow:
    """A responder of the community, as its file defines it."""

    responder_id: str
    key: str
    type: str
    name: str
    building_keys: tuple[str, ...]
    settings: dict[str, str]


async def replace_group(tx: Transaction, directory: GroupDirectory) -> bool:
    """Take over a group's directory; False if a version as new is known."""
    taken = await tx.value(
        "INSERT INTO group_directory (community_id, group_id, version, name, building_keys)"
        " VALUES (CAST(:community AS uuid), CAST(:group AS uuid), :version, :name, :buildings)"
        " ON CONFLICT (community_id, group_id) DO UPDATE SET version = excluded.version, name = excluded.name,"
        "   building_keys = excluded.building_keys WHERE group_directory.version < excluded.version RETURNING true",
        community=tx.community_id,
        group=directory.group_id,
        version=directory.version,
        name=directory.name,
        buildings=list(directory.building_keys),
    )
    if not taken:
        return False
    await tx.execute("DELETE FROM role_holder WHERE group_id = CAST(:group AS uuid)", {"group": directory.group_id})
    if directory.holders:
        await tx.execute(
            "INSERT INTO role_holder (community_id, group_id, person_id, role, responder_key, name, position, is_second)"
            " VALUES (CAST(:community AS uuid), CAST(:group AS uuid), CAST(:person AS uuid), :role, :responder, :name,"
            "   :position, :second) ON CONFLICT DO NOTHING",
            [
                {
                    "community": tx.community_id,
                    "group": directory.group_id,
                    "person": holder.person_id,
                    "role": holder.role,
                    "responder": holder.responder_key,
                    "name": holder.name,
                    "position": position,
                    "second": holder.is_second,
                }
                for position, holder in enumerate(directory.holders)
            ],
        )
    return True


async def holders_in(tx: Transaction, group_id: str) -> list[Holder]:
    """Return those who hold a role in the group, in the order in which they are asked."""
    rows = await tx.rows(
        "SELECT person_id, role, name, responder_key, is_second FROM role_holder WHERE group_id = CAST(:group AS uuid)"
        " ORDER BY position",
        group=group_id,
    )
    return [_holder_of(row) for row in rows]


async def holders_of_role(tx: Transaction, role: str) -> list[Holder]:
    """Return those who hold a role in any group of the community, each once."""
    rows = await tx.rows(
        "SELECT DISTINCT ON (person_id, responder_key) person_id, role, name, responder_key, is_second FROM role_holder"
        " WHERE role = :role ORDER BY person_id, responder_key, position",
        role=role,
    )
    return [_holder_of(row) for row in rows]


async def roles_of(tx: Transaction, person_ids: list[str], group_ids: Sequence[str]) -> frozenset[str]:
    """Return the roles other than resident that these persons hold in any of these groups."""
    rows = await tx.rows(
        "SELECT DISTINCT role FROM role_holder WHERE person_id = ANY (CAST(:persons AS uuid[]))"
        " AND group_id = ANY (CAST(:groups AS uuid[]))",
        persons=list(person_ids),
        groups=list(group_ids),
    )
    return frozenset(row.role for row in rows)


async def names_of(tx: Transaction, person_ids: Sequence[str]) -> dict[str, str]:
    """Return the names of those of these persons who hold a role or have asked something."""
    rows = await tx.rows(
        "SELECT person_id, name FROM asker WHERE person_id = ANY (CAST(:ids AS uuid[]))"
        " UNION ALL SELECT person_id, name FROM role_holder WHERE person_id = ANY (CAST(:ids AS uuid[]))",
        ids=list(person_ids),
    )
    return {str(row.person_id): row.name for row in rows}


async def group_names(tx: Transaction, group_ids: Sequence[str]) -> dict[str, str]:
    """Return the names of these groups."""
    rows = await tx.rows(
        "SELECT group_id, name FROM group_directory WHERE group_id = ANY (CAST(:ids AS uuid[]))", ids=list(group_ids)
    )
    return {str(row.group_id): row.name for row in rows}


async def building_keys(tx: Transaction, group_id: str) -> tuple[str, ...]:
    """Return the keys of the buildings that share the group; empty while its directory is unknown."""
    found = await tx.value(
        "SELECT building_keys FROM group_directory WHERE group_id = CAST(:group AS uuid)", group=group_id
    )
    return tuple(found or ())


async def responders(tx: Transaction) -> list[ResponderRow]:
    """Return the community's responders, by key."""
    rows = await tx.rows("SELECT * FROM responder ORDER BY key")
    return [_responder_of(row) for row in rows]


async def save_responder(tx: Transaction, responder: ResponderRow) -> None:
    """Create or replace a responder."""
    await tx.execute(
        "INSERT INTO responder (community_id, responder_id, key, type, name, building_keys, settings)"
        " VALUES (CAST(:community AS uuid), CAST(:id AS uuid), :key, :type, :name, :buildings, :settings)"
        " ON CONFLICT (community_id, responder_id) DO UPDATE SET type = excluded.type, name = excluded.name,"
        "   building_keys = excluded.building_keys, settings = excluded.settings",
        {
            "community": tx.community_id,
            "id": responder.responder_id,
            "key": responder.key,
            "type": responder.type,
            "name": responder.name,
            "buildings": list(responder.building_keys),
            "settings": json.dumps(responder.settings),
        },
    )


async def remove_responder(tx: Transaction, responder: ResponderRow) -> None:
    """Remove a responder that the community's file no longer names."""
    await tx.execute("DELETE FROM responder WHERE responder_id = CAST(:id AS uuid)", {"id": responder.responder_id})


def _holder_of(row: Any) -> Holder:
    return Holder(
        person_id=str(row.person_id),
        role=row.role,
        name=row.name,
        responder_key=row.responder_key,
        is_second=row.is_second,
    )


def _responder_of(row: Any) -> ResponderRow:
    return ResponderRow(
        responder_id=str(row.responder_id),
        key=row.key,
        type=row.type,
        name=row.name,
        building_keys=tuple(row.building_keys),
        settings=row.settings,
    )
