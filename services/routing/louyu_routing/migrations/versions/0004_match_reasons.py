"""Why the plugin that made a question's plan took it for its own: staff are to see who is asked and why."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    # A constant default: no row is rewritten, and the version before this one inserts without naming the column.
    op.execute("ALTER TABLE routing.question ADD COLUMN match_reasons jsonb NOT NULL DEFAULT '[]'")
