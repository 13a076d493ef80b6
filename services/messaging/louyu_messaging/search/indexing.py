"""Indexing: full blocks of a group get their signatures, some time after they were said.

Posting knows nothing of it: what is not indexed yet is found all the same, so that there is no hurry, and a group's
blocks are made from its messages as they stand, once. A block of which words change or go is made again. Each block is
written in one transaction under the lock of the group's index: a crash loses nothing, two replicas do nothing twice, and
the messages of years ago are indexed like those of yesterday.
"""

from __future__ import annotations

import asyncio
import logging

from louyu_runtime.database import Database, Transaction
from louyu_runtime.errors import Unavailable
from prometheus_client import Counter, Gauge

from louyu_messaging.search.plain import plain
from louyu_messaging.search.signatures import BLOCK, SHELVES, first_of, shelves_of
from louyu_messaging.store import search as store

logger = logging.getLogger(__name__)

POLL_SECONDS = 15.0
GROUPS_AT_ONCE = 500
BLOCKS_AT_ONCE = 8
STATEMENT_MS = 10_000

INDEXED = Counter(
    "louyu_search_blocks_indexed", "Blocks of 512 messages indexed for searching, again or for the first time."
)
BEHIND = Gauge("louyu_search_groups_behind", "Groups that had blocks to be indexed at the last look; at most 500.")


class Indexing:
    """Keeps the index. `pace` is how long it rests after a transaction, as a multiple of the time that this took."""

    def __init__(self, database: Database, *, pace: float = 1.0) -> None:
        self._database = database
        self._pace = pace

    async def run(self) -> None:
        """Index until cancelled."""
        while True:
            try:
                while await self.index_once():
                    pass
            except Unavailable:
                logger.warning("indexing waits for the database")
            await asyncio.sleep(POLL_SECONDS)

    async def index_once(self) -> int:
        """Index what there is to index in some groups; return how many blocks were."""
        async with self._database.transaction(statement_ms=STATEMENT_MS) as tx:
            waiting = await store.work(tx, BLOCK, GROUPS_AT_ONCE)
        BEHIND.set(len(waiting))
        return sum([await self._index_group(*each) for each in waiting])

    async def _index_group(self, community_id: str, group_id: str) -> int:
        total = 0
        while True:
            begun_at = asyncio.get_running_loop().time()
            try:
                count = await self._index_some(community_id, group_id)
            except Unavailable:
                raise
            except Exception:
                # another group must not wait for this one's fault; its words are still found, only more slowly
                logger.exception("a group could not be indexed", extra={"group_id": group_id})
                return total
            INDEXED.inc(count)
            total += count
            if count < BLOCKS_AT_ONCE:
                return total
            await asyncio.sleep((asyncio.get_running_loop().time() - begun_at) * self._pace)

    async def _index_some(self, community_id: str, group_id: str) -> int:
        """Index a few blocks of a group; return how many."""
        async with self._database.transaction(community_id, statement_ms=STATEMENT_MS) as tx:
            position = await store.lock_position(tx, group_id)
            if position is None:
                return 0
            blocks, last_seq = position
            # taken before the words are read: what changes later puts its block on the list again
            stale = [block for block in await store.take_stale(tx, group_id) if block < blocks]
            full = range(blocks, min(last_seq // BLOCK, blocks + BLOCKS_AT_ONCE))
            for block in (*stale, *full):
                await _index_block(tx, group_id, block)
            if full:
                await store.move_position(tx, group_id, full.stop)
        return len(stale) + len(full)


async def _index_block(tx: Transaction, group_id: str, block: int) -> None:
    first = first_of(block)
    texts = await store.texts_of(tx, group_id, first, BLOCK)
    if texts:
        bits = shelves_of({seq - first: plain(text) for seq, text in texts.items()})
        await store.write_block(tx, group_id, block, bits)
    else:
        await store.remove_block(tx, group_id, block, SHELVES)
