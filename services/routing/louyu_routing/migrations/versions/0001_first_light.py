"""Questions, their plans and clocks, and what routing has heard: the first schema."""

from alembic import op
from louyu_runtime.schema import foundation_v1, tenant_table_v1, worker_functions_v1

revision = "0001"
down_revision = None

TABLES = {
    # How a community's questions are chased. A window that is null has the default of the code.
    "community": """
        community_id uuid PRIMARY KEY,
        last_number bigint NOT NULL DEFAULT 0,
        neighbour_window interval, building_head_window interval, liaison_window interval, secretary_window interval,
        confirm_window interval, follow_up_window interval, ask_back_window interval,
        quiet_from time NOT NULL DEFAULT '22:00', quiet_until time NOT NULL DEFAULT '07:00',
        time_zone text NOT NULL DEFAULT 'Asia/Shanghai'""",
    "responder": """
        community_id uuid NOT NULL, responder_id uuid NOT NULL, key text NOT NULL, type text NOT NULL,
        name text NOT NULL, building_keys text[] NOT NULL DEFAULT '{}', settings jsonb NOT NULL DEFAULT '{}',
        PRIMARY KEY (community_id, responder_id), UNIQUE (community_id, key)""",
    # What messaging says of the groups: a copy, replaced by each later version.
    "group_directory": """
        community_id uuid NOT NULL, group_id uuid NOT NULL, version bigint NOT NULL, name text NOT NULL,
        building_keys text[] NOT NULL, PRIMARY KEY (community_id, group_id)""",
    "role_holder": """
        community_id uuid NOT NULL, group_id uuid NOT NULL, person_id uuid NOT NULL, role text NOT NULL,
        responder_key text NOT NULL DEFAULT '', name text NOT NULL, position int NOT NULL,
        PRIMARY KEY (community_id, group_id, person_id, role, responder_key)""",
    # One row for each message that was understood. Its words are not kept, but for a reply that came before what it
    # quotes: those wait in early_text until the quoted message is heard.
    "heard_message": """
        community_id uuid NOT NULL, group_id uuid NOT NULL, seq bigint NOT NULL, sender_id uuid,
        reply_to_seq bigint NOT NULL DEFAULT 0, via text NOT NULL, posted_at timestamptz NOT NULL,
        what text, question_id uuid, is_guess boolean NOT NULL DEFAULT false, early_text text,
        early_sender_name text, PRIMARY KEY (community_id, group_id, seq)""",
    "question": """
        community_id uuid NOT NULL, question_id uuid NOT NULL, number bigint NOT NULL, state text NOT NULL
            CHECK (state IN ('open', 'assigned', 'acknowledged', 'asked_back', 'answered', 'resolved', 'closed')),
        kind text NOT NULL, responder_type text NOT NULL, urgency text NOT NULL, urgency_rank smallint NOT NULL,
        text text NOT NULL, via text NOT NULL, group_id uuid NOT NULL, message_seq bigint NOT NULL,
        asset text NOT NULL DEFAULT '', reasons text[] NOT NULL, confidence double precision NOT NULL,
        emergency_numbers text[] NOT NULL DEFAULT '{}', opened_at timestamptz NOT NULL, ended_at timestamptz,
        answer text NOT NULL DEFAULT '', answered_by text NOT NULL DEFAULT '',
        generation int NOT NULL DEFAULT 1, plugin text NOT NULL DEFAULT '', work_kind text, promise interval,
        waiting_for uuid[] NOT NULL DEFAULT '{}', acknowledged_by_id uuid, acknowledged_by text NOT NULL DEFAULT '',
        traceparent text NOT NULL DEFAULT '', version bigint NOT NULL DEFAULT 1,
        PRIMARY KEY (community_id, question_id), UNIQUE (community_id, number),
        UNIQUE (community_id, group_id, message_seq),
        CHECK ((ended_at IS NULL) = (state NOT IN ('resolved', 'closed')))""",
    # Everybody who asked it. One question may have askers in several groups.
    "asker": """
        community_id uuid NOT NULL, question_id uuid NOT NULL, person_id uuid NOT NULL, name text NOT NULL,
        group_id uuid NOT NULL, message_seq bigint NOT NULL, asked_at timestamptz NOT NULL,
        last_said_at timestamptz NOT NULL, PRIMARY KEY (community_id, question_id, person_id),
        FOREIGN KEY (community_id, question_id) REFERENCES routing.question ON DELETE CASCADE""",
    # The frozen plan. `whom` holds selectors: persons are found when the step starts.
    "question_step": """
        community_id uuid NOT NULL, step_id uuid NOT NULL, question_id uuid NOT NULL, generation int NOT NULL,
        position int NOT NULL, who text NOT NULL, who_name text NOT NULL, whom jsonb NOT NULL, time_window interval NOT NULL,
        rests_at_night boolean NOT NULL, state text NOT NULL DEFAULT 'waiting'
            CHECK (state IN ('waiting', 'current', 'done', 'lapsed', 'skipped', 'cancelled')),
        person_ids uuid[] NOT NULL DEFAULT '{}', started_at timestamptz, due_at timestamptz,
        repeated_times int NOT NULL DEFAULT 0,
        PRIMARY KEY (community_id, step_id), UNIQUE (community_id, question_id, generation, position),
        FOREIGN KEY (community_id, question_id) REFERENCES routing.question ON DELETE CASCADE""",
    # What happens next, and when. The key allows one live clock for each question; an ended question has none.
    "question_clock": """
        community_id uuid NOT NULL, question_id uuid NOT NULL, turn bigint NOT NULL,
        kind text NOT NULL CHECK (kind IN ('plan', 'start', 'step', 'follow_up', 'confirm', 'ask_back')),
        due_at timestamptz NOT NULL, urgency_rank smallint NOT NULL, step_id uuid,
        resume_kind text, resume_state text, resume_after interval,
        leased_until timestamptz, PRIMARY KEY (community_id, question_id),
        FOREIGN KEY (community_id, question_id) REFERENCES routing.question ON DELETE CASCADE""",
    "timeline_entry": """
        community_id uuid NOT NULL, entry_id uuid NOT NULL, question_id uuid NOT NULL, at timestamptz NOT NULL,
        what text NOT NULL, by_name text NOT NULL DEFAULT '', by_person_id uuid, text text NOT NULL DEFAULT '',
        group_id uuid, message_seq bigint NOT NULL DEFAULT 0, is_guess boolean NOT NULL DEFAULT false,
        position bigint GENERATED ALWAYS AS IDENTITY, staff_only boolean NOT NULL DEFAULT false,
        untold_to text, telling_until timestamptz, before_guess jsonb, undone_at timestamptz,
        PRIMARY KEY (community_id, entry_id),
        FOREIGN KEY (community_id, question_id) REFERENCES routing.question ON DELETE CASCADE""",
}

