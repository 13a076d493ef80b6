"""What the asker of an emergency was told, kept with it; and replies of which nobody knows yet what they mean."""

from alembic import op
from louyu_runtime.schema import tenant_table_v1

revision = "0005"
down_revision = "0004"

# Somebody who is asked several questions said something that may mean any of them: the message, and which. One for each
# person in a group; the next words decide, or it is too old.
UNDECIDED = """
CREATE TABLE routing.undecided_reply (
    community_id uuid NOT NULL, group_id uuid NOT NULL, person_id uuid NOT NULL, seq bigint NOT NULL,
    sender_name text NOT NULL, text text NOT NULL, via text NOT NULL, posted_at timestamptz NOT NULL,
    question_ids uuid[] NOT NULL, asked_at timestamptz NOT NULL,
    PRIMARY KEY (community_id, group_id, person_id))
"""


def upgrade() -> None:
    op.execute("ALTER TABLE routing.question ADD COLUMN emergency_advice text NOT NULL DEFAULT ''")
    op.execute(UNDECIDED)
    for statement in tenant_table_v1("routing", "undecided_reply"):
        op.execute(statement)
