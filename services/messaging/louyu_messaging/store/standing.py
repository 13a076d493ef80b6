"""What a person holds in each group, and which groups there are."""

from __future__ import annotations

from louyu_runtime.database import Transaction

from louyu_messaging.directory import Holding

_OWN = "community_id = CAST(:community AS uuid)"


async def holdings_of(tx: Transaction, person_id: str) -> tuple[str, dict[str, Holding]]:
    """Return a person's name, and what they hold in each of their groups by its id; "" and nothing for strangers."""
    rows = await tx.rows(
        "SELECT p.name, m.group_id, m.roles, m.responder_keys, m.is_second FROM person AS p"
        " LEFT JOIN member AS m USING (community_id, person_id)"
        f" WHERE p.{_OWN} AND p.person_id = CAST(:person AS uuid)",
        community=tx.community_id,
        person=person_id,
    )
    holdings = {
        str(row.group_id): Holding(person_id, row.name, tuple(row.roles), tuple(row.responder_keys), row.is_second)
        for row in rows
        if row.group_id is not None
    }
    return (rows[0].name if rows else ""), holdings


async def groups_of(tx: Transaction, person_id: str) -> list[str] | None:
    """Return the groups of which a person is a member; None when there is no such person."""
    rows = await tx.rows(
        "SELECT m.group_id FROM person AS p LEFT JOIN member AS m USING (community_id, person_id)"
        f" WHERE p.{_OWN} AND p.person_id = CAST(:person AS uuid)",
        community=tx.community_id,
        person=person_id,
    )
    return [str(row.group_id) for row in rows if row.group_id is not None] if rows else None


async def group_name(tx: Transaction, group_id: str) -> str | None:
    """Return a group's name, None when there is no such group."""
    name: str | None = await tx.value(
        f"SELECT name FROM groups WHERE {_OWN} AND group_id = CAST(:group AS uuid)",
        community=tx.community_id,
        group=group_id,
    )
    return name
