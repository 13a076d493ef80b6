"""How people are called, so that residents' names can be masked; and what the QR codes of Official Accounts hold."""

from alembic import op
from louyu_runtime.schema import tenant_table_v1

revision = "0008"
down_revision = "0007"

TABLES = {
    "role_holder": """
        community_id uuid NOT NULL, group_id uuid NOT NULL, name text NOT NULL,
        PRIMARY KEY (community_id, group_id, name)""",
    # Permanent at the platform, which gives 100,000 of them to an account: asked for once, and kept.
    "follow_code": """
        community_id uuid NOT NULL, account text NOT NULL, join_code text NOT NULL, content text NOT NULL,
        created_at timestamptz NOT NULL, PRIMARY KEY (community_id, account, join_code)""",
}


def upgrade() -> None:
    op.execute("ALTER TABLE notify.household_member ADD COLUMN name text NOT NULL DEFAULT ''")
    for table, columns in TABLES.items():
        op.execute(f"CREATE TABLE notify.{table} ({columns})")
        for statement in tenant_table_v1("notify", table):
            op.execute(statement)
