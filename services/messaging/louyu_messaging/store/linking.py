"""Codes by which a person is known at an account, and what goes along when two persons turn out to be one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from louyu_runtime.database import Transaction

_OWN = "community_id = CAST(:community AS uuid)"


async def save_code(tx: Transaction, person_id: str, code: bytes, expires_at: datetime) -> None:
    """Keep a person's code instead of the one before; what others of the community let pass is forgotten with it."""
    names = {"community": tx.community_id, "person": person_id}
    await tx.execute(
        f"DELETE FROM link_code WHERE {_OWN} AND (person_id = CAST(:person AS uuid) OR expires_at <= :now)",
        {**names, "now": tx.now},
    )
    await tx.execute(
        "INSERT INTO link_code (community_id, code, person_id, expires_at)"
        " VALUES (CAST(:community AS uuid), :code, CAST(:person AS uuid), :expires)",
        {**names, "code": code, "expires": expires_at},
    )


async def community_of_code(tx: Transaction, code: bytes) -> str | None:
    """Return the community in which a code works, or None."""
    found = await tx.value("SELECT resolve_link_code(:code)", code=code)
    return None if found is None else str(found)


async def person_of_code(tx: Transaction, code: bytes) -> str | None:
    """Return whose working code this is, or None; nobody else uses it meanwhile."""
    found = await tx.value(
        f"SELECT person_id FROM link_code WHERE {_OWN} AND code = :code AND expires_at > :now FOR UPDATE",
        community=tx.community_id,
        code=code,
        now=tx.now,
    )
    return None if found is None else str(found)


async def forget_code(tx: Transaction, code: bytes) -> None:
    """A code works once."""
    await tx.execute(
        f"DELETE FROM link_code WHERE {_OWN} AND code = :code", {"community": tx.community_id, "code": code}
    )


async def groups_of(tx: Transaction, person_ids: Sequence[str]) -> set[str]:
    """Return the groups in which any of these persons is."""
    rows = await tx.rows(
        f"SELECT DISTINCT group_id FROM member WHERE {_OWN} AND person_id = ANY (CAST(:persons AS uuid[]))",
        community=tx.community_id,
        persons=list(person_ids),
    )
    return {str(row.group_id) for row in rows}


async def holds_role(tx: Transaction, person_id: str) -> bool:
    """Whether the person is more than a resident in any group."""
    return bool(
        await tx.value(
            f"SELECT true FROM member WHERE {_OWN} AND person_id = CAST(:person AS uuid) AND roles <> '{{resident}}' LIMIT 1",
            community=tx.community_id,
            person=person_id,
        )
    )


# What was decided about the flat goes along where both live in the same one and nothing was decided about the person yet:
# a doubt is not left behind by linking.
_DECISION = f"""
    UPDATE residency AS mine SET state = theirs.state, since = theirs.since, decided_by = theirs.decided_by,
           decided_by_name = theirs.decided_by_name, reason = theirs.reason
      FROM residency AS theirs
     WHERE mine.{_OWN} AND mine.person_id = CAST(:person AS uuid) AND mine.state = 'unconfirmed'
       AND theirs.{_OWN} AND theirs.person_id = CAST(:former AS uuid) AND theirs.state IN ('confirmed', 'doubted')
       AND mine.household_id = theirs.household_id
"""

_HANDING_OVER = (
    "INSERT INTO member (community_id, group_id, person_id, roles, joined_at)"
    " SELECT community_id, group_id, CAST(:person AS uuid), roles, joined_at FROM member"
    f" WHERE {_OWN} AND person_id = CAST(:former AS uuid) ON CONFLICT DO NOTHING",
    f"DELETE FROM member WHERE {_OWN} AND person_id = CAST(:former AS uuid)",
    "INSERT INTO read_position AS r (community_id, group_id, person_id, seq, read_at)"
    " SELECT community_id, group_id, CAST(:person AS uuid), seq, read_at FROM read_position"
    f" WHERE {_OWN} AND person_id = CAST(:former AS uuid)"
    " ON CONFLICT (community_id, group_id, person_id) DO UPDATE SET seq = greatest(r.seq, excluded.seq),"
    " read_at = greatest(r.read_at, excluded.read_at)",
    f"DELETE FROM read_position WHERE {_OWN} AND person_id = CAST(:former AS uuid)",
    f"UPDATE channel_address SET person_id = CAST(:person AS uuid) WHERE {_OWN} AND person_id = CAST(:former AS uuid)",
    # a push that the channel repeats is still known as posted
    f"UPDATE idempotency_key SET caller = :person WHERE {_OWN} AND caller = :former AND method = 'PostMessage'"
    " AND starts_with(key, 'door/')",
    _DECISION,
)


async def hand_over(tx: Transaction, former_id: str, person_id: str) -> None:
    """Let memberships, read positions, addresses and what was decided about the flat go along."""
    for statement in _HANDING_OVER:
        await tx.execute(statement, {"community": tx.community_id, "former": former_id, "person": person_id})


async def point_to(tx: Transaction, former_id: str, person_id: str) -> None:
    """Let whoever asks for the former, or for who was the former before, find the person."""
    await tx.execute(
        f"UPDATE person SET merged_into = CAST(:person AS uuid) WHERE {_OWN}"
        " AND (person_id = CAST(:former AS uuid) OR merged_into = CAST(:former AS uuid))",
        {"community": tx.community_id, "former": former_id, "person": person_id},
    )
