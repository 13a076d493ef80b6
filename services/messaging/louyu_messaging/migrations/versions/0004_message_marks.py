"""What has become of a message since it was posted: the message itself is written once and stays as it was numbered."""

from alembic import op
from louyu_runtime.schema import tenant_table_v1, worker_functions_v1

revision = "0004"
down_revision = "0003"

# One row for each message that has ever changed. `change` is the number of its latest change: readers ask for what has
# a higher one than they know. Numbers are given under the group's lock, as positions are.
MESSAGE_MARK = """
CREATE TABLE messaging.message_mark (
    community_id uuid NOT NULL, group_id uuid NOT NULL, seq bigint NOT NULL, change bigint NOT NULL,
    state text NOT NULL DEFAULT 'shown' CHECK (state IN ('shown', 'recalled', 'hidden', 'removed')),
    PRIMARY KEY (community_id, group_id, seq), UNIQUE (community_id, group_id, change),
    FOREIGN KEY (community_id, group_id) REFERENCES messaging.groups)
"""

GROUP_POSITIONS = """
CREATE FUNCTION messaging.group_positions(communities uuid[], group_ids uuid[])
RETURNS TABLE (community_id uuid, group_id uuid, last_seq bigint, last_change bigint) LANGUAGE sql STABLE AS $$
    SELECT g.community_id, g.group_id, g.last_seq, g.last_change FROM unnest(communities, group_ids) AS u(c, g0)
      JOIN messaging.groups AS g ON g.community_id = u.c AND g.group_id = u.g0
$$
"""


def upgrade() -> None:
    op.execute("ALTER TABLE messaging.groups ADD COLUMN last_change bigint NOT NULL DEFAULT 0")
    op.execute(MESSAGE_MARK)
    for statement in tenant_table_v1("messaging", "message_mark"):
        op.execute(statement)
    op.execute("DROP FUNCTION messaging.group_positions(uuid[], uuid[])")
    op.execute(GROUP_POSITIONS)
    for statement in worker_functions_v1("messaging", ("group_positions(uuid[], uuid[])",)):
        op.execute(statement)
