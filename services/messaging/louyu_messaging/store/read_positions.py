"""How far members have read their groups."""

from louyu_runtime.database import Transaction


async def move_on(tx: Transaction, group_id: str, person_id: str, seq: int) -> int:
    """Note that a member has read up to `seq`, or to the newest message if that is less; return how far they have read."""
    return int(
        await tx.value(
            "INSERT INTO read_position AS r (community_id, group_id, person_id, seq, read_at)"
            " SELECT community_id, group_id, CAST(:person AS uuid), least(:seq, last_seq), :now FROM groups"
            "  WHERE community_id = CAST(:community AS uuid) AND group_id = CAST(:group AS uuid)"
            " ON CONFLICT (community_id, group_id, person_id)"
            " DO UPDATE SET seq = greatest(r.seq, excluded.seq), read_at = excluded.read_at RETURNING seq",
            community=tx.community_id,
            group=group_id,
            person=person_id,
            seq=seq,
            now=tx.now,
        )
    )
