"""Deliveries: written with the wish to tell somebody, claimed by workers, recorded with what became of them.

The id of a delivery follows from the cause, the recipient and the channel, so the same cause never makes two.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from louyu_runtime.database import Transaction
from louyu_runtime.telemetry import current_traceparent
from louyu_sdk import RecipientKind, Urgency

from louyu_notify.delivery import Claimed, DeliveryState, Notice, Purpose
from louyu_notify.quiet_hours import QuietHours
from louyu_notify.verdict import Verdict


async def add(
    tx: Transaction,
    cause: str,
    notices: Sequence[Notice],
    *,
    question_id: str | None,
    question_number: int | None,
    after: timedelta = timedelta(),
) -> None:
    """Add deliveries, about a question or none, due after so long. `cause` names what happened; the same again adds nothing."""
    if not notices:
        return
    await tx.execute(
        "INSERT INTO delivery (community_id, delivery_id, recipient_kind, recipient_id, channel, other_channels, purpose,"
        "   urgency, ignores_quiet_hours, is_reply, title, text, url, source, valid_until, question_id, question_number,"
        "   due_at, traceparent, created_at)"
        " VALUES (CAST(:community AS uuid), CAST(md5(:identity) AS uuid), :kind, CAST(:recipient AS uuid), :channel,"
        "   :others, :purpose, :urgency, :ignores_quiet_hours, :is_reply, :title, :text, :url, :source, :valid_until,"
        "   CAST(:question AS uuid), :number, :due, :traceparent, :now) ON CONFLICT DO NOTHING",
        [
            {
                "community": tx.community_id,
                "identity": f"{cause}/{notice.recipient_id}/{notice.channel}",
                "kind": notice.recipient_kind.value,
                "recipient": notice.recipient_id,
                "channel": notice.channel,
                "others": list(notice.other_channels),
                "purpose": notice.purpose.value,
                "urgency": notice.urgency.value,
                "ignores_quiet_hours": notice.ignores_quiet_hours or notice.urgency is Urgency.EMERGENCY,
                "is_reply": notice.is_reply,
                "title": notice.title,
                "text": notice.text,
                "url": notice.url,
                "source": notice.source,
                "valid_until": notice.valid_until,
                "question": question_id,
                "number": question_number,
                "now": tx.now,
                "due": tx.now + after,
                "traceparent": current_traceparent(),
            }
            for notice in notices
        ],
    )


async def note_replied(tx: Transaction, cause: str, person_id: str, channel: str, *, question_id: str) -> None:
    """Note that a person was told by a reply what a delivery of this cause would say: it is not sent, now or later."""
    await tx.execute(
        "INSERT INTO delivery AS d (community_id, delivery_id, recipient_kind, recipient_id, channel, purpose, urgency,"
        "   question_id, state, due_at, created_at, ended_at)"
        " VALUES (CAST(:community AS uuid), CAST(md5(:identity) AS uuid), 'person', CAST(:person AS uuid), :channel,"
        "   :purpose, 'emergency', CAST(:question AS uuid), 'delivered', :now, :now, :now)"
        " ON CONFLICT (community_id, delivery_id) DO UPDATE SET state = 'delivered', ended_at = excluded.ended_at"
        "  WHERE d.state = 'waiting'",
        {
            "community": tx.community_id,
            "identity": f"{cause}/{person_id}/{channel}",
            "person": person_id,
            "channel": channel,
            "purpose": Purpose.EMERGENCY.value,
            "question": question_id,
            "now": tx.now,
        },
    )


async def cancel_waiting(tx: Transaction, question_id: str, purposes: Iterable[Purpose]) -> None:
    """Cancel what waits to be said of a question; what is being sent is not touched."""
    await tx.execute(
        "UPDATE delivery SET state = 'cancelled', ended_at = :now WHERE question_id = CAST(:question AS uuid)"
        " AND state = 'waiting' AND purpose = ANY (CAST(:purposes AS text[]))",
        {"question": question_id, "purposes": [purpose.value for purpose in purposes], "now": tx.now},
    )


async def claim(tx: Transaction, channel: str, *, at_most: int, lease: timedelta) -> list[Claimed]:
    """Claim deliveries of every community, the most urgent first. In a transaction without community."""
    rows = await tx.rows(
        "SELECT * FROM claim_deliveries(:channel, :at_most, :lease)", channel=channel, at_most=at_most, lease=lease
    )
    return [_claimed(row) for row in rows]


async def record(tx: Transaction, delivery: Claimed, verdict: Verdict) -> bool:
    """Record what became of an attempt; False when another worker has taken it over meanwhile."""
    is_over = verdict.state not in (DeliveryState.WAITING, DeliveryState.SENDING)
    due_at = verdict.held_until or tx.now + verdict.wait
    changed = await tx.value(
        "UPDATE delivery SET state = :state, due_at = CASE WHEN :state = 'waiting' THEN CAST(:due AS timestamptz)"
        "     ELSE due_at END,"
        "   leased_until = CASE WHEN :state = 'sending' THEN CAST(:due AS timestamptz) END,"
        "   ended_at = CAST(:ended AS timestamptz), error_class = :error_class, error_code = :error_code,"
        "   provider_id = :provider_id, is_possible_duplicate = is_possible_duplicate OR :duplicate,"
        "   try_count = try_count - :uncounted,"
        "   held_until = CASE WHEN :held THEN CAST(:due AS timestamptz) ELSE held_until END,"
        "   bundle_id = CASE WHEN :leaves THEN NULL ELSE bundle_id END"
        " WHERE delivery_id = CAST(:id AS uuid) AND attempt_id = CAST(:attempt AS uuid) AND state = 'sending'"
        " RETURNING true",
        state=verdict.state.value,
        due=due_at,
        ended=tx.now if is_over else None,
        error_class=verdict.error_class or None,
        error_code=verdict.error_code or None,
        provider_id=verdict.provider_id,
        duplicate=verdict.marks_possible_duplicate,
        uncounted=0 if verdict.counts_as_try else 1,
        held=verdict.held_until is not None,
        leaves=verdict.leaves_bundle,
        id=delivery.delivery_id,
        attempt=delivery.attempt_id,
    )
    return bool(changed)


async def add_on_next_channel(tx: Transaction, delivery: Claimed) -> str:
    """Add the same words for the same person on the next channel, due now; return that channel, "" if there is none."""
    if not delivery.other_channels:
        return ""
    channel, *others = delivery.other_channels
    await tx.execute(
        "INSERT INTO delivery (community_id, delivery_id, recipient_kind, recipient_id, channel, other_channels, purpose,"
        "   urgency, ignores_quiet_hours, is_reply, title, text, url, source, valid_until, question_id, question_number,"
        "   announcement_id, due_at, held_until, traceparent, created_at)"
        " SELECT community_id, CAST(md5(delivery_id || '/' || CAST(:channel AS text)) AS uuid), recipient_kind,"
        "   recipient_id, CAST(:channel AS text), CAST(:others AS text[]), purpose, urgency, ignores_quiet_hours, is_reply,"
        "   title, text, url, source, valid_until, question_id, question_number, announcement_id,"
        "   CAST(:now AS timestamptz), held_until, traceparent, CAST(:now AS timestamptz)"
        "  FROM delivery WHERE delivery_id = CAST(:id AS uuid) ON CONFLICT DO NOTHING",
        {"channel": channel, "others": others, "now": tx.now, "id": delivery.delivery_id},
    )
    return channel


async def add_for_places(
    tx: Transaction, announcement_id: str, *, group_channels: Sequence[str], screen_channels: Sequence[str]
) -> None:
    """Add an announcement's deliveries to the groups of its audience and to their screens, due now."""
    await tx.execute(
        "INSERT INTO delivery (community_id, delivery_id, recipient_kind, recipient_id, channel, purpose, urgency,"
        "   announcement_id, due_at, traceparent, created_at)"
        " SELECT a.community_id,"
        "   CAST(md5(a.announcement_id || '/' || place.recipient_id || '/' || place.channel) AS uuid), place.kind,"
        "   place.recipient_id, place.channel, 'announcement', " + _URGENCY + ", a.announcement_id,"
        "   CAST(:now AS timestamptz), CAST(:traceparent AS text), CAST(:now AS timestamptz)"
        "  FROM announcement AS a CROSS JOIN LATERAL ("
        "    SELECT 'group' AS kind, g.group_id AS recipient_id, channel FROM group_directory AS g,"
        "      unnest(CAST(:group_channels AS text[])) AS channel"
        "     WHERE a.group_ids = '{}' OR g.group_id = ANY (a.group_ids)"
        "    UNION ALL"
        "    SELECT 'screen', s.screen_id, channel FROM screen AS s,"
        "      unnest(CAST(:screen_channels AS text[])) AS channel"
        "     WHERE a.group_ids = '{}' OR s.group_id = ANY (a.group_ids)) AS place"
        " WHERE a.announcement_id = CAST(:id AS uuid) ON CONFLICT DO NOTHING",
        {
            "id": announcement_id,
            "group_channels": list(group_channels),
            "screen_channels": list(screen_channels),
            "now": tx.now,
            "traceparent": current_traceparent(),
        },
    )


