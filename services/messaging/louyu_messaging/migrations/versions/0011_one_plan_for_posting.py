"""Posting keeps one plan: PostgreSQL made a new one for each flush, which took as long as the flush itself."""

from alembic import op

revision = "0011"
down_revision = "0010"

POST_SIGNATURE = (
    "post_messages(uuid[], uuid[], text[], text[], bytea[], uuid[], uuid[], text[], text[], text[], bigint[], text[], "
    "timestamptz[], text[], bytea[], text)"
)


def upgrade() -> None:
    op.execute("SET LOCAL ROLE louyu_messaging_worker")  # whose function it is
    op.execute(f"ALTER FUNCTION messaging.{POST_SIGNATURE} SET plan_cache_mode = force_generic_plan")
    op.execute("RESET ROLE")
