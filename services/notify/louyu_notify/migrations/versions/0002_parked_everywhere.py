"""Operators belong to no community, and must see what was put aside in any of them."""

from alembic import op
from louyu_runtime.schema import parked_everywhere_v1

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    for statement in parked_everywhere_v1("notify"):
        op.execute(statement)
