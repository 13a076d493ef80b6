"""The ledger's lines: filled, settled from the facts, and listed, all inside the database."""

from collections.abc import Sequence
from typing import Any

from louyu_runtime.database import Transaction

from louyu_notify.announcement import HouseholdReach, ReachState, VisitResult

SCREEN_IS_ALIVE = "interval '15 minutes'"
"""A screen that has not reported for so long shows nothing that could be waited for."""

_MEMBER_IN_GROUP = (
    "EXISTS (SELECT FROM household_member AS m WHERE m.household_id = h.household_id"
    " AND d.recipient_id = ANY (m.group_ids))"
)
_SCREEN_IN_BUILDING = (
    "EXISTS (SELECT FROM screen AS s JOIN group_building AS b ON b.group_id = s.group_id"
    " WHERE s.screen_id = d.recipient_id AND b.building_id = h.building_id{alive})"
)
_PERSON_OF_HOUSEHOLD = (
    "EXISTS (SELECT FROM household_member AS m WHERE m.household_id = h.household_id AND m.person_id = d.recipient_id)"
)


async def fill(tx: Transaction, announcement_id: str, *, at_most: int) -> list[str]:
    """Write lines for households of the audience that have none yet; return their ids, fewer than asked at the end."""
    rows = await tx.rows(
        "INSERT INTO household_reach (community_id, announcement_id, household_id)"
        " SELECT h.community_id, a.announcement_id, h.household_id FROM announcement AS a JOIN household AS h"
        "     ON a.group_ids = '{}' OR h.building_id IN"
        "        (SELECT b.building_id FROM group_building AS b WHERE b.group_id = ANY (a.group_ids))"
        "  WHERE a.announcement_id = CAST(:id AS uuid) AND NOT EXISTS (SELECT FROM household_reach AS r"
        "     WHERE r.community_id = h.community_id AND r.announcement_id = a.announcement_id"
        "       AND r.household_id = h.household_id)"
        "  ORDER BY h.household_id LIMIT :at_most ON CONFLICT DO NOTHING RETURNING household_id",
        id=announcement_id,
        at_most=at_most,
    )
    return [str(row.household_id) for row in rows]


async def not_reached(tx: Transaction, announcement_id: str) -> list[str]:
    """Return the households that are not reached."""
    rows = await tx.rows(
        "SELECT household_id FROM household_reach WHERE announcement_id = CAST(:id AS uuid) AND state <> 'reached'",
        id=announcement_id,
    )
    return [str(row.household_id) for row in rows]


async def reach_households_of(
    tx: Transaction, announcement_id: str, person_ids: Sequence[str], channel: str
) -> list[str]:
    """Mark the households of these persons as reached; return those that were not before."""
    rows = await tx.rows(
        "UPDATE household_reach AS r SET state = 'reached', channel = :channel, at = :now"
        " WHERE r.announcement_id = CAST(:id AS uuid) AND r.state <> 'reached' AND r.household_id IN"
        "   (SELECT m.household_id FROM household_member AS m WHERE m.person_id = ANY (CAST(:persons AS uuid[])))"
        " RETURNING r.household_id",
        id=announcement_id,
        channel=channel,
        now=tx.now,
        persons=list(person_ids),
    )
    return [str(row.household_id) for row in rows]


async def record_visit(
    tx: Transaction, announcement_id: str, household_id: str, result: VisitResult
) -> ReachState | None:
    """Write what happened at the door; return the state before, None if the ledger has no such household."""
    told = result is not VisitResult.NOT_AT_HOME
    row = await tx.row(
        "UPDATE household_reach AS r SET last_visit = :result,"
        "   state = CASE WHEN :told THEN 'reached' ELSE r.state END,"
        "   channel = CASE WHEN r.state <> 'reached' THEN 'visit' ELSE r.channel END,"
        "   at = CASE WHEN r.state <> 'reached' THEN CAST(:now AS timestamptz) ELSE r.at END"
        "  FROM (SELECT state FROM household_reach WHERE announcement_id = CAST(:id AS uuid)"
        "     AND household_id = CAST(:household AS uuid) FOR UPDATE) AS before"
        " WHERE r.announcement_id = CAST(:id AS uuid) AND r.household_id = CAST(:household AS uuid)"
        " RETURNING before.state",
        id=announcement_id,
        household=household_id,
        result=result.value,
        told=told,
        now=tx.now,
    )
    return None if row is None else ReachState(row.state)


