"""The ledger worker: fills and settles ledgers that want looking after, whichever replica gets them."""

import asyncio
import logging
from contextlib import suppress

from louyu_runtime.database import Database, Transaction
from louyu_runtime.errors import Unavailable

from louyu_notify import ledger
from louyu_notify.channel_list import ChannelList
from louyu_notify.directory_events import LEDGERS
from louyu_notify.wakes import Wakes

logger = logging.getLogger(__name__)

LOOK_EVERY_SECONDS = 1.0


class LedgerWorker:
    """Looks after ledgers, a chunk in each transaction."""

    def __init__(self, database: Database, channels: ChannelList, wakes: Wakes) -> None:
        self._database = database
        self._channels = channels
        self._wakes = wakes

    async def run(self) -> None:
        """Look after ledgers until cancelled."""
        woken = self._wakes.event(LEDGERS)
        while True:
            woken.clear()
            try:
                while await self.work_once():
                    pass
            except Unavailable:
                logger.warning("ledgers wait for the database")
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_SECONDS):
                    await woken.wait()

    async def work_once(self) -> int:
        """Look after the ledgers that are due; return how many there were."""
        claimed = await ledger.claim_work(self._database)
        for community_id, announcement_id in claimed:

            async def look(tx: Transaction, announcement_id: str = announcement_id) -> bool:
                return await ledger.look_after(tx, announcement_id, self._channels)

            while await self._database.in_transaction(community_id, look):
                self._wakes.wake()
            self._wakes.wake(*self._channels.keys)
        return len(claimed)
