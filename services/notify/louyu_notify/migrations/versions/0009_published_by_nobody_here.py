"""An operator, such as another system with a token, publishes without being a person of the community."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.execute("ALTER TABLE notify.announcement ALTER COLUMN published_by_id DROP NOT NULL")