INDEXES = [
    "CREATE INDEX ON routing.role_holder (community_id, person_id)",
    "CREATE INDEX ON routing.role_holder (community_id, role)",
    "CREATE INDEX ON routing.heard_message (community_id, group_id, reply_to_seq) WHERE early_text IS NOT NULL",
    "CREATE INDEX ON routing.question (community_id, urgency_rank, opened_at, question_id) WHERE ended_at IS NULL",
    "CREATE INDEX ON routing.question (community_id, urgency_rank, opened_at, question_id)",
    "CREATE INDEX ON routing.question (community_id, group_id, opened_at)",
    "CREATE INDEX ON routing.asker (community_id, person_id, last_said_at)",
    "CREATE UNIQUE INDEX one_current_step ON routing.question_step (community_id, question_id) WHERE state = 'current'",
    "CREATE INDEX ON routing.question_clock (urgency_rank, due_at)",
    "CREATE INDEX ON routing.question_clock (due_at)",
    "CREATE INDEX ON routing.timeline_entry (community_id, question_id, position)",
    "CREATE INDEX ON routing.timeline_entry (community_id, question_id, position) WHERE untold_to IS NOT NULL",
]

FUNCTIONS = {
    # Emergencies first, then the longest overdue. A lease that runs out gives the clock to another claimer; the turn
    # tells a late holder that somebody else has acted.
    "claim_due_clocks(int, interval)": """
        CREATE FUNCTION routing.claim_due_clocks(at_most int, lease interval)
        RETURNS TABLE (claimed_community_id uuid, claimed_question_id uuid, claimed_turn bigint, claimed_kind text)
        LANGUAGE sql AS $$
            UPDATE routing.question_clock AS c SET leased_until = routing.clock_now() + lease
              FROM (SELECT community_id, question_id FROM routing.question_clock
                     WHERE due_at <= routing.clock_now()
                       AND (leased_until IS NULL OR leased_until <= routing.clock_now())
                     ORDER BY urgency_rank, due_at LIMIT at_most FOR UPDATE SKIP LOCKED) AS due
             WHERE c.community_id = due.community_id AND c.question_id = due.question_id
            RETURNING c.community_id, c.question_id, c.turn, c.kind $$""",
    # Changes of which the plugin that made the plan was not told yet; of each question the oldest only, to keep order.
    "claim_untold_changes(int, interval)": """
        CREATE FUNCTION routing.claim_untold_changes(at_most int, lease interval)
        RETURNS TABLE (claimed_community_id uuid, claimed_question_id uuid, claimed_entry_id uuid, claimed_plugin text)
        LANGUAGE sql AS $$
            UPDATE routing.timeline_entry AS e SET telling_until = routing.clock_now() + lease
              FROM (SELECT community_id, entry_id FROM routing.timeline_entry AS t WHERE untold_to IS NOT NULL
                       AND (telling_until IS NULL OR telling_until <= routing.clock_now())
                       AND NOT EXISTS (SELECT FROM routing.timeline_entry AS o WHERE o.untold_to IS NOT NULL
                            AND o.community_id = t.community_id AND o.question_id = t.question_id
                            AND o.position < t.position)
                     LIMIT at_most FOR UPDATE SKIP LOCKED) AS untold
             WHERE e.community_id = untold.community_id AND e.entry_id = untold.entry_id
            RETURNING e.community_id, e.question_id, e.entry_id, e.untold_to $$""",
    "seconds_to_next_clock()": """
        CREATE FUNCTION routing.seconds_to_next_clock() RETURNS double precision LANGUAGE sql STABLE AS $$
            SELECT EXTRACT(epoch FROM min(due_at) - routing.clock_now())::double precision
              FROM routing.question_clock WHERE leased_until IS NULL $$""",
    # The auditor: independent of the claimers, and cheap by the index of live questions.
    "audit_clocks(interval)": """
        CREATE FUNCTION routing.audit_clocks(late interval)
        RETURNS TABLE (live_count bigint, without_clock_count bigint, overdue_count bigint, oldest_overdue_seconds double precision)
        LANGUAGE sql STABLE AS $$
            SELECT count(*), count(*) FILTER (WHERE c.question_id IS NULL),
                   count(*) FILTER (WHERE c.due_at < routing.clock_now() - late),
                   GREATEST(0, COALESCE(EXTRACT(epoch FROM routing.clock_now() - min(c.due_at)), 0))::double precision
              FROM routing.question AS q
              LEFT JOIN routing.question_clock AS c ON c.community_id = q.community_id AND c.question_id = q.question_id
             WHERE q.ended_at IS NULL $$""",
}


def upgrade() -> None:
    for statement in foundation_v1("routing"):
        op.execute(statement)
    op.execute("CREATE SEQUENCE routing.clock_turn")
    op.execute("GRANT USAGE ON SEQUENCE routing.clock_turn TO louyu_routing")
    for table, columns in TABLES.items():
        op.execute(f"CREATE TABLE routing.{table} ({columns})")
        for statement in tenant_table_v1("routing", table):
            op.execute(statement)
    for statement in INDEXES:
        op.execute(statement)
    for statement in FUNCTIONS.values():
        op.execute(statement)
    for statement in worker_functions_v1("routing", FUNCTIONS):
        op.execute(statement)
