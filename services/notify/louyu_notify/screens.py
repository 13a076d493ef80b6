"""Screens: what hangs there, what each shows now, and what a screen has proved to have shown.

A change of what a screen shows grows its playlist's version and is an event in the same transaction. Without proof of
play an announcement counts as not shown.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from louyu_runtime.database import Database, Transaction
from louyu_runtime.ids import is_uuid

from louyu_notify import facts
from louyu_notify.errors import ScreenNotFound
from louyu_notify.screen import Screen, ScreenItem, Shown
from louyu_notify.store import announcements, communities, ledger
from louyu_notify.store import screens as store

logger = logging.getLogger(__name__)

CLOCK_LEEWAY = timedelta(minutes=2)
"""By so much a screen's clock may be ahead of ours."""
RECORDS_A_SECOND = 10
"""A screen numbers its proofs by its clock: no record has a number above ten for each second since 1970."""

OnChange = Callable[[str], None]
"""Told the id of a screen after a change of its playlist is durable."""


async def locate(database: Database, code: str) -> tuple[str, str]:
    """Return community and id of the screen with this code. Raises ScreenNotFound."""
    if "\x00" in code:  # the database cannot even be asked for it
        raise ScreenNotFound
    async with database.transaction() as tx:
        found = await store.find_by_code(tx, code)
    if found is None:
        raise ScreenNotFound
    return found


async def show(tx: Transaction, screen_id: str, item: ScreenItem, on_change: OnChange) -> None:
    """Put an item on a screen, or its new content in place of the old. Nothing happens when it stands there already."""
    if await store.get(tx, screen_id, locked=True) is None:
        return
    if await store.put_item(tx, screen_id, item):
        await store.remove_expired(tx, screen_id)
        await changed(tx, screen_id, on_change)


async def withdraw_question(tx: Transaction, question_id: str, on_change: OnChange) -> None:
    """Take a question off every screen: its answer does not hold any more."""
    for screen_id in await store.remove_question(tx, question_id):
        await changed(tx, screen_id, on_change)


async def changed(tx: Transaction, screen_id: str, on_change: OnChange) -> None:
    """Grow the playlist's version, and tell it once it is durable."""
    version = await store.grow_version(tx, screen_id)
    facts.screen_changed(tx, screen_id, version)
    tx.after_commit.append(lambda: on_change(screen_id))


@dataclass(frozen=True, slots=True, kw_only=True)
class Playlist:
    """What a screen shows, as of `now`."""

    screen: Screen
    community_name: str
    items: list[ScreenItem]
    now: datetime


async def playlist(database: Database, code: str) -> Playlist:
    """Return what the screen with this code must show. Raises ScreenNotFound."""
    community_id, screen_id = await locate(database, code)
    async with database.transaction(community_id) as tx:
        screen = await store.get(tx, screen_id)
        if screen is None:
            raise ScreenNotFound
        community = await communities.find(tx)
        return Playlist(
            screen=screen,
            community_name=community.name if community else "",
            items=await store.playlist(tx, screen_id),
            now=tx.now,
        )


async def take_proofs(tx: Transaction, screen_id: str, proofs: Sequence[Shown], playlist_version: int) -> int:
    """Take proofs of play; return up to which record this report need not be sent again.

    A repeated record is taken once. Proofs that cannot be true (reversed, from the future, or numbered so) are not
    counted, but acknowledged, or a screen with a wrong clock would send them for ever. That acknowledgement is not
    kept: whoever forges a number far ahead must not bar the screen's own proofs.
    """
    screen = await store.get(tx, screen_id, locked=True)
    if screen is None:
        raise ScreenNotFound
    latest = tx.now + CLOCK_LEEWAY
    last_plausible = int(latest.timestamp() * RECORDS_A_SECOND)
    unique = {proof.record: proof for proof in proofs if proof.record > screen.last_record}
    believed = [
        proof
        for proof in unique.values()
        if proof.record <= last_plausible and proof.shown_from < proof.shown_until <= latest
    ]
    if len(believed) < len(unique):
        logger.warning(
            "proofs of play are not believed", extra={"screen_id": screen_id, "count": len(unique) - len(believed)}
        )
    if believed:
        await store.add_proofs(tx, screen_id, believed)
        await _note_shown(tx, screen_id, believed)
    durable = max([screen.last_record, *(proof.record for proof in believed)])
    await store.note_report(tx, screen_id, last_record=durable, playlist_version=playlist_version)
    return max([durable, *unique])


async def _note_shown(tx: Transaction, screen_id: str, proofs: Sequence[Shown]) -> None:
    keys = {key for proof in proofs if is_uuid(key := proof.item_id.partition(".")[0])}
    shown = await store.mark_shown(tx, screen_id, sorted(keys))
    await announcements.lock(tx, shown)
    for announcement_id in shown:
        await ledger.settle(tx, announcement_id)