async def add_for_members(
    tx: Transaction,
    announcement_id: str,
    household_ids: Sequence[str],
    *,
    person_channels: Sequence[str],
    due_at: datetime,
) -> None:
    """Add an announcement's deliveries to the members of these households, each on the first channel that they have.

    Those that are due later are held for the morning.
    """
    await tx.execute(
        "INSERT INTO delivery (community_id, delivery_id, recipient_kind, recipient_id, channel, other_channels, purpose,"
        "   urgency, ignores_quiet_hours, announcement_id, due_at, held_until, traceparent, created_at)"
        " SELECT a.community_id, CAST(md5(a.announcement_id || '/' || m.person_id || '/' || has.channels[1]) AS uuid),"
        "   'person', m.person_id, has.channels[1], has.channels[2:], 'announcement', " + _URGENCY + ","
        "   a.urgency = 'emergency', a.announcement_id, CAST(:due AS timestamptz),"
        "   CASE WHEN CAST(:due AS timestamptz) > CAST(:now AS timestamptz) THEN CAST(:due AS timestamptz) END,"
        "   CAST(:traceparent AS text), CAST(:now AS timestamptz)"
        "  FROM announcement AS a"
        "  JOIN household_member AS m ON m.household_id = ANY (CAST(:households AS uuid[]))"
        " CROSS JOIN LATERAL (SELECT array_agg(u.channel ORDER BY u.place) AS channels"
        "    FROM unnest(CAST(:channels AS text[])) WITH ORDINALITY AS u(channel, place)"
        "   WHERE u.channel = ANY (m.channels)) AS has"
        " WHERE a.announcement_id = CAST(:id AS uuid) AND has.channels IS NOT NULL"
        "   AND NOT EXISTS (SELECT FROM delivery AS d WHERE d.community_id = a.community_id"
        "     AND d.announcement_id = a.announcement_id AND d.recipient_kind = 'person' AND d.recipient_id = m.person_id)"
        " ON CONFLICT DO NOTHING",
        {
            "id": announcement_id,
            "households": list(household_ids),
            "channels": list(person_channels),
            "due": due_at,
            "now": tx.now,
            "traceparent": current_traceparent(),
        },
    )


