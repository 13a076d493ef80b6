"""When an installation has come to rest: everything said has been understood, and everything due has been done.

Leases of a process that was killed are not waited for: the clock is moved past them.
"""

import asyncio
import time

import asyncpg

from tests.platform.installation import Installation

REST_WITHIN_SECONDS = 120.0
LEASE_SECONDS = 61

_WORK = {
    "events of messaging that are not published": "SELECT count(*) FROM messaging.outbox WHERE published_no IS NULL",
    "events of routing that are not published": "SELECT count(*) FROM routing.outbox WHERE published_no IS NULL",
    "events of notify that are not published": "SELECT count(*) FROM notify.outbox WHERE published_no IS NULL",
    "messages that are not understood": "SELECT (SELECT count(*) FROM messaging.message)"
    " - (SELECT count(*) FROM routing.heard_message)",
    "events of questions that notify has not seen": "SELECT count(*) FROM routing.outbox AS o WHERE NOT EXISTS"
    " (SELECT FROM notify.consumed_event AS c WHERE (c.community_id, c.event_id) = (o.community_id, o.event_id))",
    "directories that notify has not seen": "SELECT count(*) FROM messaging.outbox AS o"
    " WHERE o.type IN ('GroupDirectoryChanged', 'HouseholdChanged') AND NOT EXISTS"
    " (SELECT FROM notify.consumed_event AS c WHERE (c.community_id, c.event_id) = (o.community_id, o.event_id))",
    "clocks that are due": "SELECT count(*) FROM routing.question_clock WHERE due_at <= routing.clock_now()",
    "deliveries that are due": "SELECT count(*) FROM notify.delivery WHERE state = 'waiting'"
    " AND due_at <= notify.clock_now()",
}
_LEASED = (
    "SELECT (SELECT count(*) FROM notify.delivery WHERE state = 'sending')"
    " + (SELECT count(*) FROM routing.question_clock WHERE leased_until > routing.clock_now())"
)


async def at_rest(louyu: Installation) -> list[str]:
    """Return when there is nothing left to do; what is left after two minutes is returned as faults."""
    until = time.monotonic() + REST_WITHIN_SECONDS
    connection = await _connect(louyu.owner_url)
    try:
        leased_since: float | None = None
        while True:
            left = {what: await connection.fetchval(statement) for what, statement in _WORK.items()}
            leased = await connection.fetchval(_LEASED)
            if not leased and not any(left.values()):
                return []
            if time.monotonic() > until:
                return [f"{count} {what}" for what, count in left.items() if count] + [f"{leased} leases"] * bool(
                    leased
                )
            leased_since = (leased_since or time.monotonic()) if leased else None
            if leased_since is not None and time.monotonic() - leased_since > 10.0:
                await louyu.clock.move(seconds=LEASE_SECONDS)
                leased_since = None
            await asyncio.sleep(0.25)
    finally:
        await connection.close()


async def _connect(url: str) -> asyncpg.Connection:
    """Connect as soon as the database is there again."""
    async with asyncio.timeout(REST_WITHIN_SECONDS):
        while True:
            try:
                return await asyncpg.connect(url)
            except (OSError, asyncpg.PostgresError):
                await asyncio.sleep(0.1)
