"""The ledger: every household of an announcement's audience, and what is known of whether it knows.

| channel | what happened | the household is |
| --- | --- | --- |
| a person's own (WeChat) | the provider accepted the message for one of its members | reached |
| a person's own | nobody can say whether it arrived | sent |
| group | the message stands in a group where one of its members is | sent: a post is no proof that anybody read it |
| lobby_display | a screen in its building proved that it showed the item | sent |
| visit | told at the door, or a slip was left | reached |
| visit | nobody at home | as before, with the visit noted |

As long as something of this may still come, the household is `waiting`; when nothing can, it is `unreachable` and stands
first in the list of doors to knock at. A screen that has been silent for 15 minutes is not waited for. A state never
falls; what moves a household up later (a screen comes back, somebody joins) moves it up.
"""

import logging
from datetime import datetime, timedelta

from louyu_runtime.database import Database, Transaction
from louyu_sdk import RecipientKind

from louyu_notify import facts
from louyu_notify.announcement import Announcement, AnnouncementUrgency, HouseholdReach, ReachState, VisitResult
from louyu_notify.channel_list import ChannelList
from louyu_notify.errors import HouseholdNotFound, LedgerIncomplete
from louyu_notify.quiet_hours import next_allowed
from louyu_notify.store import announcements, communities, deliveries
from louyu_notify.store import ledger as store

logger = logging.getLogger(__name__)

CHUNK = 1000
LEASE = timedelta(seconds=30)
LOOK_AGAIN_AFTER = timedelta(minutes=5)


async def claim_work(database: Database) -> list[tuple[str, str]]:
    """Claim ledgers that want looking after: pairs of community and announcement."""
    async with database.transaction() as tx:
        return await announcements.claim_ledger_work(tx, at_most=10, lease=LEASE)


async def look_after(tx: Transaction, announcement_id: str, channels: ChannelList) -> bool:
    """Write the next chunk of lines with their persons' deliveries, then settle; return whether there is more to write.

    Households that move in and persons who join while the announcement counts are taken up here as well.
    """
    announcement = await announcements.find(tx, announcement_id, locked=True)
    if announcement is None:
        return False
    await store.drop_removed(tx, announcement_id)
    added = await store.fill(tx, announcement_id, at_most=CHUNK)
    is_complete = len(added) < CHUNK
    told = await store.not_reached(tx, announcement_id) if is_complete else added
    await deliveries.add_for_members(
        tx,
        announcement_id,
        told,
        person_channels=channels.of(RecipientKind.PERSON, announcement.channels),
        due_at=await _due_at(tx, announcement),
    )
    await store.settle(tx, announcement_id, None if is_complete else added)
    counts_still = tx.now < announcement.valid_until
    again = tx.now if not is_complete else (tx.now + LOOK_AGAIN_AFTER if counts_still else None)
    await announcements.plan_ledger_work(tx, announcement_id, at=again, is_complete=is_complete or None)
    return not is_complete


async def reached(tx: Transaction, announcement_id: str, person_ids: list[str], channel: str) -> None:
    """Persons were reached: so are their households, each told once. The caller holds the announcement's lock."""
    for household_id in await store.reach_households_of(tx, announcement_id, person_ids, channel):
        facts.household_reached(tx, announcement_id, household_id, channel)


async def record_visit(
    tx: Transaction, announcement: Announcement, household_id: str, result: VisitResult, looked_after: list[str] | None
) -> HouseholdReach:
    """Write what happened at a door, and return the household's line. The caller holds the announcement's lock."""
    known = await store.lines(
        tx, announcement.announcement_id, states=(), in_groups=looked_after, household_id=household_id
    )
    if not known:
        raise HouseholdNotFound if announcement.is_ledger_complete else LedgerIncomplete
    before = await store.record_visit(tx, announcement.announcement_id, household_id, result)
    [line] = await store.lines(tx, announcement.announcement_id, states=(), in_groups=None, household_id=household_id)
    if line.state is ReachState.REACHED and before is not ReachState.REACHED:
        facts.household_reached(tx, announcement.announcement_id, household_id, line.channel)
    return line


async def _due_at(tx: Transaction, announcement: Announcement) -> datetime:
    if announcement.urgency is AnnouncementUrgency.EMERGENCY:
        return tx.now
    return next_allowed(tx.now, await communities.quiet_hours(tx))
