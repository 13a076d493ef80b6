"""Announcements as they were published, and which of their ledgers want looking after."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from louyu_runtime.database import Transaction

from louyu_notify.announcement import Announcement, AnnouncementUrgency, Counts, ReachState


async def insert(tx: Transaction, announcement: Announcement) -> None:
    """Write a new announcement, whose ledger is to be filled at once."""
    await tx.execute(
        "INSERT INTO announcement (community_id, announcement_id, title, text, urgency, group_ids, channels, source,"
        "   published_at, valid_until, published_by, published_by_id, work_at)"
        " VALUES (CAST(:community AS uuid), CAST(:id AS uuid), :title, :text, :urgency, CAST(:groups AS uuid[]),"
        "   CAST(:channels AS text[]), :source, :published_at, :valid_until, :published_by, CAST(:by AS uuid),"
        "   :published_at)",
        {
            "community": tx.community_id,
            "id": announcement.announcement_id,
            "title": announcement.title,
            "text": announcement.text,
            "urgency": announcement.urgency.value,
            "groups": list(announcement.group_ids),
            "channels": list(announcement.channels),
            "source": announcement.source,
            "published_at": announcement.published_at,
            "valid_until": announcement.valid_until,
            "published_by": announcement.published_by,
            "by": announcement.published_by_id,
        },
    )


async def find(tx: Transaction, announcement_id: str, *, locked: bool = False) -> Announcement | None:
    """Return an announcement; `locked` keeps others from changing its ledger until the end of the transaction."""
    row = await tx.row(
        "SELECT * FROM announcement WHERE announcement_id = CAST(:id AS uuid)" + (" FOR UPDATE" if locked else ""),
        id=announcement_id,
    )
    return None if row is None else _announcement(row)


async def lock(tx: Transaction, announcement_ids: Sequence[str]) -> None:
    """Keep others from changing the ledgers of these announcements, in key order, until the end of the transaction."""
    await tx.rows(
        "SELECT 1 FROM announcement WHERE announcement_id = ANY (CAST(:ids AS uuid[])) ORDER BY announcement_id"
        " FOR UPDATE",
        ids=list(announcement_ids),
    )


async def newest(
    tx: Transaction,
    *,
    visible_to_groups: Sequence[str] | None,
    after: tuple[datetime, str] | None,
    at_most: int,
) -> list[Announcement]:
    """Return announcements, newest first, from after a position. `visible_to_groups`: None shows all, else those for
    the whole community or for one of these groups."""
    rows = await tx.rows(
        "SELECT * FROM announcement WHERE (CAST(:groups AS uuid[]) IS NULL OR group_ids = '{}'"
        "     OR group_ids && CAST(:groups AS uuid[]))"
        "   AND (CAST(:at AS timestamptz) IS NULL OR (published_at, announcement_id) <"
        "     (CAST(:at AS timestamptz), CAST(:id AS uuid)))"
        " ORDER BY published_at DESC, announcement_id DESC LIMIT :at_most",
        groups=None if visible_to_groups is None else list(visible_to_groups),
        at=after[0] if after else None,
        id=after[1] if after else None,
        at_most=at_most,
    )
    return [_announcement(row) for row in rows]


async def counts(tx: Transaction, announcement_ids: Sequence[str]) -> dict[str, Counts]:
    """Count the households of these announcements by state. Counted, not kept, so they cannot be wrong."""
    rows = await tx.rows(
        "SELECT announcement_id, state_rank, count(*) AS households FROM household_reach"
        " WHERE announcement_id = ANY (CAST(:ids AS uuid[])) GROUP BY announcement_id, state_rank",
        ids=list(announcement_ids),
    )
    by_rank = {(str(row.announcement_id), row.state_rank): int(row.households) for row in rows}
    return {
        one: Counts(**{state.value: by_rank.get((one, rank), 0) for rank, state in enumerate(RANKS)})
        for one in announcement_ids
    }


RANKS = (ReachState.UNREACHABLE, ReachState.WAITING, ReachState.SENT, ReachState.REACHED)
"""States in the order of the list of households: who must be looked after first. As in `household_reach.state_rank`."""


async def claim_ledger_work(tx: Transaction, *, at_most: int, lease: timedelta) -> list[tuple[str, str]]:
    """Claim ledgers that want looking after: pairs of community and announcement. In a transaction without community."""
    rows = await tx.rows("SELECT * FROM claim_ledger_work(:at_most, :lease)", at_most=at_most, lease=lease)
    return [(str(row.claimed_community_id), str(row.claimed_announcement_id)) for row in rows]


async def plan_ledger_work(
    tx: Transaction, announcement_id: str, *, at: datetime | None, is_complete: bool | None = None
) -> None:
    """Say when the ledger is to be looked after next, and end the lease."""
    await tx.execute(
        "UPDATE announcement SET work_at = CAST(:at AS timestamptz), leased_until = NULL,"
        "   is_ledger_complete = COALESCE(CAST(:complete AS boolean), is_ledger_complete)"
        " WHERE announcement_id = CAST(:id AS uuid)",
        {"id": announcement_id, "at": at, "complete": is_complete},
    )


async def look_again(tx: Transaction) -> None:
    """Let every ledger that still counts be looked after at once: the directory has changed."""
    await tx.execute(
        "UPDATE announcement SET work_at = :now WHERE valid_until > :now AND (work_at IS NULL OR work_at > :now)",
        {"now": tx.now},
    )


def _announcement(row: Any) -> Announcement:
    return Announcement(
        announcement_id=str(row.announcement_id),
        community_id=str(row.community_id),
        title=row.title,
        text=row.text,
        urgency=AnnouncementUrgency(row.urgency),
        group_ids=tuple(str(group) for group in row.group_ids),
        channels=tuple(row.channels),
        source=row.source,
        published_at=row.published_at,
        valid_until=row.valid_until,
        published_by=row.published_by,
        published_by_id=str(row.published_by_id) if row.published_by_id else None,
        is_ledger_complete=row.is_ledger_complete,
    )
