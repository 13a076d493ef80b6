"""Photos and recordings: what was taken in, what is still to be fetched or put into words, and what is to be deleted.

Triggers tie them to their message in its own commit, so that the statement that posts needs to know nothing of them; for
a message without media they cost one comparison.
"""

from alembic import op
from louyu_runtime.schema import tenant_table_v1, worker_functions_v1

revision = "0010"
down_revision = "0009"

TABLES = {
    # claim is the idempotency key of the post that uses it; seq is null until that message stands in the group.
    "media": """
        community_id uuid NOT NULL, media_id uuid NOT NULL, group_id uuid NOT NULL, owner_id uuid NOT NULL,
        kind text NOT NULL CHECK (kind IN ('photo', 'voice')),
        state text NOT NULL CHECK (state IN ('arriving', 'ready', 'unusable', 'erased')),
        digest bytea NOT NULL, object_name text NOT NULL, content_type text NOT NULL DEFAULT '',
        size_bytes bigint NOT NULL DEFAULT 0, width int NOT NULL DEFAULT 0, height int NOT NULL DEFAULT 0,
        duration_ms int NOT NULL DEFAULT 0, words text NOT NULL DEFAULT '', words_by text NOT NULL DEFAULT '',
        words_person_id uuid, claim text, message_id uuid, seq bigint, created_at timestamptz NOT NULL,
        PRIMARY KEY (community_id, media_id)""",
    # What is to be done with one: "fetch" it from a channel (detail says where), or find its words ("transcribe").
    "media_task": """
        community_id uuid NOT NULL, media_id uuid NOT NULL, kind text NOT NULL CHECK (kind IN ('fetch', 'transcribe')),
        detail jsonb NOT NULL DEFAULT '{}', due_at timestamptz NOT NULL, ends_at timestamptz NOT NULL,
        attempt_count int NOT NULL DEFAULT 0, error text NOT NULL DEFAULT '',
        PRIMARY KEY (community_id, media_id, kind),
        FOREIGN KEY (community_id, media_id) REFERENCES messaging.media ON DELETE CASCADE""",
    # Names in the store whose bytes are to be deleted; a row goes when they are gone.
    "media_rubbish": """
        community_id uuid NOT NULL, object_name text NOT NULL, due_at timestamptz NOT NULL,
        PRIMARY KEY (community_id, object_name)""",
}
INDEXES = [
    "CREATE INDEX ON messaging.media (created_at) WHERE seq IS NULL",
    "CREATE INDEX ON messaging.media (community_id, owner_id) WHERE seq IS NULL",
    "CREATE INDEX ON messaging.media (community_id, group_id, seq) WHERE seq IS NOT NULL AND kind = 'voice' AND words_by = ''",
    "CREATE INDEX ON messaging.media_task (due_at)",
    "CREATE INDEX ON messaging.media_rubbish (due_at)",
]

# Ids of messages that are no UUIDs are older than this table.
ATTACH = """
CREATE FUNCTION messaging.attach_media() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WITH attached AS (
        UPDATE messaging.media AS m SET seq = NEW.seq, message_id = NEW.message_id
         WHERE m.community_id = NEW.community_id AND m.group_id = NEW.group_id AND m.seq IS NULL
           AND m.media_id IN (SELECT CAST(u.id AS uuid) FROM unnest(NEW.media_ids) AS u(id)
                               WHERE u.id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$')
        RETURNING m.media_id, m.kind, m.state)
    INSERT INTO messaging.media_task (community_id, media_id, kind, due_at, ends_at)
    SELECT NEW.community_id, a.media_id, 'transcribe', messaging.clock_now(), messaging.clock_now() + interval '1 day'
      FROM attached AS a WHERE a.kind = 'voice' AND a.state = 'ready' AND btrim(NEW.text) = ''
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$
"""

# The one way in which media is deleted: its words at once, its bytes soon.
ERASE = """
CREATE FUNCTION messaging.erase_media(of_community uuid, of_media uuid[]) RETURNS void LANGUAGE sql AS $$
    INSERT INTO messaging.media_rubbish (community_id, object_name, due_at)
    SELECT m.community_id, m.object_name, messaging.clock_now() FROM messaging.media AS m
     WHERE m.community_id = of_community AND m.media_id = ANY (of_media) AND m.state <> 'erased'
    ON CONFLICT DO NOTHING;
    DELETE FROM messaging.media_task AS t WHERE t.community_id = of_community AND t.media_id = ANY (of_media);
    UPDATE messaging.media AS m SET state = 'erased', words = '', words_by = '', words_person_id = NULL, digest = ''
     WHERE m.community_id = of_community AND m.media_id = ANY (of_media) AND m.state <> 'erased';
$$
"""

