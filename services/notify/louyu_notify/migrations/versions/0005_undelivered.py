"""What did not surely arrive is listed, the latest first."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.execute(
        "CREATE INDEX ON notify.delivery (community_id, ended_at DESC, delivery_id DESC)"
        " WHERE state IN ('failed', 'unknown')"
    )
