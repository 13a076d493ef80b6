"""Who is away and who is on duty, as messaging tells it, and which building heads are second managers."""

from alembic import op
from louyu_runtime.schema import tenant_table_v1

revision = "0006"
down_revision = "0005"

TABLES = {
    # The newest version that was taken over; the rows of the two others are its content.
    "availability": "community_id uuid PRIMARY KEY, version bigint NOT NULL",
    "away_time": """
        community_id uuid NOT NULL, person_id uuid NOT NULL, name text NOT NULL, starts_at timestamptz NOT NULL,
        ends_at timestamptz NOT NULL, substitute_id uuid, substitute_name text NOT NULL,
        PRIMARY KEY (community_id, person_id, starts_at)""",
    "duty_time": """
        community_id uuid NOT NULL, position int NOT NULL, person_id uuid NOT NULL, role text NOT NULL,
        responder_key text NOT NULL, weekdays int[] NOT NULL, on_date date, from_time time NOT NULL,
        until_time time NOT NULL, PRIMARY KEY (community_id, position)""",
}


def upgrade() -> None:
    op.execute("ALTER TABLE routing.role_holder ADD COLUMN is_second boolean NOT NULL DEFAULT false")
    for table, columns in TABLES.items():
        op.execute(f"CREATE TABLE routing.{table} ({columns})")
        for statement in tenant_table_v1("routing", table):
            op.execute(statement)
