"""Timers: claims clocks that have run out, of all communities, and does what follows, each in its own transaction.

The database's clock decides. A claim is a lease: a worker that dies leaves the clock to another, and a late holder
finds another turn and changes nothing. Everything is checked again under the question's lock. Wakes by the earliest
clock, by hints of this process, and at least once a second.
"""

import asyncio
import logging
from contextlib import suppress

from louyu_runtime.database import Database, Transaction
from louyu_runtime.database_errors import passes_by_itself
from louyu_runtime.errors import Unavailable
from louyu_sdk.host import PluginHost
from prometheus_client import Counter, Histogram

from louyu_routing.life import lapse
from louyu_routing.planning import make_plan
from louyu_routing.question import ClockKind
from louyu_routing.store import clocks, questions
from louyu_routing.store.clocks import ClaimedClock
from louyu_routing.watching import Watchers

logger = logging.getLogger(__name__)

MOST_AT_ONCE = 32
POLL_SECONDS = 1.0

HANDLED = Counter("louyu_routing_clocks_handled", "Clocks that ran out and were handled, by kind.", ["kind"])
FAILED = Counter(
    "louyu_routing_clocks_failed", "Clocks whose handling failed and is repeated after the lease.", ["kind"]
)
LATE = Histogram(
    "louyu_routing_clock_lateness_seconds",
    "How late a clock was handled after it ran out.",
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300),
)


class Timers:
    """The worker of one replica. `wake` tells it that a clock may be due."""

    def __init__(self, database: Database, plugins: PluginHost, watchers: Watchers) -> None:
        self._database = database
        self._plugins = plugins
        self._watchers = watchers
        self._hint = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()

    def wake(self) -> None:
        """Look for due clocks now."""
        self._hint.set()

    async def run(self) -> None:
        """Work until cancelled; what is being handled then is rolled back and left to its lease."""
        try:
            while True:
                self._hint.clear()
                try:
                    pause = await self._claim_and_start()
                except Unavailable:
                    pause = POLL_SECONDS
                with suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await self._hint.wait()
        finally:
            for task in self._running:
                task.cancel()
            await asyncio.gather(*self._running, return_exceptions=True)

    async def run_due(self) -> int:
        """Handle everything that is due now, and what becomes due by it; return how much that was."""
        count = 0
        while True:
            async with self._database.transaction() as tx:
                claimed = await clocks.claim(tx, 100)
            if not claimed:
                return count
            for one in claimed:
                await self.handle(one)
            count += len(claimed)

    async def _claim_and_start(self) -> float:
        """Start the handling of due clocks, as many as there is room for; return how long to wait then."""
        room = MOST_AT_ONCE - len(self._running)
        if room == 0:
            return POLL_SECONDS
        async with self._database.transaction() as tx:
            claimed = await clocks.claim(tx, room)
            next_in = await clocks.seconds_to_next(tx)
        for one in claimed:
            task = asyncio.create_task(self._handle_logged(one))
            self._running.add(task)
            task.add_done_callback(self._ended)
        if next_in is None:
            return POLL_SECONDS
        return min(max(next_in, 0.005), POLL_SECONDS)

    def _ended(self, task: asyncio.Task[None]) -> None:
        was_full = len(self._running) == MOST_AT_ONCE
        self._running.discard(task)
        if was_full:
            self.wake()

    async def _handle_logged(self, claimed: ClaimedClock) -> None:
        try:
            await self.handle(claimed)
        except Exception as error:
            FAILED.labels(claimed.kind.value).inc()
            if passes_by_itself(error):
                return  # its lease runs out, and it is claimed again
            logger.exception(
                "a clock could not be handled",
                extra={"community_id": claimed.community_id, "question_id": claimed.question_id, "kind": claimed.kind},
            )

    async def handle(self, claimed: ClaimedClock) -> None:
        """Do what follows from one clock that has run out, if it still is as it was claimed."""
        if claimed.kind is ClockKind.PLAN:
            await make_plan(self._database, self._plugins, claimed)
            self._watchers.changed_in(claimed.community_id)
        else:
            await self._database.in_transaction(claimed.community_id, lambda tx: self._lapse(tx, claimed))
        HANDLED.labels(claimed.kind.value).inc()
        self.wake()

    async def _lapse(self, tx: Transaction, claimed: ClaimedClock) -> None:
        question = await questions.lock(tx, claimed.question_id)
        clock = (await clocks.of(tx, [claimed.question_id])).get(claimed.question_id)
        if question is None or clock is None or clock.turn != claimed.turn or clock.due_at > tx.now:
            return
        LATE.observe((tx.now - clock.due_at).total_seconds())
        await lapse(tx, question, clock)
