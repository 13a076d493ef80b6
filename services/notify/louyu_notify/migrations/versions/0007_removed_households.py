"""Households that are no more: no ledger asks for them, and those that told them keep the line."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.execute("ALTER TABLE notify.household ADD COLUMN is_removed boolean NOT NULL DEFAULT false")
