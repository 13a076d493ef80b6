"""What has become of messages since they were posted."""

from louyu_runtime.database import Transaction

_OWN = "community_id = CAST(:community AS uuid) AND group_id = CAST(:group AS uuid)"


async def next_change(tx: Transaction, group_id: str) -> int:
    """Lock the group and return its next change number."""
    return int(
        await tx.value(
            f"UPDATE groups SET last_change = last_change + 1 WHERE {_OWN} RETURNING last_change",
            community=tx.community_id,
            group=group_id,
        )
    )


async def touch(tx: Transaction, group_id: str, seq: int, change: int) -> None:
    """Note the latest change of a message."""
    await tx.execute(
        "INSERT INTO message_mark (community_id, group_id, seq, change)"
        " VALUES (CAST(:community AS uuid), CAST(:group AS uuid), :seq, :change)"
        " ON CONFLICT (community_id, group_id, seq) DO UPDATE SET change = excluded.change",
        {"community": tx.community_id, "group": group_id, "seq": seq, "change": change},
    )


async def set_pinned(tx: Transaction, group_id: str, seq: int, person_id: str | None) -> None:
    """Say who pinned a message that has a mark; None takes it down."""
    await tx.execute(
        "UPDATE message_mark SET pinned_by = CAST(:person AS uuid), pinned_at = CASE WHEN CAST(:person AS uuid) IS NULL"
        f" THEN NULL ELSE CAST(:now AS timestamptz) END WHERE {_OWN} AND seq = :seq",
        {"community": tx.community_id, "group": group_id, "seq": seq, "person": person_id, "now": tx.now},
    )


async def pinned_count(tx: Transaction, group_id: str) -> int:
    """Return how many messages of the group are pinned."""
    return int(
        await tx.value(
            f"SELECT count(*) FROM message_mark WHERE {_OWN} AND pinned_at IS NOT NULL",
            community=tx.community_id,
            group=group_id,
        )
    )


async def set_state(tx: Transaction, group_id: str, seq: int, state: str) -> None:
    """Say who still reads a message that has a mark. It is no longer pinned then."""
    await tx.execute(
        f"UPDATE message_mark SET state = :state, pinned_at = NULL, pinned_by = NULL WHERE {_OWN} AND seq = :seq",
        {"community": tx.community_id, "group": group_id, "seq": seq, "state": state},
    )
