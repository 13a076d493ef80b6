"""`louyu doctor` opens the sealed access tokens to see whether the keys fit; a token is found by no hash."""

from alembic import op
from louyu_runtime.schema import worker_functions_v1

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute(
        """
        CREATE FUNCTION notify.sealed_sample(at_most int) RETURNS TABLE (sealed bytea, lookup bytea)
        LANGUAGE sql STABLE AS $$
            SELECT t.sealed_token, NULL::bytea FROM notify.access_token AS t
             WHERE t.sealed_token IS NOT NULL LIMIT at_most $$"""
    )
    for statement in worker_functions_v1("notify", ("sealed_sample(int)",)):
        op.execute(statement)
