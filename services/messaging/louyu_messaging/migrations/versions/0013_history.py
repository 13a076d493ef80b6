"""History at a district's size: messages in partitions, an index of their words, and how long a community keeps them.

Partitioned by hash of the community. It begins every key and stands in every query, so that each of them finds its one
partition, the keys stay unique, and a partition can move to a machine of its own. Partitions by time would have to stand
in the primary key, where they would make a group's `seq` unique in a month only, and each page of a conversation would
have to look into all of them.
"""

from alembic import op
from louyu_runtime.schema import forgetting_v2, oldest_of, tenant_table_v1, worker_functions_v1

revision = "0013"
down_revision = "0012"

PARTITIONS = 16  # of a district's year each has ten million messages, whose indexes fit into memory

MESSAGE = """
    community_id uuid NOT NULL, group_id uuid NOT NULL, seq bigint NOT NULL, message_id uuid NOT NULL,
    sender_id uuid, sender_name text NOT NULL, sender_roles text[] NOT NULL, text text NOT NULL, via text NOT NULL,
    media_ids text[] NOT NULL, reply_to_seq bigint NOT NULL, question_id text NOT NULL, posted_at timestamptz NOT NULL,
    PRIMARY KEY (community_id, group_id, seq)"""

# A shelf holds 16 rows of bits of a block of 512 positions: see search/signatures.py.
SHELF = """
    community_id uuid NOT NULL, group_id uuid NOT NULL, shelf smallint NOT NULL, block int NOT NULL, bits bytea NOT NULL,
    PRIMARY KEY (community_id, group_id, shelf, block)"""

TABLES = {
    # how many blocks of a group are indexed; what is newer is read as it stands
    "search_position": """
        community_id uuid NOT NULL, group_id uuid NOT NULL, blocks int NOT NULL DEFAULT 0,
        PRIMARY KEY (community_id, group_id),
        FOREIGN KEY (community_id, group_id) REFERENCES messaging.groups""",
    # blocks of which words have changed or gone
    "search_stale": """
        community_id uuid NOT NULL, group_id uuid NOT NULL, block int NOT NULL,
        PRIMARY KEY (community_id, group_id, block)""",
    # communities without a row keep everything
    "retention_policy": """
        community_id uuid PRIMARY KEY, message_days int NOT NULL CHECK (message_days > 0),
        FOREIGN KEY (community_id) REFERENCES messaging.community""",
}

STALE = """
CREATE FUNCTION messaging.mark_search_stale() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO messaging.search_stale (community_id, group_id, block)
    VALUES (OLD.community_id, OLD.group_id, (OLD.seq - 1) / 512) ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$
"""

FORGET_TRACES = """
CREATE FUNCTION messaging.forget_message_traces() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM messaging.reaction AS r
     WHERE r.community_id = OLD.community_id AND r.group_id = OLD.group_id AND r.seq = OLD.seq;
    DELETE FROM messaging.message_mark AS k
     WHERE k.community_id = OLD.community_id AND k.group_id = OLD.group_id AND k.seq = OLD.seq;
    RETURN NULL;
END $$
"""

TRIGGERS = [
    "CREATE TRIGGER attach_media AFTER INSERT ON messaging.message FOR EACH ROW WHEN (NEW.media_ids <> '{}')"
    " EXECUTE FUNCTION messaging.attach_media()",
    "CREATE TRIGGER detach_media AFTER DELETE ON messaging.message FOR EACH ROW WHEN (OLD.media_ids <> '{}')"
    " EXECUTE FUNCTION messaging.detach_media()",
    "CREATE TRIGGER search_changed AFTER UPDATE OF text ON messaging.message FOR EACH ROW"
    " WHEN (OLD.text <> NEW.text) EXECUTE FUNCTION messaging.mark_search_stale()",
    "CREATE TRIGGER search_gone AFTER DELETE ON messaging.message FOR EACH ROW"
    " EXECUTE FUNCTION messaging.mark_search_stale()",
    "CREATE TRIGGER traces_gone AFTER DELETE ON messaging.message FOR EACH ROW"
    " EXECUTE FUNCTION messaging.forget_message_traces()",
]

