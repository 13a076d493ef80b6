"""The relay: takes events from a service's outbox to its streams, in order, at least once.

One relay of a service publishes at a time (a transaction's advisory lock). Each publishing has a number, kept in the
database and, in one step with the entries, in Redis: when Redis shows a lower number than the database, it has lost
entries (restart without the last second of its file, FLUSHALL), and everything later is published again. Consumers do
not notice, since they know each event by its id.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from louyu.events.v1 import envelope_pb2
from prometheus_client import Counter, Gauge
from redis.asyncio import Redis
from redis.exceptions import RedisError

from louyu_runtime.database import Database
from louyu_runtime.errors import Unavailable
from louyu_runtime.events.outbox import PublishedElsewhere, Publishing, publishing
from louyu_runtime.events.streams import FIELD, Completer, partition_of, relay_key, stream_name
from louyu_runtime.timestamps import timestamp

logger = logging.getLogger(__name__)

BATCH = 500
POLL_SECONDS = 1.0
GATHER_SECONDS = 0.05
GATHER_TIMES = 3  # so many times as long as publishing took: it leaves the process three quarters of its time
LONGEST_GATHER_SECONDS = 0.1
MAINTENANCE_SECONDS = 60.0
KEEP_DAYS = 7
KEEP_IN_STREAM_SECONDS = 600

# Keys: the streams, then that of the number. Arguments: the entries' field, the number, then stream and envelope of each.
# A script and not MULTI, in which the client packs each command and reads each answer: two thirds of the relay's work.
WRITE = """
for at = 3, #ARGV, 2 do
    redis.call('XADD', KEYS[tonumber(ARGV[at])], '*', ARGV[1], ARGV[at + 1])
end
redis.call('SET', KEYS[#KEYS], ARGV[2])
"""

PUBLISHED = Counter("louyu_events_published", "Events taken from the outbox to the streams.")
REPUBLISHED = Counter("louyu_events_published_again", "Events published again because Redis had lost them.")
OUTBOX_AGE = Gauge("louyu_outbox_oldest_seconds", "Age of the oldest event that is not published.")


class Relay:
    """Publishes one service's outbox. `consumers` are the services that read it: entries are kept until all have."""

    def __init__(
        self,
        database: Database,
        redis: Redis,
        partitions: int,
        completers: Mapping[str, Completer],
        consumers: Sequence[str],
    ) -> None:
        self._database = database
        self._redis = redis
        self._source = database.service
        self._partitions = partitions
        self._completers = completers
        self._consumers = frozenset(consumers)
        self._wake = asyncio.Event()
        self._write = redis.register_script(WRITE)

    def wake(self) -> None:
        """Say that there is something to publish."""
        self._wake.set()

    async def run(self) -> None:
        """Publish until cancelled. Raises nothing for a database or Redis that is away: it waits."""
        last_maintenance = 0.0
        while True:
            begun = time.monotonic()
            count = 0
            try:
                if begun - last_maintenance > MAINTENANCE_SECONDS:
                    await self._maintain()
                    last_maintenance = begun = time.monotonic()
                count = await self.publish_once()
            except PublishedElsewhere:
                logger.debug("another replica publishes")
            except (RedisError, OSError, Unavailable) as error:
                logger.warning("events wait in the outbox", extra={"cause": error.__class__.__name__})
                await asyncio.sleep(0.5)
            # the first event after a quiet time goes at once; those of a busy time go together, for a tenth of the work
            took = time.monotonic() - begun
            await asyncio.sleep(min(max(GATHER_SECONDS, GATHER_TIMES * took), LONGEST_GATHER_SECONDS))
            if count < BATCH:
                with suppress(TimeoutError):
                    async with asyncio.timeout(POLL_SECONDS):
                        await self._wake.wait()
            self._wake.clear()

    async def publish_once(self) -> int:
        """Publish at most one batch and return how many events it held."""
        async with publishing(self._database) as outbox:
            number, rows = await outbox.waiting(BATCH)
            if await self._recover(outbox, number):
                number, rows = await outbox.waiting(BATCH)
            if not rows:
                return 0
            await outbox.mark(number + 1, [row["position"] for row in rows])
            await self._write_to_streams(number + 1, rows)
        PUBLISHED.inc(len(rows))
        return len(rows)

    async def _write_to_streams(self, number: int, rows: Sequence[Any]) -> None:
        """Write entries and then the number of their publishing: without it, they are published again."""
        streams = [stream_name(self._source, partition) for partition in range(self._partitions)]
        words: list[str | int | bytes] = [FIELD, number]
        for row in rows:
            words.append(1 + partition_of(row["community_id"], self._partitions))
            words.append(self._envelope(row))
        await self._write(keys=[*streams, relay_key(self._source)], args=words)

    async def _recover(self, outbox: Publishing, number: int) -> bool:
        """Let wait again what Redis has lost, and return whether it has lost anything."""
        found = await self._redis.get(relay_key(self._source))
        known = int(found) if found is not None else 0
        if known >= number:
            return False
        count = await outbox.publish_again_after(known)
        REPUBLISHED.inc(count)
        await self._redis.set(relay_key(self._source), number)
        logger.warning("redis has lost events: they are published again", extra={"count": count})
        return True

    def _envelope(self, row: Any) -> bytes:
        """Return the envelope of an event as bytes."""
        payload = row["payload"]
        completer = self._completers.get(row["type"])
        if completer is not None and row["sequence"] is not None:
            payload = completer(payload, row["sequence"], row["occurred_at"])
        return envelope_pb2.Envelope(
            id=row["event_id"],
            type=row["type"],
            community_id=row["community_id"],
            subject=row["subject"],
            occurred_at=timestamp(row["occurred_at"]),
            traceparent=row["traceparent"],
            payload=payload,
        ).SerializeToString()

    async def _maintain(self) -> None:
        async with self._database.transaction(statement_ms=30_000) as tx:
            await tx.execute("SELECT maintain_outbox(:days)", {"days": KEEP_DAYS})
            OUTBOX_AGE.set(float(await tx.value("SELECT outbox_age_seconds()")))
        for partition in range(self._partitions):
            await self._trim(stream_name(self._source, partition))

    async def _trim(self, stream: str) -> None:
        """Drop what every consumer has acknowledged and is older than ten minutes. Never by length: that loses entries."""
        if not await self._redis.exists(stream):
            return
        groups = {group["name"].decode(): group for group in await self._redis.xinfo_groups(stream)}
        if not self._consumers <= groups.keys():
            return
        oldest_needed = f"{int((time.time() - KEEP_IN_STREAM_SECONDS) * 1000)}-0"
        bounds = [oldest_needed]
        for name in self._consumers:
            pending = await self._redis.xpending(stream, name)
            first = pending["min"] if pending["pending"] else groups[name]["last-delivered-id"]
            bounds.append(first.decode() if isinstance(first, bytes) else str(first))
        await self._redis.xtrim(stream, minid=min(bounds, key=_entry_key), approximate=False)


def _entry_key(entry_id: str) -> tuple[int, int]:
    milliseconds, _, counter = entry_id.partition("-")
    return int(milliseconds), int(counter or 0)
