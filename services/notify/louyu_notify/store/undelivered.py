"""Deliveries that did not surely arrive, as they stand, and taking one up again."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from louyu_runtime.database import Transaction
from louyu_sdk import RecipientKind

from louyu_notify.delivery import DeliveryState, Purpose, Undelivered

# The next channel's id follows from this one's, see `deliveries.add_on_next_channel`. `flat` is that of the household that
# a person belongs to. A step is over once the question is answered, an announcement once it has run out;
# what has lost its words with time cannot be said again.
_SELECT = """
    SELECT d.*, a.title AS announcement_title,
           COALESCE((SELECT h.building_key || '-' || h.flat FROM household_member AS m
                       JOIN household AS h ON h.community_id = m.community_id AND h.household_id = m.household_id
                      WHERE d.recipient_kind = 'person' AND m.community_id = d.community_id
                        AND m.person_id = d.recipient_id ORDER BY h.place_order LIMIT 1), '') AS flat,
           CASE WHEN d.announcement_id IS NOT NULL THEN a.valid_until > :now
                WHEN d.valid_until <= :now OR d.text IS NULL THEN false
                WHEN d.purpose IN ('step', 'acknowledged', 'asked_back', 'emergency')
                THEN COALESCE(q.state NOT IN ('answered', 'resolved', 'closed'), true)
                ELSE true END AS still_matters
      FROM delivery AS d
      LEFT JOIN announcement AS a ON a.community_id = d.community_id AND a.announcement_id = d.announcement_id
      LEFT JOIN question_status AS q ON q.community_id = d.community_id AND q.question_id = d.question_id
     WHERE d.community_id = CAST(:community AS uuid) AND d.state IN ('failed', 'unknown')
       AND NOT EXISTS (SELECT FROM delivery AS n WHERE n.community_id = d.community_id
            AND n.delivery_id = CAST(md5(d.delivery_id || '/' || d.other_channels[1]) AS uuid))
       AND (CAST(:groups AS uuid[]) IS NULL
            OR d.recipient_kind = 'group' AND d.recipient_id = ANY (CAST(:groups AS uuid[]))
            OR d.recipient_kind = 'screen' AND EXISTS (SELECT FROM screen AS s WHERE s.community_id = d.community_id
                 AND s.screen_id = d.recipient_id AND s.group_id = ANY (CAST(:groups AS uuid[])))
            OR d.recipient_kind = 'person' AND EXISTS (SELECT FROM household_member AS m
                 WHERE m.community_id = d.community_id AND m.person_id = d.recipient_id
                   AND m.group_ids && CAST(:groups AS uuid[])))"""


async def latest(
    tx: Transaction,
    *,
    in_groups: Sequence[str] | None,
    state: DeliveryState | None,
    after: tuple[datetime, str] | None,
    at_most: int,
) -> list[Undelivered]:
    """Return them, the latest first. `in_groups`: None shows all, else those that concern these groups."""
    rows = await tx.rows(
        _SELECT + "   AND (CAST(:state AS text) IS NULL OR d.state = :state)"
        "   AND (CAST(:at AS timestamptz) IS NULL OR (d.ended_at, d.delivery_id) <"
        "     (CAST(:at AS timestamptz), CAST(:id AS uuid)))"
        " ORDER BY d.ended_at DESC, d.delivery_id DESC LIMIT :at_most",
        community=tx.community_id,
        now=tx.now,
        groups=None if in_groups is None else list(in_groups),
        state=state.value if state else None,
        at=after[0] if after else None,
        id=after[1] if after else None,
        at_most=at_most,
    )
    return [_undelivered(row) for row in rows]


async def find(tx: Transaction, delivery_id: str, *, in_groups: Sequence[str] | None) -> Undelivered | None:
    """Return one of them."""
    row = await tx.row(
        _SELECT + " AND d.delivery_id = CAST(:id AS uuid)",
        community=tx.community_id,
        now=tx.now,
        groups=None if in_groups is None else list(in_groups),
        id=delivery_id,
    )
    return None if row is None else _undelivered(row)


async def send_again(tx: Transaction, delivery_id: str) -> bool:
    """Let it be sent once more, by itself; False when it is not failed or unknown any more."""
    return bool(
        await tx.value(
            "UPDATE delivery SET is_possible_duplicate = is_possible_duplicate OR state = 'unknown', state = 'waiting',"
            "   due_at = :now, ended_at = NULL, leased_until = NULL, try_count = 0, held_until = NULL, bundle_id = NULL"
            " WHERE community_id = CAST(:community AS uuid) AND delivery_id = CAST(:id AS uuid)"
            "   AND state IN ('failed', 'unknown') RETURNING true",
            community=tx.community_id,
            id=delivery_id,
            now=tx.now,
        )
    )


def _undelivered(row: Any) -> Undelivered:
    return Undelivered(
        delivery_id=str(row.delivery_id),
        channel=row.channel,
        state=DeliveryState(row.state),
        recipient_kind=RecipientKind(row.recipient_kind),
        recipient_id=str(row.recipient_id),
        flat=row.flat,
        purpose=Purpose(row.purpose),
        question_id=str(row.question_id) if row.question_id else None,
        question_number=row.question_number,
        announcement_id=str(row.announcement_id) if row.announcement_id else None,
        announcement_title=row.announcement_title or "",
        reason_class=row.error_class or "",
        reason_code=row.error_code or "",
        try_count=row.try_count,
        ended_at=row.ended_at,
        still_matters=bool(row.still_matters),
    )
