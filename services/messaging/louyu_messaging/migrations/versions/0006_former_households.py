"""Households that an import removed keep their version: one that comes again must not be taken for an older one."""

from alembic import op
from louyu_runtime.schema import tenant_table_v1

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.execute(
        "CREATE TABLE messaging.former_household (community_id uuid NOT NULL, household_id uuid NOT NULL,"
        " version bigint NOT NULL, PRIMARY KEY (community_id, household_id))"
    )
    for statement in tenant_table_v1("messaging", "former_household"):
        op.execute(statement)
