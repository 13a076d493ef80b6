"""For how long a community keeps its messages."""

from louyu_runtime.database import Transaction


async def message_days(tx: Transaction) -> int:
    """Return for how many days messages are kept; 0 until somebody removes them."""
    days = await tx.value(
        "SELECT message_days FROM retention_policy WHERE community_id = CAST(:community AS uuid)",
        community=tx.community_id,
    )
    return int(days or 0)


async def set_message_days(tx: Transaction, days: int) -> None:
    """Say for how many days messages are kept; 0 until somebody removes them."""
    if days:
        await tx.execute(
            "INSERT INTO retention_policy (community_id, message_days) VALUES (CAST(:community AS uuid), :days)"
            " ON CONFLICT (community_id) DO UPDATE SET message_days = excluded.message_days",
            {"community": tx.community_id, "days": days},
        )
    else:
        await tx.execute(
            "DELETE FROM retention_policy WHERE community_id = CAST(:community AS uuid)",
            {"community": tx.community_id},
        )
