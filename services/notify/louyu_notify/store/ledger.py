"""The ledger's lines: filled, settled from the facts, and listed, all inside the database."""

from collections.abc import Sequence
from typing import Any

from louyu_runtime.database import Transaction

from louyu_notify.announcement import HouseholdReach, ReachState, VisitResult

SCREEN_IS_ALIVE = "interval '15 minutes'"
"""A screen that has not reported for so long shows nothing that could be waited for."""

# What is known of how an announcement stands with each household, a line for each delivery that concerns it.
_FACTS = f"""
    SELECT c.household_id, d.channel, d.ended_at AS at,
           CASE WHEN d.state IN ('waiting', 'sending') THEN 'pending' WHEN d.state = 'unknown' THEN 'sent'
                WHEN d.state = 'failed' THEN 'tried' END AS what
      FROM concerned AS c
      JOIN household_member AS m ON m.household_id = c.household_id
      JOIN delivery AS d ON d.recipient_id = m.person_id
     WHERE d.announcement_id = CAST(:id AS uuid) AND d.recipient_kind = 'person'
    UNION ALL
    SELECT c.household_id, d.channel, d.ended_at,
           CASE WHEN d.state IN ('waiting', 'sending') THEN 'pending' WHEN d.state IN ('delivered', 'unknown') THEN 'sent'
           END
      FROM delivery AS d
      JOIN (SELECT m.household_id, unnest(m.group_ids) AS group_id FROM household_member AS m) AS m
        ON m.group_id = d.recipient_id
      JOIN concerned AS c ON c.household_id = m.household_id
     WHERE d.announcement_id = CAST(:id AS uuid) AND d.recipient_kind = 'group'
    UNION ALL
    SELECT c.household_id, d.channel, d.shown_at,
           CASE WHEN d.shown_at IS NOT NULL THEN 'sent'
                WHEN d.state IN ('waiting', 'sending', 'delivered')
                 AND s.last_seen_at > clock_now() - {SCREEN_IS_ALIVE} THEN 'pending' END
      FROM delivery AS d
      JOIN screen AS s ON s.screen_id = d.recipient_id
      JOIN group_building AS b ON b.group_id = s.group_id
      JOIN concerned AS c ON c.building_id = b.building_id
     WHERE d.announcement_id = CAST(:id AS uuid) AND d.recipient_kind = 'screen'
    UNION ALL
    SELECT c.household_id, NULL, NULL, NULL FROM concerned AS c"""

# The channel that was first sent on; before any was, the one that was last tried.
_TELLING_FIRST = """ORDER BY f.what = 'sent' DESC, EXTRACT(epoch FROM f.at) * CASE f.what WHEN 'sent' THEN 1 ELSE -1 END)
            FILTER (WHERE f.what IN ('sent', 'tried'))"""


async def fill(tx: Transaction, announcement_id: str, *, at_most: int) -> list[str]:
    """Write lines for households of the audience that have none yet; return their ids, fewer than asked at the end."""
    await _expect_no_statistics(tx)
    rows = await tx.rows(
        "INSERT INTO household_reach (community_id, announcement_id, household_id)"
        " SELECT h.community_id, a.announcement_id, h.household_id FROM announcement AS a JOIN household AS h"
        "     ON NOT h.is_removed AND (a.group_ids = '{}' OR h.building_id IN"
        "        (SELECT b.building_id FROM group_building AS b WHERE b.group_id = ANY (a.group_ids)))"
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


async def drop_removed(tx: Transaction, announcement_id: str) -> None:
    """Take out households that are no more and were not told: nobody is to knock where there is no door."""
    await tx.execute(
        "DELETE FROM household_reach AS r USING household AS h WHERE r.announcement_id = CAST(:id AS uuid)"
        " AND r.state IN ('waiting', 'unreachable') AND h.community_id = r.community_id"
        " AND h.household_id = r.household_id AND h.is_removed",
        {"id": announcement_id},
    )


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
    await _expect_no_statistics(tx)
    await tx.execute(
        f"""WITH concerned AS MATERIALIZED (
            SELECT r.household_id, h.building_id FROM household_reach AS r
              JOIN household AS h ON h.community_id = r.community_id AND h.household_id = r.household_id
             WHERE r.announcement_id = CAST(:id AS uuid) AND r.state IN ('waiting', 'unreachable')
               AND (CAST(:households AS uuid[]) IS NULL OR r.household_id = ANY (CAST(:households AS uuid[])))),
        derived AS (
            SELECT f.household_id,
                   CASE WHEN bool_or(f.what = 'sent') THEN 'sent' WHEN bool_or(f.what = 'pending') THEN 'waiting'
                        ELSE 'unreachable' END AS state,
                   (array_agg(f.channel {_TELLING_FIRST})[1] AS channel, (array_agg(f.at {_TELLING_FIRST})[1] AS at
              FROM ({_FACTS}) AS f GROUP BY f.household_id)
        UPDATE household_reach AS r SET state = n.state, channel = COALESCE(n.channel, r.channel),
               at = COALESCE(n.at, r.at)
          FROM derived AS n
         WHERE r.announcement_id = CAST(:id AS uuid) AND r.household_id = n.household_id
           AND r.state IN ('waiting', 'unreachable')
           AND (r.state, r.channel, r.at) IS DISTINCT FROM
               (n.state, COALESCE(n.channel, r.channel), COALESCE(n.at, r.at))""",
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


async def _expect_no_statistics(tx: Transaction) -> None:
    """Forbid nested loops for the rest of the transaction.

    The statistics know nothing of an announcement that is a second old: the planner takes each of its sets for one row,
    and nested loops over thousands of households take minutes (tried with 5,000).
    """
    await tx.execute("SELECT set_config('enable_nestloop', 'off', true)")


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
