"""`louyu doctor` opens a sample of the sealed addresses, of whatever community, to see whether the keys fit."""

from alembic import op
from louyu_runtime.schema import worker_functions_v1

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.execute(
        """
        CREATE FUNCTION messaging.sealed_sample(at_most int) RETURNS TABLE (sealed bytea, lookup bytea)
        LANGUAGE sql STABLE AS $$
            (SELECT a.sealed, a.lookup FROM messaging.channel_address AS a ORDER BY a.created_at DESC LIMIT at_most / 2)
            UNION ALL
            (SELECT a.sealed, a.lookup FROM messaging.channel_address AS a ORDER BY a.created_at LIMIT at_most / 2) $$"""
    )
    for statement in worker_functions_v1("messaging", ("sealed_sample(int)",)):
        op.execute(statement)
