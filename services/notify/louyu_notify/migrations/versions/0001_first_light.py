"""Announcements with their ledgers, deliveries, and lobby screens: the first schema."""

from alembic import op
from louyu_runtime.schema import foundation_v1, tenant_table_v1, worker_functions_v1

revision = "0001"
down_revision = None

TABLES = {
    "community": """
        community_id uuid PRIMARY KEY, name text NOT NULL DEFAULT '',
        quiet_from time NOT NULL DEFAULT '22:00', quiet_until time NOT NULL DEFAULT '07:00',
        time_zone text NOT NULL DEFAULT 'Asia/Shanghai'""",
    # What messaging says of groups and households: copies, replaced by each later version.
    "group_directory": """
        community_id uuid NOT NULL, group_id uuid NOT NULL, version bigint NOT NULL, name text NOT NULL,
        PRIMARY KEY (community_id, group_id)""",
    "group_building": """
        community_id uuid NOT NULL, group_id uuid NOT NULL, building_id uuid NOT NULL, name text NOT NULL,
        PRIMARY KEY (community_id, group_id, building_id)""",
    # `place_order` sorts by building and flat as people count: 3-501 before 12-101.
    "household": """
        community_id uuid NOT NULL, household_id uuid NOT NULL, version bigint NOT NULL, building_id uuid NOT NULL,
        building_key text NOT NULL, flat text NOT NULL, place_order text NOT NULL,
        PRIMARY KEY (community_id, household_id)""",
    "household_member": """
        community_id uuid NOT NULL, household_id uuid NOT NULL, person_id uuid NOT NULL,
        channels text[] NOT NULL, group_ids uuid[] NOT NULL,
        PRIMARY KEY (community_id, household_id, person_id)""",
    # `work_at`: when the ledger must be looked at next; null when there is nothing to do.
    "announcement": """
        community_id uuid NOT NULL, announcement_id uuid NOT NULL, title text NOT NULL, text text NOT NULL,
        urgency text NOT NULL CHECK (urgency IN ('emergency', 'important', 'ordinary')),
        group_ids uuid[] NOT NULL, channels text[] NOT NULL, source text NOT NULL,
        published_at timestamptz NOT NULL, valid_until timestamptz NOT NULL,
        published_by text NOT NULL, published_by_id uuid NOT NULL,
        is_ledger_complete boolean NOT NULL DEFAULT false, work_at timestamptz, leased_until timestamptz,
        PRIMARY KEY (community_id, announcement_id)""",
    # The ledger: one line for each household that must know.
    "household_reach": """
        community_id uuid NOT NULL, announcement_id uuid NOT NULL, household_id uuid NOT NULL,
        state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'reached', 'unreachable')),
        state_rank smallint NOT NULL GENERATED ALWAYS AS
            (CASE state WHEN 'unreachable' THEN 0 WHEN 'waiting' THEN 1 WHEN 'sent' THEN 2 ELSE 3 END) STORED,
        channel text NOT NULL DEFAULT '', at timestamptz, last_visit text NOT NULL DEFAULT '',
        PRIMARY KEY (community_id, announcement_id, household_id),
        FOREIGN KEY (community_id, announcement_id) REFERENCES notify.announcement ON DELETE CASCADE""",
    # One attempt target: one recipient on one channel. An announcement's words stand in `announcement` alone.
    "delivery": """
        community_id uuid NOT NULL, delivery_id uuid NOT NULL, position bigint GENERATED ALWAYS AS IDENTITY,
        recipient_kind text NOT NULL CHECK (recipient_kind IN ('person', 'group', 'screen')),
        recipient_id uuid NOT NULL, channel text NOT NULL, other_channels text[] NOT NULL DEFAULT '{}',
        purpose text NOT NULL, urgency text NOT NULL CHECK (urgency IN ('emergency', 'high', 'normal', 'low')),
        urgency_rank smallint NOT NULL GENERATED ALWAYS AS
            (CASE urgency WHEN 'emergency' THEN 0 WHEN 'high' THEN 1 WHEN 'normal' THEN 2 ELSE 3 END) STORED,
        ignores_quiet_hours boolean NOT NULL DEFAULT false, is_reply boolean NOT NULL DEFAULT false,
        title text, text text, url text, source text, valid_until timestamptz,
        question_id uuid, question_number bigint, announcement_id uuid,
        state text NOT NULL DEFAULT 'waiting' CHECK (state IN
            ('waiting', 'sending', 'delivered', 'failed', 'unknown', 'skipped', 'cancelled')),
        due_at timestamptz NOT NULL, leased_until timestamptz, attempt_id uuid, try_count int NOT NULL DEFAULT 0,
        is_possible_duplicate boolean NOT NULL DEFAULT false, error_class text, error_code text, provider_id text,
        shown_at timestamptz, traceparent text NOT NULL DEFAULT '', created_at timestamptz NOT NULL,
        ended_at timestamptz, PRIMARY KEY (community_id, delivery_id)""",
    # How far a question has come, so that an event that comes late disturbs nobody any more.
    "question_status": """
        community_id uuid NOT NULL, question_id uuid NOT NULL, state text NOT NULL, changed_at timestamptz NOT NULL,
        PRIMARY KEY (community_id, question_id)""",
    "screen": """
        community_id uuid NOT NULL, screen_id uuid NOT NULL, key text NOT NULL, group_id uuid NOT NULL,
        group_name text NOT NULL, place text NOT NULL, code text NOT NULL CONSTRAINT screen_code_is_unique UNIQUE,
        version bigint NOT NULL DEFAULT 1, shown_version bigint NOT NULL DEFAULT 0,
        last_record bigint NOT NULL DEFAULT 0, last_seen_at timestamptz,
        PRIMARY KEY (community_id, screen_id), UNIQUE (community_id, key)""",
    # `revision` grows with the content, so that a screen can tell a changed item from a known one.
    "screen_item": """
        community_id uuid NOT NULL, screen_id uuid NOT NULL, item_key uuid NOT NULL, revision int NOT NULL DEFAULT 1,
        kind text NOT NULL CHECK (kind IN ('announcement', 'answer', 'emergency')),
        title text NOT NULL, text text NOT NULL, source text NOT NULL, published_at timestamptz NOT NULL,
        valid_from timestamptz NOT NULL, valid_until timestamptz NOT NULL, seconds int NOT NULL,
        question_id uuid, question_number bigint NOT NULL DEFAULT 0, announcement_id uuid,
        PRIMARY KEY (community_id, screen_id, item_key),
        FOREIGN KEY (community_id, screen_id) REFERENCES notify.screen ON DELETE CASCADE""",
    # Proofs of play, added up for each item.
    "screen_proof": """
        community_id uuid NOT NULL, screen_id uuid NOT NULL, item_id text NOT NULL,
        first_shown_at timestamptz NOT NULL, last_shown_at timestamptz NOT NULL, times bigint NOT NULL,
        seconds double precision NOT NULL, PRIMARY KEY (community_id, screen_id, item_id),
        FOREIGN KEY (community_id, screen_id) REFERENCES notify.screen ON DELETE CASCADE""",
}

