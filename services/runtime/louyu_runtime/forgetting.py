"""Forgetting: rows that nobody needs any more go, in small batches, by one replica at a time.

What is old is decided by the schema's clock inside the service's function `forget`; here is only when, how much at once,
and that no other replica does it meanwhile. A batch is a transaction of its own, so stopping midway loses nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from prometheus_client import Counter, Gauge

from louyu_runtime.database import Database
from louyu_runtime.errors import Unavailable

logger = logging.getLogger(__name__)

EVERY_SECONDS = 600.0
BATCH = 500
BATCHES_A_ROUND = 200
PAUSE_SECONDS = 0.1

FORGOTTEN = Counter("louyu_rows_forgotten", "Rows removed, or emptied, because nobody needs them any more.", ["what"])
BEHIND = Gauge("louyu_forgetting_behind", "1 while more is old than one round removes.", ["what"])


@dataclass(frozen=True)
class Keep:
    """How long rows of one kind are kept; `what` is a branch of the schema's function `forget`."""

    what: str
    days: int


# A repeated request is known for a week, as long as the outbox keeps events; a consumed event two days longer than it could
# come again. Neither holds what people wrote.
EVERYWHERE = (Keep("idempotency_key", 7), Keep("consumed_event", 9))


class Forgetting:
    """Forgets in one service's schema."""

    def __init__(self, database: Database, keeps: Sequence[Keep]) -> None:
        self._database = database
        self._keeps = (*EVERYWHERE, *keeps)

    async def run(self) -> None:
        """Forget every ten minutes until cancelled."""
        while True:
            try:
                await self.forget_once()
            except Unavailable:
                logger.warning("forgetting waits for the database")
            await asyncio.sleep(EVERY_SECONDS)

    async def forget_once(self) -> dict[str, int]:
        """Forget what is old now, at most so much in a round; return how many rows of each kind went."""
        gone: dict[str, int] = {}
        for keep in self._keeps:
            gone[keep.what] = 0
            for _ in range(BATCHES_A_ROUND):
                count = await self._batch(keep)
                if count is None:
                    return gone  # another replica is at it
                gone[keep.what] += count
                BEHIND.labels(keep.what).set(count >= BATCH)
                if count < BATCH:
                    break
                await asyncio.sleep(PAUSE_SECONDS)
            FORGOTTEN.labels(keep.what).inc(gone[keep.what])
        return gone

    async def _batch(self, keep: Keep) -> int | None:
        """Forget one batch; None when another replica holds the lock."""
        async with self._database.transaction(statement_ms=10_000) as tx:
            name = f"{self._database.service}.forgetting"
            if not await tx.value("SELECT pg_try_advisory_xact_lock(hashtext(:name))", name=name):
                return None
            found = await tx.value(
                "SELECT forget(:what, :age, :at_most)", what=keep.what, age=timedelta(days=keep.days), at_most=BATCH
            )
            return int(found)
