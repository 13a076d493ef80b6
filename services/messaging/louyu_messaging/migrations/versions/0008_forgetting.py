"""What was begun at the door and never ended, and receipts of pushes, go in bounded batches."""

from alembic import op
from louyu_runtime.schema import forgetting_v1, oldest_of

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    door = "channel, account, lookup"
    for statement in forgetting_v1(
        "messaging",
        {
            "pending_join": oldest_of("messaging", "pending_join", door, "asked_at < cutoff"),
            "pending_choice": oldest_of("messaging", "pending_choice", door, "asked_at < cutoff"),
            "channel_receipt": oldest_of("messaging", "channel_receipt", "callback", "created_at < cutoff"),
        },
    ):
        op.execute(statement)
    op.execute("DROP FUNCTION messaging.forget_door_state(interval)")