# Accounts serve every community, so these tables have no tenant; only the worker's functions reach them.
TOKENS = """
    account text PRIMARY KEY, sealed_token bytea, expires_at timestamptz, holder text, leased_until timestamptz"""

# How much each channel account may still send at this moment, for all replicas together; a bucket of one second's worth.
ALLOWANCE = """
    channel text NOT NULL, account text NOT NULL, left_over double precision NOT NULL, counted_at timestamptz NOT NULL,
    PRIMARY KEY (channel, account)"""

INDEXES = [
    "CREATE INDEX ON notify.group_building (community_id, building_id)",
    "CREATE INDEX ON notify.household (community_id, building_id)",
    "CREATE INDEX ON notify.household_member (community_id, person_id)",
    "CREATE INDEX ON notify.announcement (community_id, published_at DESC, announcement_id DESC)",
    "CREATE INDEX ON notify.announcement (work_at) WHERE work_at IS NOT NULL",
    "CREATE INDEX ON notify.household_reach (community_id, announcement_id, state_rank)",
    "CREATE INDEX ON notify.delivery (channel, urgency_rank, due_at, position) WHERE state = 'waiting'",
    "CREATE INDEX ON notify.delivery (channel, leased_until) WHERE state = 'sending'",
    "CREATE INDEX ON notify.delivery (community_id, question_id) WHERE state = 'waiting'",
    "CREATE INDEX ON notify.delivery (community_id, announcement_id, recipient_kind, recipient_id)",
    "CREATE INDEX ON notify.screen (community_id, group_id)",
    "CREATE INDEX ON notify.screen_item (community_id, question_id)",
]