_URGENCY = "CASE a.urgency WHEN 'emergency' THEN 'emergency' WHEN 'important' THEN 'high' ELSE 'normal' END"


def _claimed(row: Any) -> Claimed:
    quiet = QuietHours()
    if row.quiet_from is not None:
        quiet = QuietHours(begins=row.quiet_from, ends=row.quiet_until, zone=ZoneInfo(row.time_zone))
    return Claimed(
        community_id=str(row.community_id),
        delivery_id=str(row.delivery_id),
        attempt_id=str(row.attempt_id),
        was_sending=row.found_state == "sending",
        recipient_kind=RecipientKind(row.recipient_kind),
        recipient_id=str(row.recipient_id),
        channel=row.channel,
        other_channels=tuple(row.other_channels),
        purpose=Purpose(row.purpose),
        urgency=Urgency(row.urgency),
        ignores_quiet_hours=row.ignores_quiet_hours,
        is_reply=row.is_reply,
        title=row.title,
        text=row.words,
        url=row.url,
        source=row.source,
        valid_until=row.valid_until,
        question_id=str(row.question_id) if row.question_id else None,
        question_number=row.question_number,
        announcement_id=str(row.announcement_id) if row.announcement_id else None,
        try_count=row.try_count,
        is_possible_duplicate=row.is_possible_duplicate,
        traceparent=row.traceparent,
        created_at=row.created_at,
        quiet_hours=quiet,
        bundle_id=str(row.bundle_id) if row.bundle_id else None,
    )
