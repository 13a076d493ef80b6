"""Roles in groups as they are given and taken, and the decisions that hold against the community's file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from louyu_runtime.database import Transaction

from louyu_messaging.directory import Holding

_OWN = "community_id = CAST(:community AS uuid)"


class GivenRole(Protocol):
    """A role as it is given or taken."""

    @property
    def key(self) -> str: ...
    @property
    def responder_key(self) -> str: ...
    @property
    def is_second(self) -> bool: ...


async def groups(tx: Transaction, group_ids: Sequence[str] | None) -> list[tuple[str, str]]:
    """Return ids and names of these groups, of all if None, by name; closed ones are left out."""
    rows = await tx.rows(
        f"SELECT group_id, name FROM groups WHERE {_OWN}"
        " AND (CAST(:groups AS uuid[]) IS NULL OR group_id = ANY (CAST(:groups AS uuid[])))"
        " AND EXISTS (SELECT FROM group_building AS gb WHERE gb.community_id = groups.community_id"
        "   AND gb.group_id = groups.group_id) ORDER BY name, group_id",
        community=tx.community_id,
        groups=None if group_ids is None else list(group_ids),
    )
    return [(str(row.group_id), row.name) for row in rows]


async def lock_groups(tx: Transaction, group_ids: Sequence[str]) -> None:
    """Let one change of a group's roles happen at a time. In key order, as everybody locks groups."""
    await tx.execute(
        f"SELECT FROM groups WHERE {_OWN} AND group_id = ANY (CAST(:groups AS uuid[]))"
        " ORDER BY group_id FOR NO KEY UPDATE",
        {"community": tx.community_id, "groups": list(group_ids)},
    )


async def holdings(tx: Transaction, group_ids: Sequence[str]) -> dict[str, list[Holding]]:
    """Return by group those who hold a role other than resident."""
    rows = await tx.rows(
        "SELECT m.group_id, m.person_id, p.name, m.roles, m.responder_keys, m.is_second"
        " FROM member AS m JOIN person AS p USING (community_id, person_id)"
        f" WHERE m.{_OWN} AND m.group_id = ANY (CAST(:groups AS uuid[])) AND m.roles <> '{{resident}}'",
        community=tx.community_id,
        groups=list(group_ids),
    )
    found: dict[str, list[Holding]] = {}
    for row in rows:
        found.setdefault(str(row.group_id), []).append(
            Holding(str(row.person_id), row.name, tuple(row.roles), tuple(row.responder_keys), row.is_second)
        )
    return found


async def save_member(tx: Transaction, group_id: str, held: Holding) -> None:
    """Write what somebody is in a group."""
    await tx.execute(
        "INSERT INTO member (community_id, group_id, person_id, roles, responder_keys, is_second, joined_at)"
        " VALUES (CAST(:community AS uuid), CAST(:group AS uuid), CAST(:person AS uuid), :roles, :keys, :second, :now)"
        " ON CONFLICT (community_id, group_id, person_id) DO UPDATE SET roles = excluded.roles,"
        " responder_keys = excluded.responder_keys, is_second = excluded.is_second",
        {
            "community": tx.community_id,
            "group": group_id,
            "person": held.person_id,
            "roles": list(held.roles),
            "keys": list(held.responder_keys),
            "second": held.is_second,
            "now": tx.now,
        },
    )


async def remove_member(tx: Transaction, group_id: str, person_id: str) -> None:
    """Let somebody be no member of a group any more."""
    await tx.execute(
        f"DELETE FROM member WHERE {_OWN} AND group_id = CAST(:group AS uuid) AND person_id = CAST(:person AS uuid)",
        {"community": tx.community_id, "group": group_id, "person": person_id},
    )


async def may_hold_roles(tx: Transaction, person_id: str) -> bool:
    """Whether this is somebody who belongs here: not one who has left, or of whom an import has kept the bare row."""
    return bool(
        await tx.value(
            f"SELECT true FROM person AS p WHERE p.{_OWN} AND p.person_id = CAST(:person AS uuid) AND p.left_at IS NULL"
            " AND (p.key IS NOT NULL OR p.household_id IS NOT NULL OR EXISTS (SELECT FROM member AS m"
            "      WHERE m.community_id = p.community_id AND m.person_id = p.person_id))",
            community=tx.community_id,
            person=person_id,
        )
    )


async def lives_in(tx: Transaction, group_id: str, person_id: str) -> bool:
    """Whether the person's household is in one of the group's buildings."""
    return bool(
        await tx.value(
            "SELECT true FROM person AS p JOIN household AS h USING (community_id, household_id)"
            " JOIN group_building AS gb USING (community_id, building_id)"
            f" WHERE p.{_OWN} AND p.person_id = CAST(:person AS uuid) AND gb.group_id = CAST(:group AS uuid)",
            community=tx.community_id,
            group=group_id,
            person=person_id,
        )
    )


async def households_of(tx: Transaction, person_ids: Sequence[str]) -> set[str]:
    """Return the households of these persons."""
    rows = await tx.rows(
        f"SELECT DISTINCT household_id FROM person WHERE {_OWN} AND person_id = ANY (CAST(:persons AS uuid[]))"
        " AND household_id IS NOT NULL",
        community=tx.community_id,
        persons=list(person_ids),
    )
    return {str(row.household_id) for row in rows}


async def note_decision(
    tx: Transaction, group_id: str, person_id: str, role: GivenRole, *, is_granted: bool, by: str
) -> None:
    """Keep what was decided, so that an import does not undo it."""
    await tx.execute(
        "INSERT INTO role_decision (community_id, group_id, person_id, role, responder_key, is_granted, is_second,"
        " decided_by, decided_at) VALUES (CAST(:community AS uuid), CAST(:group AS uuid), CAST(:person AS uuid), :role,"
        " :responder, :granted, :second, :by, :now)"
        " ON CONFLICT (community_id, group_id, person_id, role, responder_key) DO UPDATE SET"
        " is_granted = excluded.is_granted, is_second = excluded.is_second, decided_by = excluded.decided_by,"
        " decided_at = excluded.decided_at",
        {
            "community": tx.community_id,
            "group": group_id,
            "person": person_id,
            "role": role.key,
            "responder": role.responder_key,
            "granted": is_granted,
            "second": role.is_second,
            "by": by,
            "now": tx.now,
        },
    )
