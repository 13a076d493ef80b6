"""What members do with a message beside answering it: react, pin, read."""

from alembic import op
from louyu_runtime.schema import tenant_table_v1

revision = "0005"
down_revision = "0004"

TABLES = {
    "reaction": """
        community_id uuid NOT NULL, group_id uuid NOT NULL, seq bigint NOT NULL, person_id uuid NOT NULL,
        kind text NOT NULL CHECK (kind IN ('me_too', 'thanks')), reacted_at timestamptz NOT NULL,
        PRIMARY KEY (community_id, group_id, seq, kind, person_id),
        FOREIGN KEY (community_id, group_id) REFERENCES messaging.groups,
        FOREIGN KEY (community_id, person_id) REFERENCES messaging.person""",
    # How far a member has read: unread messages are counted from it when somebody asks, never kept by message.
    "read_position": """
        community_id uuid NOT NULL, group_id uuid NOT NULL, person_id uuid NOT NULL, seq bigint NOT NULL,
        read_at timestamptz NOT NULL,
        PRIMARY KEY (community_id, group_id, person_id),
        FOREIGN KEY (community_id, group_id) REFERENCES messaging.groups,
        FOREIGN KEY (community_id, person_id) REFERENCES messaging.person""",
}
INDEXES = [
    "CREATE INDEX ON messaging.reaction (community_id, person_id)",
    "CREATE INDEX ON messaging.read_position (community_id, person_id)",
    "CREATE INDEX ON messaging.message_mark (community_id, group_id, pinned_at) WHERE pinned_at IS NOT NULL",
    # moved forward often, and in no index: there is room on the page
    "ALTER TABLE messaging.read_position SET (fillfactor = 70)",
]


def upgrade() -> None:
    op.execute("ALTER TABLE messaging.message_mark ADD COLUMN pinned_at timestamptz, ADD COLUMN pinned_by uuid")
    for table, columns in TABLES.items():
        op.execute(f"CREATE TABLE messaging.{table} ({columns})")
        for statement in tenant_table_v1("messaging", table):
            op.execute(statement)
    for statement in INDEXES:
        op.execute(statement)
