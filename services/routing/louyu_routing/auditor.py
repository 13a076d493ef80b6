"""The auditor: proves, apart from the workers, that no question is forgotten. Its findings are metrics.

`louyu_routing_questions_without_clock` must be 0: such a question would wait for ever.
"""

import asyncio
import logging
from datetime import timedelta

from louyu_runtime.database import Database
from louyu_runtime.errors import Unavailable
from prometheus_client import Gauge

from louyu_routing.store import clocks
from louyu_routing.store.clocks import ClockAudit

logger = logging.getLogger(__name__)

EVERY_SECONDS = 60.0
LATE = timedelta(minutes=1)

LIVE = Gauge("louyu_routing_live_questions", "Questions that are neither resolved nor closed.")
WITHOUT_CLOCK = Gauge("louyu_routing_questions_without_clock", "Live questions without a next step. Must be 0.")
OVERDUE = Gauge("louyu_routing_clocks_overdue", "Clocks that ran out more than a minute ago and were not handled.")
OLDEST = Gauge("louyu_routing_oldest_overdue_seconds", "For how long the oldest unhandled clock has run out.")


async def audit(database: Database) -> ClockAudit:
    """Look once, and set the metrics."""
    async with database.transaction() as tx:
        found = await clocks.audit(tx, LATE)
    LIVE.set(found.live_count)
    WITHOUT_CLOCK.set(found.without_clock_count)
    OVERDUE.set(found.overdue_count)
    OLDEST.set(found.oldest_overdue_seconds)
    if found.without_clock_count:
        logger.error("questions have no next step", extra={"count": found.without_clock_count})
    return found


async def run(database: Database) -> None:
    """Look every minute until cancelled."""
    while True:
        try:
            await audit(database)
        except Unavailable:
            logger.warning("the auditor waits for the database")
        await asyncio.sleep(EVERY_SECONDS)
