"""What leaving reads and writes."""

from __future__ import annotations

from dataclasses import dataclass

from louyu_runtime.database import Transaction

from louyu_messaging.roles import STEWARDS

FORGOTTEN_NAME = "已退出的邻居"
"""How a person is called whose own name was forgotten."""

_MEMBER = (
    "community_id = CAST(:community AS uuid) AND group_id = CAST(:group AS uuid) AND person_id = CAST(:person AS uuid)"
)
_PERSON = "community_id = CAST(:community AS uuid) AND person_id = CAST(:person AS uuid)"


@dataclass(frozen=True)
class Membership:
    """What somebody is in a group, locked against other changes."""

    group_name: str
    roles: tuple[str, ...]


async def lock_membership(tx: Transaction, group_id: str, person_id: str) -> Membership | None:
    """Return what the person is in the group, None for somebody who is not in it. Others wait until this is done."""
    names = {"community": tx.community_id, "group": group_id, "person": person_id}
    row = await tx.row(f"SELECT roles FROM member WHERE {_MEMBER} FOR UPDATE", **names)
    if row is None:
        return None
    name = await tx.value(
        "SELECT name FROM groups WHERE community_id = CAST(:community AS uuid) AND group_id = CAST(:group AS uuid)",
        community=tx.community_id,
        group=group_id,
    )
    return Membership(name, tuple(row.roles))


async def other_stewards(tx: Transaction, group_id: str, person_id: str) -> tuple[str, ...]:
    """Return the names of those besides the person who look after the group, secretary and liaison first."""
    rows = await tx.rows(
        "SELECT p.name FROM member AS m JOIN person AS p USING (community_id, person_id)"
        " WHERE m.community_id = CAST(:community AS uuid) AND m.group_id = CAST(:group AS uuid)"
        " AND m.person_id <> CAST(:person AS uuid) AND m.roles && CAST(:stewards AS text[])"
        " ORDER BY NOT 'secretary' = ANY (m.roles), NOT 'liaison' = ANY (m.roles), p.name LIMIT 3",
        community=tx.community_id,
        group=group_id,
        person=person_id,
        stewards=sorted(STEWARDS),
    )
    return tuple(row.name for row in rows)


async def end_membership(tx: Transaction, group_id: str, person_id: str) -> bool:
    """Take the person out of the group, and their words away from it; return whether they are in no group any more."""
    names = {"community": tx.community_id, "group": group_id, "person": person_id}
    await tx.execute(f"DELETE FROM member WHERE {_MEMBER}", names)
    await tx.execute(
        f"UPDATE channel_address SET chosen_group_id = NULL, chosen_at = NULL WHERE {_PERSON}"
        " AND chosen_group_id = CAST(:group AS uuid)",
        names,
    )
    return not await is_in_a_group(tx, person_id)


async def is_in_a_group(tx: Transaction, person_id: str) -> bool:
    """Whether the person is a member of any group."""
    return bool(
        await tx.value(
            f"SELECT EXISTS (SELECT FROM member WHERE {_PERSON})", community=tx.community_id, person=person_id
        )
    )


async def forget_person(tx: Transaction, person_id: str) -> str:
    """Forget addresses, name and household of somebody who has left; return the text version of their last consent."""
    names = {"community": tx.community_id, "person": person_id}
    await tx.execute(f"DELETE FROM channel_address WHERE {_PERSON}", names)
    await tx.execute(
        f"UPDATE person SET name = :name, household_id = NULL, left_at = :now WHERE {_PERSON}",
        {**names, "name": FORGOTTEN_NAME, "now": tx.now},
    )
    version = await tx.value(
        f"SELECT text_version FROM consent WHERE {_PERSON} AND state = 'given' ORDER BY recorded_at DESC LIMIT 1",
        **names,
    )
    return str(version or "")


async def forget_standing(tx: Transaction, person_id: str) -> bool:
    """Forget as what somebody lived here and what was entered about them; return whether others count on their being there."""
    names = {"community": tx.community_id, "person": person_id}
    for table in ("residency", "role_decision"):
        await tx.execute(f"DELETE FROM {table} WHERE {_PERSON}", names)
    counted_on = 0
    for statement in (
        f"DELETE FROM absence WHERE {_PERSON}",
        f"DELETE FROM duty_shift WHERE {_PERSON}",
        "UPDATE absence SET substitute_id = NULL WHERE community_id = CAST(:community AS uuid)"
        " AND substitute_id = CAST(:person AS uuid)",
    ):
        counted_on += (await tx.execute(statement, names)).rowcount
    return counted_on > 0
