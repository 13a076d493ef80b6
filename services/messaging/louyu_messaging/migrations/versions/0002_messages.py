"""What is said, and the one statement by which many callers' messages become durable together."""

from alembic import op
from louyu_runtime.schema import tenant_table_v1, worker_functions_v1

revision = "0002"
down_revision = "0001"

MESSAGE = """
CREATE TABLE messaging.message (
    community_id uuid NOT NULL, group_id uuid NOT NULL, seq bigint NOT NULL, message_id uuid NOT NULL,
    sender_id uuid, sender_name text NOT NULL, sender_roles text[] NOT NULL, text text NOT NULL, via text NOT NULL,
    media_ids text[] NOT NULL, reply_to_seq bigint NOT NULL, question_id text NOT NULL, posted_at timestamptz NOT NULL,
    PRIMARY KEY (community_id, group_id, seq))
"""

# The fields sender_name (5) and sender_roles (6) of MessagePosted as protobuf bytes, kept beside what they are made of:
# the flush joins them to the payload, since it alone sees name and roles as they are. The texts are shorter than 128
# bytes, so that one byte holds their length.
SENDER_FIELDS = [
    """
CREATE FUNCTION messaging.text_field(tag bytea, words text) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
    SELECT tag || set_byte('\\x00'::bytea, 0, octet_length(words)) || convert_to(words, 'UTF8')
$$
""",
    """
CREATE FUNCTION messaging.text_fields(tag bytea, words text[]) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
    SELECT string_agg(messaging.text_field(tag, word), ''::bytea ORDER BY position)
      FROM unnest(words) WITH ORDINALITY AS w(word, position)
$$
""",
    """
ALTER TABLE messaging.person ADD COLUMN sender_name_field bytea NOT NULL
    GENERATED ALWAYS AS (messaging.text_field('\\x2a', name)) STORED
""",
    """
ALTER TABLE messaging.member ADD COLUMN sender_roles_field bytea NOT NULL
    GENERATED ALWAYS AS (messaging.text_fields('\\x32', roles)) STORED
""",
]

