"""Rows that nobody needs any more go in bounded batches; the words of deliveries first."""

from alembic import op
from louyu_runtime.schema import forgetting_v1, oldest_of

revision = "0006"
down_revision = "0005"

# An announcement that still counts knows by its deliveries whom it has told.
RUN_OUT = (
    "NOT EXISTS (SELECT FROM notify.announcement AS a WHERE a.community_id = delivery.community_id"
    " AND a.announcement_id = delivery.announcement_id AND a.valid_until > notify.clock_now())"
)
DELIVERY_TEXT = """
    UPDATE notify.delivery AS d SET title = NULL, text = NULL, url = NULL, source = NULL
      FROM (SELECT community_id, delivery_id FROM notify.delivery
             WHERE text IS NOT NULL AND ended_at < cutoff LIMIT at_most FOR UPDATE SKIP LOCKED) AS old
     WHERE d.community_id = old.community_id AND d.delivery_id = old.delivery_id"""


def upgrade() -> None:
    for statement in (
        "CREATE INDEX ON notify.delivery (ended_at) WHERE ended_at IS NOT NULL",
        "CREATE INDEX ON notify.delivery (ended_at) WHERE ended_at IS NOT NULL AND text IS NOT NULL",
        "CREATE INDEX ON notify.announcement (valid_until)",
        "CREATE INDEX ON notify.question_status (changed_at)",
        *forgetting_v1(
            "notify",
            {
                "delivery_text": DELIVERY_TEXT,
                "delivery": oldest_of("notify", "delivery", "delivery_id", f"ended_at < cutoff AND {RUN_OUT}"),
                # its ledger goes with it
                "announcement": oldest_of("notify", "announcement", "announcement_id", "valid_until < cutoff"),
                "question_status": oldest_of(
                    "notify",
                    "question_status",
                    "question_id",
                    "changed_at < cutoff AND state IN ('resolved', 'closed')",
                ),
                "screen_proof": oldest_of("notify", "screen_proof", "screen_id, item_id", "last_shown_at < cutoff"),
            },
        ),
    ):
        op.execute(statement)