# In any order, lest a group of which the index cannot be made stands before all others.
SEARCH_WORK = """
CREATE FUNCTION messaging.search_work(block_size int, at_most int)
RETURNS TABLE (community_id uuid, group_id uuid) LANGUAGE sql AS $$
    SELECT w.community_id, w.group_id FROM (
        SELECT g.community_id, g.group_id FROM messaging.groups AS g
          LEFT JOIN messaging.search_position AS p USING (community_id, group_id)
         WHERE g.last_seq >= (COALESCE(p.blocks, 0) + 1)::bigint * block_size
        UNION SELECT s.community_id, s.group_id FROM messaging.search_stale AS s) AS w
     ORDER BY random() LIMIT at_most
$$
"""

# What is older than its community's policy, whatever `cutoff` is.
OLD_MESSAGES = """
    WITH old AS MATERIALIZED (
        SELECT o.community_id, o.group_id, o.seq FROM messaging.retention_policy AS r CROSS JOIN LATERAL (
            SELECT m.community_id, m.group_id, m.seq FROM messaging.message AS m
             WHERE m.community_id = r.community_id
               AND m.posted_at < messaging.clock_now() - make_interval(days => r.message_days)
             ORDER BY m.posted_at LIMIT at_most FOR UPDATE SKIP LOCKED) AS o
         LIMIT at_most)
    DELETE FROM messaging.message AS m USING old AS o
     WHERE m.community_id = o.community_id AND m.group_id = o.group_id AND m.seq = o.seq"""


def upgrade() -> None:
    op.execute("ALTER TABLE messaging.message RENAME TO former_message")
    op.execute("ALTER INDEX messaging.message_pkey RENAME TO former_message_pkey")
    _partitioned("message", MESSAGE)
    op.execute("SET LOCAL ROLE louyu_messaging_worker")  # the owner sees no community's rows
    op.execute("INSERT INTO messaging.message SELECT * FROM messaging.former_message")
    op.execute("RESET ROLE")
    op.execute("DROP TABLE messaging.former_message")
    op.execute("CREATE INDEX ON messaging.message (community_id, posted_at)")
    _partitioned("search_shelf", SHELF)
    for table, columns in TABLES.items():
        op.execute(f"CREATE TABLE messaging.{table} ({columns})")
        for statement in tenant_table_v1("messaging", table):
            op.execute(statement)
    for statement in (STALE, FORGET_TRACES, *TRIGGERS, SEARCH_WORK):
        op.execute(statement)
    for statement in worker_functions_v1("messaging", ("search_work(int, int)",)):
        op.execute(statement)
    _forgetting()


def _partitioned(table: str, columns: str) -> None:
    op.execute(f"CREATE TABLE messaging.{table} ({columns}) PARTITION BY HASH (community_id)")
    for number in range(PARTITIONS):
        op.execute(
            f"CREATE TABLE messaging.{table}_{number:02} PARTITION OF messaging.{table}"
            f" FOR VALUES WITH (MODULUS {PARTITIONS}, REMAINDER {number})"
        )
    for statement in tenant_table_v1("messaging", table):
        op.execute(statement)


def _forgetting() -> None:
    door = "channel, account, lookup"
    for statement in forgetting_v2(
        "messaging",
        {
            "pending_join": oldest_of("messaging", "pending_join", door, "asked_at < cutoff"),
            "pending_choice": oldest_of("messaging", "pending_choice", door, "asked_at < cutoff"),
            "channel_receipt": oldest_of("messaging", "channel_receipt", "callback", "created_at < cutoff"),
            "message": OLD_MESSAGES,
        },
    ):
        op.execute(statement)
    # a few rows by key out of very many, whatever the planner believes of them
    op.execute("SET LOCAL ROLE louyu_messaging_worker")
    for setting in ("enable_seqscan", "enable_hashjoin", "enable_mergejoin"):
        op.execute(f"ALTER FUNCTION messaging.forget(text, interval, int) SET {setting} = off")
    op.execute("RESET ROLE")
