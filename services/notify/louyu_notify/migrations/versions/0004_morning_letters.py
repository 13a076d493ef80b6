"""What waited overnight is told in one message: claimed together, under one id for the channel."""

from alembic import op
from louyu_runtime.schema import worker_functions_v1

revision = "0004"
down_revision = "0003"

# The first of those that wait for the same person on the same channel is claimed, and the others (at most 50) with it. The
# others are never claimed by themselves, so two replicas cannot tell a person twice. Lost ones of one message come together.
CLAIM = """
    CREATE FUNCTION notify.claim_deliveries(of_channel text, at_most int, lease interval)
    RETURNS TABLE (found_state text, community_id uuid, delivery_id uuid, attempt_id uuid, recipient_kind text,
        recipient_id uuid, channel text, other_channels text[], purpose text, urgency text,
        ignores_quiet_hours boolean, is_reply boolean, title text, words text, url text, source text,
        valid_until timestamptz, question_id uuid, question_number bigint, announcement_id uuid, try_count int,
        is_possible_duplicate boolean, traceparent text, created_at timestamptz,
        quiet_from time, quiet_until time, time_zone text, bundle_id uuid)
    LANGUAGE sql AS $$
        WITH lost AS (
            SELECT d.community_id, d.delivery_id, d.state, d.bundle_id FROM notify.delivery AS d
             WHERE d.channel = of_channel AND d.state = 'sending' AND d.leased_until <= notify.clock_now()
             ORDER BY d.leased_until LIMIT at_most FOR UPDATE SKIP LOCKED),
        lost_together AS (
            SELECT e.community_id, e.delivery_id, e.state, e.bundle_id FROM notify.delivery AS e
             WHERE e.state = 'sending' AND e.leased_until <= notify.clock_now()
               AND (e.community_id, e.bundle_id) IN (
                    SELECT l.community_id, l.bundle_id FROM lost AS l WHERE l.bundle_id IS NOT NULL)
               AND NOT EXISTS (SELECT FROM lost AS l
                    WHERE l.community_id = e.community_id AND l.delivery_id = e.delivery_id)
             FOR UPDATE SKIP LOCKED),
        due AS (
            SELECT w.* FROM unnest(ARRAY[0, 1, 2, 3]) AS rank
             CROSS JOIN LATERAL (
                SELECT d.community_id, d.delivery_id, d.state, d.recipient_id, d.channel, d.held_until,
                       CASE WHEN d.held_until IS NOT NULL
                            THEN COALESCE(d.bundle_id, md5(d.delivery_id || '/morning')::uuid) END AS new_bundle_id,
                       d.bundle_id AS old_bundle_id
                  FROM notify.delivery AS d
                 WHERE d.channel = of_channel AND d.state = 'waiting' AND d.urgency_rank = rank
                   AND d.due_at <= notify.clock_now()
                   AND (d.held_until IS NULL OR NOT EXISTS (
                        SELECT FROM notify.delivery AS e
                         WHERE e.community_id = d.community_id AND e.recipient_id = d.recipient_id
                           AND e.channel = d.channel AND e.state = 'waiting' AND e.held_until IS NOT NULL
                           AND e.due_at <= notify.clock_now() AND e.bundle_id IS NOT DISTINCT FROM d.bundle_id
                           AND (e.urgency_rank, e.due_at, e.position) < (d.urgency_rank, d.due_at, d.position)))
                 ORDER BY d.due_at, d.position LIMIT at_most FOR UPDATE SKIP LOCKED) AS w
             LIMIT at_most),
        due_together AS (
            SELECT m.community_id, m.delivery_id, m.state, c.new_bundle_id FROM due AS c
             CROSS JOIN LATERAL (
                SELECT e.community_id, e.delivery_id, e.state FROM notify.delivery AS e
                 WHERE e.community_id = c.community_id AND e.recipient_id = c.recipient_id AND e.channel = c.channel
                   AND e.state = 'waiting' AND e.held_until IS NOT NULL AND e.due_at <= notify.clock_now()
                   AND e.bundle_id IS NOT DISTINCT FROM c.old_bundle_id AND e.delivery_id <> c.delivery_id
                 ORDER BY e.urgency_rank, e.due_at, e.position LIMIT 50 FOR UPDATE SKIP LOCKED) AS m
             WHERE c.held_until IS NOT NULL),
        claimed AS (
            UPDATE notify.delivery AS d SET state = 'sending', attempt_id = gen_random_uuid(),
                   try_count = d.try_count + 1, leased_until = notify.clock_now() + lease,
                   bundle_id = c.new_bundle_id
              FROM (SELECT community_id, delivery_id, state, bundle_id AS new_bundle_id FROM lost
                    UNION ALL SELECT * FROM lost_together
                    UNION ALL SELECT community_id, delivery_id, state, new_bundle_id FROM due
                    UNION ALL SELECT * FROM due_together) AS c
             WHERE d.community_id = c.community_id AND d.delivery_id = c.delivery_id
            RETURNING d.*, c.state AS found_state)
        SELECT c.found_state, c.community_id, c.delivery_id, c.attempt_id, c.recipient_kind, c.recipient_id,
               c.channel, c.other_channels, c.purpose, c.urgency, c.ignores_quiet_hours, c.is_reply,
               COALESCE(c.title, a.title), COALESCE(c.text, a.text), c.url, COALESCE(c.source, a.source),
               COALESCE(c.valid_until, a.valid_until), c.question_id, c.question_number, c.announcement_id,
               c.try_count, c.is_possible_duplicate, c.traceparent, c.created_at,
               m.quiet_from, m.quiet_until, m.time_zone, c.bundle_id
          FROM claimed AS c
          LEFT JOIN notify.announcement AS a
            ON a.community_id = c.community_id AND a.announcement_id = c.announcement_id
          LEFT JOIN notify.community AS m ON m.community_id = c.community_id
         ORDER BY c.urgency_rank, c.due_at, c.position $$"""

STATEMENTS = [
    # held_until: it waits for the end of the quiet hours. bundle_id: told in one message with others of the same one.
    "ALTER TABLE notify.delivery ADD COLUMN held_until timestamptz, ADD COLUMN bundle_id uuid",
    "CREATE INDEX ON notify.delivery (community_id, recipient_id, channel, urgency_rank, due_at, position)"
    " WHERE state = 'waiting' AND held_until IS NOT NULL",
    "CREATE INDEX ON notify.delivery (community_id, bundle_id) WHERE state = 'sending' AND bundle_id IS NOT NULL",
    "DROP FUNCTION notify.claim_deliveries(text, int, interval)",
    CLAIM,
]


def upgrade() -> None:
    for statement in [*STATEMENTS, *worker_functions_v1("notify", ("claim_deliveries(text, int, interval)",))]:
        op.execute(statement)
