"""The consumer: applies other services' events to this service's own tables, each exactly once in effect.

An effect and the note that the event was consumed share one transaction, under the partition's fence; only then the
entry is acknowledged. A chunk of one community's events shares one transaction while all goes well; when it fails for
a reason in one of them, each is tried on its own. An event that fails five times is parked and shown; the others do not
wait for it. Faults that pass by themselves (a database or service that is away) are not counted, and keep the order:
nothing later is applied before what waits for them. What was delivered and never acknowledged is tried alone after a
crash, each attempt noted in Redis before it begins: an event that stops the process five times is parked as well.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from google.protobuf.message import DecodeError, Message
from louyu.events.v1 import envelope_pb2
from opentelemetry.trace import SpanKind
from prometheus_client import Counter, Gauge
from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from louyu_runtime.background import end_all
from louyu_runtime.database import Database, Transaction
from louyu_runtime.database_errors import is_away, passes_by_itself
from louyu_runtime.errors import RemoteError
from louyu_runtime.events.leases import PartitionLeases
from louyu_runtime.events.pending import pending_entries, set_count
from louyu_runtime.events.streams import BLOCK_MS, FIELD, Event, open_envelope, stream_name
from louyu_runtime.rpc.client import is_worth_repeating
from louyu_runtime.telemetry import span_from

logger = logging.getLogger(__name__)

READ_AT_ONCE = 100
CHUNK = 20  # events in one transaction: it holds its locks for well under the second that others wait for them
ATTEMPTS = 5

CONSUMED = Counter("louyu_events_consumed", "Events whose effect is durable.", ["type"])
FAILED = Counter("louyu_events_failed", "Attempts at an event that failed.", ["type"])
PARKED = Counter("louyu_events_parked", "Events set aside after five failures.", ["type"])
RETRYING = Gauge("louyu_events_retrying", "Events that failed and will be tried again.", ["partition"])

Handle = Callable[[Transaction, Event[Any]], Awaitable[None]]
Handlers = Mapping[str, tuple[type[Message], Handle]]


@dataclass
class _Entry:
    """An entry of a stream on its way to its effect."""

    stream: str
    entry_id: bytes
    envelope: envelope_pb2.Envelope
    attempts: int = 0
    due_at: float = 0.0
    keeps_its_place: bool = False
    """It waits for something that passes by itself, and nothing later may overtake it."""
    was_left: bool = False
    """It was delivered before and never acknowledged: it may be what ended the process."""


class NeverFinished(Exception):
    """The attempts at an event were begun, and none came to an end."""


class FenceLost(Exception):
    """Another replica holds the partition now."""


class Consumer:
    """Consumes the streams of `sources` for the partitions that `leases` grants."""

    def __init__(
        self, database: Database, redis: Redis, leases: PartitionLeases, handlers: Handlers, sources: Sequence[str]
    ) -> None:
        self._database = database
        self._redis = redis
        self._leases = leases
        self._handlers = handlers
        self._sources = tuple(sources)
        self._group = database.service
        self._tasks: dict[int, tuple[int, asyncio.Task[None]]] = {}

    async def run(self) -> None:
        """Consume until cancelled."""
        try:
            while True:
                for partition, (fence, task) in list(self._tasks.items()):
                    if self._leases.fences.get(partition) != fence or task.done():
                        task.cancel()
                        del self._tasks[partition]
                for partition, fence in self._leases.fences.items():
                    if partition not in self._tasks:
                        self._tasks[partition] = (fence, asyncio.create_task(self._consume(partition, fence)))
                self._leases.changed.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(2.0):
                        await self._leases.changed.wait()
        finally:
            await end_all([task for _, task in self._tasks.values()])

    async def _consume(self, partition: int, fence: int) -> None:
        """Consume one partition until cancelled or the fence is lost."""
        streams = [stream_name(source, partition) for source in self._sources]
        retries: list[_Entry] = []
        must_reclaim = True
        while True:
            try:
                if must_reclaim:
                    await self._ensure_groups(streams)
                    retries = await self._reclaim(streams)
                    must_reclaim = False
                now = asyncio.get_running_loop().time()
                due = [entry for entry in retries if entry.due_at <= now]
                if due:
                    retries = [entry for entry in retries if entry.due_at > now]
                    retries += await self._apply(partition, fence, due)
                RETRYING.labels(str(partition)).set(len(retries))
                waiting = min((entry.due_at - now for entry in retries), default=BLOCK_MS / 1000)
                if any(entry.keeps_its_place for entry in retries):
                    await asyncio.sleep(max(waiting, 0.01))
                    continue
                entries = await self._read(streams, max(1, min(BLOCK_MS, int(waiting * 1000))))
                if entries:
                    retries += await self._apply(partition, fence, entries)
            except FenceLost:
                return
            except ResponseError as error:
                if "NOGROUP" not in str(error):
                    raise
                must_reclaim = True
            except (RedisError, OSError) as error:
                logger.warning("no events can be read", extra={"cause": error.__class__.__name__})
                must_reclaim = True
                await asyncio.sleep(random.uniform(0.2, 1.0))  # noqa: S311 - jitter, not a secret
            except Exception as error:
                if not is_away(error):
                    logger.exception("consuming a partition failed", extra={"partition": partition})
                must_reclaim = True
                await asyncio.sleep(random.uniform(0.5, 1.5))  # noqa: S311 - jitter, not a secret

    async def _ensure_groups(self, streams: Iterable[str]) -> None:
        for stream in streams:
            with suppress(ResponseError):  # BUSYGROUP: it exists
                await self._redis.xgroup_create(stream, self._group, id="0", mkstream=True)

    async def _reclaim(self, streams: Iterable[str]) -> list[_Entry]:
        """Return entries that were delivered before a crash or a change of hands and never acknowledged."""
        entries: list[_Entry] = []
        for stream in streams:
            async for entry_id, fields, count in pending_entries(self._redis, stream, self._group):
                for entry in self._parse(stream, [(entry_id, fields)]):
                    entry.was_left, entry.attempts = True, max(count - 1, 0)  # the first delivery was with many others
                    entries.append(entry)
        return entries

    async def _read(self, streams: Sequence[str], block_ms: int) -> list[_Entry]:
        answer: Any = await self._redis.xreadgroup(
            self._group, self._group, dict.fromkeys(streams, ">"), count=READ_AT_ONCE, block=block_ms
        )
        entries: list[_Entry] = []
        for name, batch in answer or ():
            entries += self._parse(name.decode(), batch)
        return entries

    def _parse(self, stream: str, batch: Iterable[Any]) -> list[_Entry]:
        entries = []
        for entry_id, fields in batch:
            if not fields:
                continue  # trimmed meanwhile; the outbox will bring it again if it was needed
            try:
                envelope = envelope_pb2.Envelope.FromString(fields[FIELD])
            except (KeyError, DecodeError):
                logger.error("an entry is not an envelope", extra={"stream": stream})
                envelope = envelope_pb2.Envelope()
            entries.append(_Entry(stream, entry_id, envelope))
        return entries

    async def _apply(self, partition: int, fence: int, entries: list[_Entry]) -> list[_Entry]:
        """Bring entries to their effect and acknowledge them; return those that must be tried again."""
        again: list[_Entry] = []
        by_community = sorted(entries, key=lambda entry: entry.envelope.community_id)
        for community_id, group in groupby(by_community, key=lambda entry: entry.envelope.community_id):
            of_community = list(group)
            again += await self._apply_each(partition, fence, community_id, [e for e in of_community if e.was_left])
            left = [entry for entry in of_community if not entry.was_left]
            while left:
                chunk, left = left[:CHUNK], left[CHUNK:]
                try:
                    await self._apply_chunk(partition, fence, community_id, chunk)
                except FenceLost:
                    raise
                except Exception as error:
                    if is_transient(error):
                        again += _later(chunk + left)
                        break
                    again += await self._apply_each(partition, fence, community_id, chunk)
        return again

    async def _apply_each(self, partition: int, fence: int, community_id: str, chunk: list[_Entry]) -> list[_Entry]:
        """Apply entries each on its own; return those that must be tried again."""
        again: list[_Entry] = []
        for position, entry in enumerate(chunk):
            if entry.was_left and not await self._begin(entry):
                continue
            try:
                await self._apply_chunk(partition, fence, community_id, [entry])
            except FenceLost:
                raise
            except Exception as error:
                if not is_transient(error):
                    again += await self._failed(entry, error)
                    continue
                if entry.was_left:
                    await set_count(self._redis, entry.stream, self._group, entry.entry_id, entry.attempts + 1)
                return again + _later(chunk[position:])
        return again

    async def _begin(self, entry: _Entry) -> bool:
        """Note that an entry is begun once more; park it instead, and return False, when that was so too often."""
        if entry.attempts >= ATTEMPTS:
            await self._park(entry, NeverFinished())
            return False
        await set_count(self._redis, entry.stream, self._group, entry.entry_id, entry.attempts + 2)
        return True

    async def _apply_chunk(self, partition: int, fence: int, community_id: str, chunk: list[_Entry]) -> None:
        wanted = [entry for entry in chunk if entry.envelope.type in self._handlers]
        if wanted:
            async with self._database.transaction(community_id) as tx:
                new = await self._note(tx, partition, fence, wanted)
                for entry in wanted:
                    if entry.envelope.id in new:
                        new.discard(entry.envelope.id)
                        await self._handle(tx, entry)
            for entry in wanted:
                CONSUMED.labels(entry.envelope.type).inc()
        await self._acknowledge(chunk)

    async def _note(self, tx: Transaction, partition: int, fence: int, entries: list[_Entry]) -> set[str]:
        """Note the events as consumed, and return the ids of those that were not before."""
        held = await tx.value(
            "SELECT EXISTS (SELECT FROM partition_lease WHERE partition = :partition AND fence = :fence)",
            partition=partition,
            fence=fence,
        )
        if not held:
            raise FenceLost
        rows = await tx.rows(
            "INSERT INTO consumed_event (community_id, event_id)"
            " SELECT CAST(:community AS uuid), id FROM unnest(CAST(:ids AS uuid[])) AS id"
            " ON CONFLICT DO NOTHING RETURNING event_id",
            community=tx.community_id,
            ids=[entry.envelope.id for entry in entries],
        )
        return {str(row.event_id) for row in rows}

    async def _handle(self, tx: Transaction, entry: _Entry) -> None:
        payload_class, handle = self._handlers[entry.envelope.type]
        event = open_envelope(entry.envelope, payload_class)
        with span_from(
            {"traceparent": event.traceparent},
            f"{self._group} {event.type}",
            kind=SpanKind.CONSUMER,
            attributes={"louyu.event.type": event.type},
        ):
            await handle(tx, event)

    async def _acknowledge(self, entries: Iterable[_Entry]) -> None:
        pipeline = self._redis.pipeline(transaction=False)
        for stream, group in groupby(sorted(entries, key=lambda e: e.stream), key=lambda e: e.stream):
            pipeline.xack(stream, self._group, *[entry.entry_id for entry in group])
        await pipeline.execute()

    async def _failed(self, entry: _Entry, error: Exception) -> list[_Entry]:
        """Decide what becomes of an entry that failed: again later, or parked."""
        kind = entry.envelope.type
        now = asyncio.get_running_loop().time()
        FAILED.labels(kind).inc()
        entry.attempts += 1
        if entry.attempts < ATTEMPTS:
            logger.warning(
                "an event failed",
                exc_info=error,
                extra={"event_type": kind, "event_id": entry.envelope.id, "attempt": entry.attempts},
            )
            entry.keeps_its_place = False
            entry.due_at = now + random.uniform(0.1, 0.2) * 2**entry.attempts  # noqa: S311 - jitter, not a secret
            return [entry]
        await self._park(entry, error)
        return []

    async def _park(self, entry: _Entry, error: Exception) -> None:
        async with self._database.transaction(entry.envelope.community_id) as tx:
            await tx.execute(
                "INSERT INTO parked_event (community_id, event_id, type, subject, envelope, error, attempt_count)"
                " VALUES (CAST(:community AS uuid), CAST(:id AS uuid), :type, :subject, :envelope, :error, :attempts)"
                " ON CONFLICT (community_id, event_id) DO UPDATE SET error = excluded.error,"
                " attempt_count = parked_event.attempt_count + excluded.attempt_count, parked_at = now()",
                {
                    "community": entry.envelope.community_id,
                    "id": entry.envelope.id,
                    "type": entry.envelope.type,
                    "subject": entry.envelope.subject,
                    "envelope": entry.envelope.SerializeToString(),
                    "error": describe(error),
                    "attempts": entry.attempts,
                },
            )
        PARKED.labels(entry.envelope.type).inc()
        logger.error(
            "an event is parked",
            exc_info=error,
            extra={"event_type": entry.envelope.type, "event_id": entry.envelope.id},
        )
        await self._acknowledge([entry])


def _later(entries: list[_Entry]) -> list[_Entry]:
    """Return entries to be tried again soon, together and in order."""
    due_at = asyncio.get_running_loop().time() + random.uniform(0.2, 1.0)  # noqa: S311 - jitter, not a secret
    for entry in entries:
        entry.due_at, entry.keeps_its_place = due_at, True
    return entries


def is_transient(error: BaseException) -> bool:
    """Whether an error passes by itself, so that it does not count against the event."""
    if isinstance(error, RemoteError):
        return is_worth_repeating(error)
    return passes_by_itself(error) or isinstance(error, RedisError)


def describe(error: BaseException) -> str:
    """Return class and place of an error, without its text, which may hold personal data."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = ""
    if place is not None:
        where = f" at {place.tb_frame.f_globals.get('__name__', '?')}:{place.tb_lineno}"
    return f"{error.__class__.__name__}{where}"
