"""Reactions of members to messages."""

from collections.abc import Sequence

from louyu_runtime.database import Transaction

from louyu_messaging.message import ReactionCount

_OWN = "community_id = CAST(:community AS uuid) AND group_id = CAST(:group AS uuid)"


async def add(tx: Transaction, group_id: str, seq: int, person_id: str, kind: str) -> bool:
    """Add a reaction; False if it is there already."""
    result = await tx.execute(
        "INSERT INTO reaction (community_id, group_id, seq, person_id, kind, reacted_at) VALUES (CAST(:community AS uuid),"
        " CAST(:group AS uuid), :seq, CAST(:person AS uuid), :kind, :now) ON CONFLICT DO NOTHING",
        {
            "community": tx.community_id,
            "group": group_id,
            "seq": seq,
            "person": person_id,
            "kind": kind,
            "now": tx.now,
        },
    )
    return result.rowcount == 1


async def remove(tx: Transaction, group_id: str, seq: int, person_id: str, kind: str) -> bool:
    """Take a reaction back; False if there is none."""
    result = await tx.execute(
        f"DELETE FROM reaction WHERE {_OWN} AND seq = :seq AND kind = :kind AND person_id = CAST(:person AS uuid)",
        {"community": tx.community_id, "group": group_id, "seq": seq, "person": person_id, "kind": kind},
    )
    return result.rowcount == 1


async def counts(
    tx: Transaction, group_id: str, seqs: Sequence[int], reader_id: str
) -> dict[int, tuple[ReactionCount, ...]]:
    """Return how many have reacted to each of these messages, and whether the reader has."""
    rows = await tx.rows(
        "SELECT seq, kind, count(*) AS count, bool_or(person_id::text = :reader) AS is_own FROM reaction"
        f" WHERE {_OWN} AND seq = ANY (CAST(:seqs AS bigint[])) GROUP BY seq, kind ORDER BY seq, kind",
        community=tx.community_id,
        group=group_id,
        seqs=list(seqs),
        reader=reader_id,
    )
    found: dict[int, tuple[ReactionCount, ...]] = {}
    for row in rows:
        found[row.seq] = (*found.get(row.seq, ()), ReactionCount(row.kind, row.count, row.is_own))
    return found