FUNCTIONS = {
    # The most urgent first, then the longest due; those left in "sending" by a worker that died come along and are
    # told by `found_state`. One look for each urgency keeps the index useful while a whole district waits for morning.
    "claim_deliveries(text, int, interval)": """
        CREATE FUNCTION notify.claim_deliveries(of_channel text, at_most int, lease interval)
        RETURNS TABLE (found_state text, community_id uuid, delivery_id uuid, attempt_id uuid, recipient_kind text,
            recipient_id uuid, channel text, other_channels text[], purpose text, urgency text,
            ignores_quiet_hours boolean, is_reply boolean, title text, words text, url text, source text,
            valid_until timestamptz, question_id uuid, question_number bigint, announcement_id uuid, try_count int,
            is_possible_duplicate boolean, traceparent text, created_at timestamptz,
            quiet_from time, quiet_until time, time_zone text)
        LANGUAGE sql AS $$
            WITH lost AS (
                SELECT d.community_id, d.delivery_id, d.state FROM notify.delivery AS d
                 WHERE d.channel = of_channel AND d.state = 'sending' AND d.leased_until <= notify.clock_now()
                 ORDER BY d.leased_until LIMIT at_most FOR UPDATE SKIP LOCKED),
            due AS (
                SELECT w.community_id, w.delivery_id, w.state
                  FROM unnest(ARRAY[0, 1, 2, 3]) AS rank
                 CROSS JOIN LATERAL (
                    SELECT d.community_id, d.delivery_id, d.state FROM notify.delivery AS d
                     WHERE d.channel = of_channel AND d.state = 'waiting' AND d.urgency_rank = rank
                       AND d.due_at <= notify.clock_now()
                     ORDER BY d.due_at, d.position LIMIT at_most FOR UPDATE SKIP LOCKED) AS w
                 LIMIT at_most),
            claimed AS (
                UPDATE notify.delivery AS d SET state = 'sending', attempt_id = gen_random_uuid(),
                       try_count = d.try_count + 1, leased_until = notify.clock_now() + lease
                  FROM (SELECT * FROM lost UNION ALL SELECT * FROM due) AS c
                 WHERE d.community_id = c.community_id AND d.delivery_id = c.delivery_id
                RETURNING d.*, c.state AS found_state)
            SELECT c.found_state, c.community_id, c.delivery_id, c.attempt_id, c.recipient_kind, c.recipient_id,
                   c.channel, c.other_channels, c.purpose, c.urgency, c.ignores_quiet_hours, c.is_reply,
                   COALESCE(c.title, a.title), COALESCE(c.text, a.text), c.url, COALESCE(c.source, a.source),
                   COALESCE(c.valid_until, a.valid_until), c.question_id, c.question_number, c.announcement_id,
                   c.try_count, c.is_possible_duplicate, c.traceparent, c.created_at,
                   m.quiet_from, m.quiet_until, m.time_zone
              FROM claimed AS c
              LEFT JOIN notify.announcement AS a
                ON a.community_id = c.community_id AND a.announcement_id = c.announcement_id
              LEFT JOIN notify.community AS m ON m.community_id = c.community_id
             ORDER BY c.urgency_rank, c.due_at, c.position $$""",
    "claim_ledger_work(int, interval)": """
        CREATE FUNCTION notify.claim_ledger_work(at_most int, lease interval)
        RETURNS TABLE (claimed_community_id uuid, claimed_announcement_id uuid) LANGUAGE sql AS $$
            UPDATE notify.announcement AS a SET leased_until = notify.clock_now() + lease
              FROM (SELECT community_id, announcement_id FROM notify.announcement
                     WHERE work_at <= notify.clock_now()
                       AND (leased_until IS NULL OR leased_until <= notify.clock_now())
                     ORDER BY work_at LIMIT at_most FOR UPDATE SKIP LOCKED) AS due
             WHERE a.community_id = due.community_id AND a.announcement_id = due.announcement_id
            RETURNING a.community_id, a.announcement_id $$""",
    "screen_by_code(text)": """
        CREATE FUNCTION notify.screen_by_code(of_code text)
        RETURNS TABLE (found_community_id uuid, found_screen_id uuid) LANGUAGE sql STABLE AS $$
            SELECT community_id, screen_id FROM notify.screen WHERE code = of_code $$""",
    "take_allowance(text, text, double precision, int)": """
        CREATE FUNCTION notify.take_allowance(of_channel text, of_account text, rate double precision, wanted int)
        RETURNS int LANGUAGE plpgsql AS $$
            DECLARE most double precision := greatest(rate, 1); has double precision; granted int;
            BEGIN
                INSERT INTO notify.channel_allowance AS a (channel, account, left_over, counted_at)
                VALUES (of_channel, of_account, most, clock_timestamp())
                ON CONFLICT (channel, account) DO UPDATE SET counted_at = excluded.counted_at, left_over = least(most,
                    a.left_over + rate * EXTRACT(epoch FROM excluded.counted_at - a.counted_at)::double precision)
                RETURNING left_over INTO has;
                granted := least(wanted, floor(greatest(has, 0))::int);
                UPDATE notify.channel_allowance SET left_over = left_over - granted
                 WHERE channel = of_channel AND account = of_account;
                RETURN granted;
            END $$""",
    # Access tokens: everybody reads, the one who gets the lease fetches the next one.
    "access_token_of(text)": """
        CREATE FUNCTION notify.access_token_of(of_account text)
        RETURNS TABLE (sealed_token bytea, seconds_left double precision) LANGUAGE sql STABLE AS $$
            SELECT t.sealed_token, EXTRACT(epoch FROM t.expires_at - notify.clock_now())::double precision
              FROM notify.access_token AS t WHERE t.account = of_account AND t.sealed_token IS NOT NULL $$""",
    "lease_access_token(text, text, interval)": """
        CREATE FUNCTION notify.lease_access_token(of_account text, me text, lease interval)
        RETURNS boolean LANGUAGE sql AS $$
            INSERT INTO notify.access_token AS t (account, holder, leased_until)
            VALUES (of_account, me, clock_timestamp() + lease)
            ON CONFLICT (account) DO UPDATE SET holder = excluded.holder, leased_until = excluded.leased_until
             WHERE t.leased_until IS NULL OR t.leased_until < clock_timestamp() OR t.holder = me
            RETURNING true $$""",
    "keep_access_token(text, text, bytea, double precision)": """
        CREATE FUNCTION notify.keep_access_token(of_account text, me text, sealed bytea, seconds double precision)
        RETURNS void LANGUAGE sql AS $$
            UPDATE notify.access_token SET sealed_token = sealed, leased_until = NULL,
                   expires_at = notify.clock_now() + make_interval(secs => seconds)
             WHERE account = of_account AND holder = me $$""",
    # Refusing takes the very value that was refused: by the second refusal somebody has fetched another one.
    "refuse_access_token(text, bytea)": """
        CREATE FUNCTION notify.refuse_access_token(of_account text, sealed bytea) RETURNS void LANGUAGE sql AS $$
            UPDATE notify.access_token SET expires_at = notify.clock_now()
             WHERE account = of_account AND sealed_token = sealed $$""",
}


def upgrade() -> None:
    for statement in foundation_v1("notify"):
        op.execute(statement)
    for table, columns in TABLES.items():
        op.execute(f"CREATE TABLE notify.{table} ({columns})")
        for statement in tenant_table_v1("notify", table):
            op.execute(statement)
    for table, columns in (("access_token", TOKENS), ("channel_allowance", ALLOWANCE)):
        op.execute(f"CREATE TABLE notify.{table} ({columns})")
        op.execute(f"ALTER TABLE notify.{table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE notify.{table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY worker ON notify.{table} TO louyu_notify_worker USING (true) WITH CHECK (true)")
        op.execute(f"GRANT SELECT, INSERT, UPDATE ON notify.{table} TO louyu_notify_worker")
    for statement in INDEXES:
        op.execute(statement)
    for statement in FUNCTIONS.values():
        op.execute(statement)
    for statement in worker_functions_v1("notify", FUNCTIONS):
        op.execute(statement)
