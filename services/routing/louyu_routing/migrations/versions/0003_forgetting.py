"""Rows that nobody needs any more go in bounded batches; of long ended questions the course and the names."""

from alembic import op
from louyu_runtime.schema import forgetting_v1, oldest_of

revision = "0003"
down_revision = "0002"

# The question itself stays, for the series: what was asked, what came of it, and when.
ENDED_QUESTION = """
    WITH old AS (
        SELECT community_id, question_id FROM routing.question
         WHERE ended_at IS NOT NULL AND (forgotten_at IS NULL OR forgotten_at < ended_at) AND ended_at < cutoff
         ORDER BY ended_at LIMIT at_most FOR UPDATE SKIP LOCKED),
    entries AS (
        DELETE FROM routing.timeline_entry AS t USING old AS o
         WHERE t.community_id = o.community_id AND t.question_id = o.question_id),
    steps AS (
        DELETE FROM routing.question_step AS s USING old AS o
         WHERE s.community_id = o.community_id AND s.question_id = o.question_id),
    names AS (
        UPDATE routing.asker AS a SET name = '' FROM old AS o
         WHERE a.community_id = o.community_id AND a.question_id = o.question_id)
    UPDATE routing.question AS q SET forgotten_at = routing.clock_now(), answered_by = '', acknowledged_by = ''
      FROM old AS o WHERE q.community_id = o.community_id AND q.question_id = o.question_id"""


def upgrade() -> None:
    for statement in (
        "ALTER TABLE routing.question ADD COLUMN forgotten_at timestamptz",
        "CREATE INDEX ON routing.question (ended_at)"
        " WHERE ended_at IS NOT NULL AND (forgotten_at IS NULL OR forgotten_at < ended_at)",
        "CREATE INDEX ON routing.heard_message (posted_at)",
        *forgetting_v1(
            "routing",
            {
                # a message of a question that still lives is what replies to it are known by
                "heard_message": oldest_of(
                    "routing",
                    "heard_message",
                    "group_id, seq",
                    "posted_at < cutoff AND NOT EXISTS (SELECT FROM routing.question AS q"
                    " WHERE q.community_id = heard_message.community_id AND q.question_id = heard_message.question_id"
                    " AND q.ended_at IS NULL)",
                ),
                "ended_question": ENDED_QUESTION,
            },
        ),
    ):
        op.execute(statement)