async def settle(tx: Transaction, announcement_id: str, household_ids: Sequence[str] | None = None) -> None:
    """Derive the state of households from what became of the deliveries that concern them; all of them when None.

    Never lowers a household: what was sent or reached stays so. The caller holds the announcement's lock.
    """
    await tx.execute(
        "UPDATE household_reach AS r SET"
        "   state = CASE WHEN n.channel IS NOT NULL THEN 'sent' WHEN n.is_pending THEN 'waiting' ELSE 'unreachable' END,"
        "   channel = COALESCE(n.channel, n.tried_channel, r.channel), at = COALESCE(n.at, n.tried_at, r.at)"
        "  FROM (SELECT h.household_id, sent.channel, sent.at, tried.channel AS tried_channel, tried.at AS tried_at,"
        "      EXISTS (SELECT FROM delivery AS d WHERE d.announcement_id = CAST(:id AS uuid) AND ("
        "        d.state IN ('waiting', 'sending') AND (d.recipient_kind = 'person' AND "
        + _PERSON_OF_HOUSEHOLD
        + "          OR d.recipient_kind = 'group' AND "
        + _MEMBER_IN_GROUP
        + ")"
        "        OR d.recipient_kind = 'screen' AND d.state IN ('waiting', 'sending', 'delivered')"
        "          AND "
        + _SCREEN_IN_BUILDING.format(alive=f" AND s.last_seen_at > clock_now() - {SCREEN_IS_ALIVE}")
        + "      )) AS is_pending"
        "    FROM household AS h"
        "    LEFT JOIN LATERAL (SELECT d.channel, COALESCE(d.shown_at, d.ended_at) AS at FROM delivery AS d"
        "       WHERE d.announcement_id = CAST(:id AS uuid) AND ("
        "         d.recipient_kind = 'group' AND d.state IN ('delivered', 'unknown') AND "
        + _MEMBER_IN_GROUP
        + "         OR d.recipient_kind = 'person' AND d.state = 'unknown' AND "
        + _PERSON_OF_HOUSEHOLD
        + "         OR d.recipient_kind = 'screen' AND d.shown_at IS NOT NULL AND "
        + _SCREEN_IN_BUILDING.format(alive="")
        + "       ) ORDER BY COALESCE(d.shown_at, d.ended_at) LIMIT 1) AS sent ON true"
        "    LEFT JOIN LATERAL (SELECT d.channel, d.ended_at AS at FROM delivery AS d"
        "       WHERE d.announcement_id = CAST(:id AS uuid) AND d.recipient_kind = 'person' AND d.state = 'failed'"
        "         AND " + _PERSON_OF_HOUSEHOLD + " ORDER BY d.ended_at DESC LIMIT 1) AS tried ON true"
        "   WHERE h.household_id IN (SELECT l.household_id FROM household_reach AS l"
        "       WHERE l.announcement_id = CAST(:id AS uuid) AND l.state IN ('waiting', 'unreachable')"
        "         AND (CAST(:households AS uuid[]) IS NULL OR l.household_id = ANY (CAST(:households AS uuid[]))))"
        "  ) AS n"
        " WHERE r.announcement_id = CAST(:id AS uuid) AND r.household_id = n.household_id"
        "   AND r.state IN ('waiting', 'unreachable')",
        {"id": announcement_id, "households": None if household_ids is None else list(household_ids)},
    )


async def households_of(tx: Transaction, person_ids: Sequence[str]) -> list[str]:
    """Return the households to which these persons belong."""
    rows = await tx.rows(
        "SELECT DISTINCT household_id FROM household_member WHERE person_id = ANY (CAST(:ids AS uuid[]))",
        ids=list(person_ids),
    )
    return [str(row.household_id) for row in rows]


async def lines(
    tx: Transaction,
    announcement_id: str,
    *,
    states: Sequence[ReachState],
    in_groups: Sequence[str] | None,
    after: tuple[int, str, str] | None = None,
    household_id: str | None = None,
    at_most: int = 1,
) -> list[HouseholdReach]:
    """Return lines, who must be looked after first, then by building and flat, from after a position.

    `in_groups` restricts to the buildings of these groups; `household_id` to one household.
    """
    rows = await tx.rows(
        "SELECT r.*, h.flat, h.place_order, COALESCE(b.name, h.building_key) AS building_name"
        "  FROM household_reach AS r"
        "  JOIN household AS h ON h.community_id = r.community_id AND h.household_id = r.household_id"
        "  LEFT JOIN LATERAL (SELECT g.name FROM group_building AS g WHERE g.building_id = h.building_id LIMIT 1) AS b"
        "    ON true"
        " WHERE r.announcement_id = CAST(:id AS uuid)"
        "   AND (CAST(:states AS text[]) = '{}' OR r.state = ANY (CAST(:states AS text[])))"
        "   AND (CAST(:household AS uuid) IS NULL OR r.household_id = CAST(:household AS uuid))"
        "   AND (CAST(:groups AS uuid[]) IS NULL OR h.building_id IN"
        "     (SELECT building_id FROM group_building WHERE group_id = ANY (CAST(:groups AS uuid[]))))"
        "   AND (CAST(:rank AS int) IS NULL OR (r.state_rank, h.place_order, r.household_id) >"
        "     (CAST(:rank AS int), CAST(:place AS text), CAST(:last AS uuid)))"
        " ORDER BY r.state_rank, h.place_order, r.household_id LIMIT :at_most",
        id=announcement_id,
        states=[state.value for state in states],
        groups=None if in_groups is None else list(in_groups),
        household=household_id,
        rank=after[0] if after else None,
        place=after[1] if after else None,
        last=after[2] if after else None,
        at_most=at_most,
    )
    return [_line(row) for row in rows]


def _line(row: Any) -> HouseholdReach:
    return HouseholdReach(
        household_id=str(row.household_id),
        building_name=row.building_name,
        flat=row.flat,
        state=ReachState(row.state),
        channel=row.channel,
        at=row.at,
        last_visit=VisitResult(row.last_visit) if row.last_visit else None,
        state_rank=row.state_rank,
        place_order=row.place_order,
    )