DETACH = """
CREATE FUNCTION messaging.detach_media() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE gone uuid[] := ARRAY(SELECT m.media_id FROM messaging.media AS m WHERE m.community_id = OLD.community_id
                                AND m.message_id = OLD.message_id AND m.media_id::text = ANY (OLD.media_ids));
BEGIN
    PERFORM messaging.erase_media(OLD.community_id, gone);
    DELETE FROM messaging.media AS m WHERE m.community_id = OLD.community_id AND m.media_id = ANY (gone);
    RETURN NULL;
END $$
"""

TRIGGERS = [
    "CREATE TRIGGER attach_media AFTER INSERT ON messaging.message FOR EACH ROW WHEN (NEW.media_ids <> '{}')"
    " EXECUTE FUNCTION messaging.attach_media()",
    "CREATE TRIGGER detach_media AFTER DELETE ON messaging.message FOR EACH ROW WHEN (OLD.media_ids <> '{}')"
    " EXECUTE FUNCTION messaging.detach_media()",
]

# A claimed task is another worker's when the lease has run out; so its work must do no harm when done twice.
CLAIM_TASKS = """
CREATE FUNCTION messaging.claim_media_tasks(at_most int, lease interval)
RETURNS TABLE (community_id uuid, media_id uuid, kind text, detail jsonb, attempt_count int, is_last boolean)
LANGUAGE sql AS $$
    UPDATE messaging.media_task AS t SET due_at = messaging.clock_now() + lease, attempt_count = t.attempt_count + 1
      FROM (SELECT d.community_id, d.media_id, d.kind FROM messaging.media_task AS d
             WHERE d.due_at <= messaging.clock_now() ORDER BY d.due_at LIMIT at_most FOR UPDATE SKIP LOCKED) AS due
     WHERE t.community_id = due.community_id AND t.media_id = due.media_id AND t.kind = due.kind
    RETURNING t.community_id, t.media_id, t.kind, t.detail, t.attempt_count, t.ends_at <= messaging.clock_now()
$$
"""

CLAIM_RUBBISH = """
CREATE FUNCTION messaging.claim_media_rubbish(at_most int, lease interval)
RETURNS TABLE (community_id uuid, object_name text) LANGUAGE sql AS $$
    UPDATE messaging.media_rubbish AS r SET due_at = messaging.clock_now() + lease
      FROM (SELECT d.community_id, d.object_name FROM messaging.media_rubbish AS d
             WHERE d.due_at <= messaging.clock_now() ORDER BY d.due_at LIMIT at_most FOR UPDATE SKIP LOCKED) AS due
     WHERE r.community_id = due.community_id AND r.object_name = due.object_name
    RETURNING r.community_id, r.object_name
$$
"""

FORGET_ORPHANS = """
CREATE FUNCTION messaging.forget_orphan_media(older_than interval) RETURNS bigint LANGUAGE sql AS $$
    WITH orphan AS (
        SELECT m.community_id, m.media_id, m.object_name FROM messaging.media AS m
         WHERE m.seq IS NULL AND m.created_at < messaging.clock_now() - older_than
           AND (m.claim IS NULL OR m.created_at < messaging.clock_now() - 2 * older_than)  -- a post may be on its way
         LIMIT 1000 FOR UPDATE SKIP LOCKED
    ), thrown AS (
        INSERT INTO messaging.media_rubbish (community_id, object_name, due_at)
        SELECT community_id, object_name, messaging.clock_now() FROM orphan ON CONFLICT DO NOTHING
    ), gone AS (
        DELETE FROM messaging.media AS m USING orphan AS o
         WHERE m.community_id = o.community_id AND m.media_id = o.media_id RETURNING 1)
    SELECT count(*) FROM gone
$$
"""


def upgrade() -> None:
    for table, columns in TABLES.items():
        op.execute(f"CREATE TABLE messaging.{table} ({columns})")
        for statement in tenant_table_v1("messaging", table):
            op.execute(statement)
    for statement in INDEXES:
        op.execute(statement)
    for statement in (ATTACH, ERASE, DETACH, *TRIGGERS, CLAIM_TASKS, CLAIM_RUBBISH, FORGET_ORPHANS):
        op.execute(statement)
    signatures = (
        "claim_media_tasks(int, interval)",
        "claim_media_rubbish(int, interval)",
        "forget_orphan_media(interval)",
    )
    for statement in worker_functions_v1("messaging", signatures):
        op.execute(statement)