# One row in, one row out: POSTED, REPEATED (with the first answer), or why this row alone was refused.
#
# The groups are locked first, in key order, so that two flushes cannot wait for each other; the second statement then
# sees all that was committed while waiting. No caller's key may stand twice in one flush. The same key used at the
# same moment for two groups breaks the primary key of idempotency_key: the caller flushes again and sees it.
# LIMIT 1 keeps each look-up a look-up by key, whatever the planner believed when the tables were small.
POST_MESSAGES = """
CREATE FUNCTION messaging.post_messages(
    communities uuid[], group_ids uuid[], callers text[], keys text[], request_hashes bytea[], message_ids uuid[],
    senders uuid[], texts text[], vias text[], media text[], replies bigint[], questions text[],
    said timestamptz[], traces text[], payloads bytea[], platform_name text)
RETURNS TABLE (ord bigint, status text, seq bigint, posted_at timestamptz, first_answer bytea)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    moment timestamptz;
    platform_fields bytea := messaging.text_field('\\x2a', platform_name);
BEGIN
    PERFORM locked.is_there
       FROM (SELECT DISTINCT u.c, u.g FROM unnest(communities, group_ids) AS u(c, g) ORDER BY u.c, u.g) AS wanted
      CROSS JOIN LATERAL (SELECT true AS is_there FROM messaging.groups AS g
              WHERE g.community_id = wanted.c AND g.group_id = wanted.g FOR NO KEY UPDATE) AS locked;
    -- after the wait for the locks: later positions never carry earlier times
    moment := clock_timestamp() + (messaging.clock_now() - now());
    RETURN QUERY
    WITH given AS MATERIALIZED (
        SELECT * FROM unnest(communities, group_ids, callers, keys, request_hashes, message_ids, senders, texts, vias,
                             media, replies, questions, said, traces, payloads) WITH ORDINALITY
            AS u(community_id, group_id, caller, key, request_hash, message_id, sender_id, text, via, media_ids,
                 reply_to_seq, question_id, said_at, traceparent, payload, ord)
    ), judged AS MATERIALIZED (
        SELECT i.*, g.last_seq, k.response, COALESCE(p.name, platform_name) AS sender_name,
               COALESCE(m.roles, '{}') AS sender_roles,
               COALESCE(p.sender_name_field || m.sender_roles_field, platform_fields) AS sender_fields,
               CASE WHEN k.response IS NOT NULL AND k.request_hash = i.request_hash THEN 'REPEATED'
                    WHEN k.response IS NOT NULL THEN 'IDEMPOTENCY_KEY_REUSED'
                    WHEN g.last_seq IS NULL THEN 'GROUP_NOT_FOUND'
                    WHEN i.sender_id IS NOT NULL AND m.roles IS NULL THEN 'SENDER_NOT_MEMBER'
                    WHEN i.reply_to_seq > g.last_seq THEN 'REPLY_NOT_FOUND'
                    WHEN i.said_at > moment + interval '1 minute' THEN 'SAID_IN_FUTURE'
                    ELSE 'POSTED' END AS status
          FROM given AS i
          LEFT JOIN LATERAL (SELECT x.request_hash, x.response FROM messaging.idempotency_key AS x
                WHERE x.community_id = i.community_id AND x.caller = i.caller AND x.method = 'PostMessage'
                  AND x.key = i.key LIMIT 1) AS k ON true
          LEFT JOIN LATERAL (SELECT x.last_seq FROM messaging.groups AS x
                WHERE x.community_id = i.community_id AND x.group_id = i.group_id LIMIT 1) AS g ON true
          LEFT JOIN LATERAL (SELECT x.roles, x.sender_roles_field FROM messaging.member AS x WHERE x.community_id = i.community_id
                  AND x.group_id = i.group_id AND x.person_id = i.sender_id LIMIT 1) AS m ON true
          LEFT JOIN LATERAL (SELECT x.name, x.sender_name_field FROM messaging.person AS x
                WHERE x.community_id = i.community_id AND x.person_id = i.sender_id LIMIT 1) AS p ON true
    ), numbered AS MATERIALIZED (
        SELECT j.*, COALESCE(j.said_at, moment) AS posted_at,
               j.last_seq + row_number() OVER (PARTITION BY j.community_id, j.group_id ORDER BY j.ord) AS seq
          FROM judged AS j WHERE j.status = 'POSTED'
    ), advanced AS (
        UPDATE messaging.groups AS g SET last_seq = n.seq
          FROM (SELECT community_id, group_id, max(seq) AS seq FROM numbered GROUP BY community_id, group_id) AS n
         WHERE g.community_id = n.community_id AND g.group_id = n.group_id
    ), remembered AS (
        INSERT INTO messaging.idempotency_key (community_id, caller, method, key, request_hash, response)
        SELECT community_id, caller, 'PostMessage', key, request_hash,
               uuid_send(message_id) || uuid_send(group_id) || int8send(seq) || timestamptz_send(posted_at)
          FROM numbered ORDER BY community_id, caller, key
    ), said_now AS (
        INSERT INTO messaging.message
        SELECT community_id, group_id, seq, message_id, sender_id, sender_name, sender_roles, text, via,
               string_to_array(media_ids, ','), reply_to_seq, question_id, posted_at
          FROM numbered
    ), told AS (
        INSERT INTO messaging.outbox (community_id, event_id, type, subject, sequence, occurred_at, traceparent, payload)
        SELECT community_id, message_id, 'MessagePosted', 'group/' || group_id, seq, posted_at, traceparent,
               payload || sender_fields
          FROM numbered
    )
    SELECT j.ord, j.status, n.seq, n.posted_at, CASE WHEN j.status = 'REPEATED' THEN j.response END
      FROM judged AS j LEFT JOIN numbered AS n ON n.ord = j.ord ORDER BY j.ord;
END $$
"""

# For the feed's safety net: how far groups have come, of whichever communities its readers are.
GROUP_POSITIONS = """
CREATE FUNCTION messaging.group_positions(communities uuid[], group_ids uuid[])
RETURNS TABLE (community_id uuid, group_id uuid, last_seq bigint) LANGUAGE sql STABLE AS $$
    SELECT g.community_id, g.group_id, g.last_seq FROM unnest(communities, group_ids) AS u(c, g0)
      JOIN messaging.groups AS g ON g.community_id = u.c AND g.group_id = u.g0
$$
"""

POST_SIGNATURE = (
    "post_messages(uuid[], uuid[], text[], text[], bytea[], uuid[], uuid[], text[], text[], text[], bigint[], text[], "
    "timestamptz[], text[], bytea[], text)"
)


def upgrade() -> None:
    op.execute(MESSAGE)
    for statement in tenant_table_v1("messaging", "message"):
        op.execute(statement)
    for statement in SENDER_FIELDS:
        op.execute(statement)
    op.execute(POST_MESSAGES)
    op.execute(GROUP_POSITIONS)
    op.execute(f"ALTER FUNCTION messaging.{POST_SIGNATURE} SET enable_seqscan = off")
    for statement in worker_functions_v1("messaging", (POST_SIGNATURE, "group_positions(uuid[], uuid[])")):
        op.execute(statement)
