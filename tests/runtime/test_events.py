"""Events reach their effect exactly once, whatever fails on the way."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from louyu.events.v1 import envelope_pb2, notify_events_pb2
from louyu_runtime.database import Database, Transaction, append_event
from louyu_runtime.errors import Unavailable
from louyu_runtime.events import consumer as consumer_module
from louyu_runtime.events import tail as tail_module
from louyu_runtime.events.consumer import Consumer
from louyu_runtime.events.leases import PartitionLeases
from louyu_runtime.events.relay import Relay
from louyu_runtime.events.streams import FIELD, Event, connect_redis, partition_of, stream_name
from louyu_runtime.events.tail import Tail
from louyu_runtime.ids import community_id
from redis.asyncio import Redis

from tests.embedded.waiting import until
from tests.runtime.conftest import Pair

COMMUNITY = community_id("one")
OTHER = community_id("two")
PARTITIONS = 4

Effect = Callable[[Transaction, Event[notify_events_pb2.ScreenChanged]], Awaitable[None]]


async def say(database: Database, *subjects: str, community: str = COMMUNITY) -> None:
    async with database.transaction(community) as tx:
        for subject in subjects:
            append_event(tx, notify_events_pb2.ScreenChanged(screen_id=subject), subject=subject)


async def effects(pair: Pair) -> list[str]:
    async with pair.consumer.transaction(COMMUNITY) as tx:
        return [row.subject for row in await tx.rows("SELECT subject FROM effect ORDER BY position")]


async def note_effect(tx: Transaction, event: Event[notify_events_pb2.ScreenChanged]) -> None:
    await tx.execute("INSERT INTO effect (subject) VALUES (:subject)", {"subject": event.payload.screen_id})


def relay_of(pair: Pair, redis: Redis) -> Relay:
    return Relay(pair.source, redis, PARTITIONS, {}, ["routing"])


@asynccontextmanager
async def consuming(pair: Pair, redis_url: str, effect: Effect = note_effect, name: str = "a") -> AsyncIterator[None]:
    client = connect_redis(redis_url)
    leases = PartitionLeases(pair.consumer, name, PARTITIONS)
    handlers = {"ScreenChanged": (notify_events_pb2.ScreenChanged, effect)}
    consumer = Consumer(pair.consumer, client, leases, handlers, ["messaging"])
    tasks = [asyncio.create_task(leases.run()), asyncio.create_task(consumer.run())]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await client.aclose()


async def test_events_of_a_community_arrive_in_their_order(pair: Pair, redis: Redis, redis_url: str) -> None:
    subjects = [str(number) for number in range(250)]
    for start in range(0, 250, 50):
        await say(pair.source, *subjects[start : start + 50])
    relay = relay_of(pair, redis)
    while await relay.publish_once():
        pass
    async with consuming(pair, redis_url):
        await until(lambda: _have(pair, 250))
    assert await effects(pair) == subjects


async def _have(pair: Pair, number: int) -> bool:
    return len(await effects(pair)) >= number


async def test_an_event_that_is_published_twice_has_its_effect_once(pair: Pair, redis: Redis, redis_url: str) -> None:
    await say(pair.source, "once")
    await relay_of(pair, redis).publish_once()
    stream = stream_name("messaging", partition_of(COMMUNITY, PARTITIONS))
    entries: Any = await redis.xrange(stream)
    await redis.xadd(stream, entries[0][1])
    await say(pair.source, "last")
    await relay_of(pair, redis).publish_once()
    async with consuming(pair, redis_url):
        await until(lambda: _have(pair, 2))
    assert await effects(pair) == ["once", "last"]


async def test_what_redis_has_lost_is_published_again_and_taken_once(pair: Pair, redis: Redis, redis_url: str) -> None:
    relay = relay_of(pair, redis)
    await say(pair.source, "before")
    await relay.publish_once()
    async with consuming(pair, redis_url):
        await until(lambda: _have(pair, 1))
        await redis.flushdb()
        await say(pair.source, "after")
        await relay.publish_once()
        await until(lambda: _have(pair, 2))
    assert await effects(pair) == ["before", "after"]


async def test_losing_only_the_last_second_is_noticed(pair: Pair, redis: Redis, redis_url: str) -> None:
    relay = relay_of(pair, redis)
    await say(pair.source, "kept")
    await relay.publish_once()
    stream = stream_name("messaging", partition_of(COMMUNITY, PARTITIONS))
    kept: Any = await redis.dump(stream)
    number: Any = await redis.get("louyu:relay:messaging")
    await say(pair.source, "lost")
    await relay.publish_once()
    await redis.restore(stream, 0, kept, replace=True)
    await redis.set("louyu:relay:messaging", number)
    await relay.publish_once()
    async with consuming(pair, redis_url):
        await until(lambda: _have(pair, 2))
    assert await effects(pair) == ["kept", "lost"]


async def test_an_event_that_always_fails_is_parked_and_others_do_not_wait(
    pair: Pair, redis: Redis, redis_url: str
) -> None:
    async def effect(tx: Transaction, event: Event[notify_events_pb2.ScreenChanged]) -> None:
        if event.payload.screen_id == "bad":
            raise ValueError("13800138000 must not be shown")
        await note_effect(tx, event)

    await say(pair.source, "first", "bad", "last")
    await relay_of(pair, redis).publish_once()
    async with consuming(pair, redis_url, effect):
        await until(lambda: _have(pair, 2), within_seconds=3)
        await until(lambda: _parked(pair), within_seconds=20)
    assert await effects(pair) == ["first", "last"]
    async with pair.consumer.transaction(COMMUNITY) as tx:
        row = await tx.row("SELECT error, attempt_count FROM parked_event")
    assert row is not None
    assert row.attempt_count == consumer_module.ATTEMPTS
    assert "ValueError" in row.error
    assert "13800138000" not in row.error


async def _parked(pair: Pair) -> bool:
    async with pair.consumer.transaction(COMMUNITY) as tx:
        return bool(await tx.value("SELECT count(*) FROM parked_event"))


async def test_a_fault_that_passes_is_not_counted(pair: Pair, redis: Redis, redis_url: str) -> None:
    attempts = 0

    async def effect(tx: Transaction, event: Event[notify_events_pb2.ScreenChanged]) -> None:
        nonlocal attempts
        attempts += 1
        if attempts <= consumer_module.ATTEMPTS + 1:
            raise Unavailable("another service is away")
        await note_effect(tx, event)

    await say(pair.source, "patient")
    await relay_of(pair, redis).publish_once()
    async with consuming(pair, redis_url, effect):
        await until(lambda: _have(pair, 1), within_seconds=20)
    assert not await _parked(pair)


async def test_what_was_read_and_not_acknowledged_is_taken_up_by_the_next(
    pair: Pair, redis: Redis, redis_url: str
) -> None:
    stream = stream_name("messaging", partition_of(COMMUNITY, PARTITIONS))
    await say(pair.source, "orphan")
    await relay_of(pair, redis).publish_once()
    await redis.xgroup_create(stream, "routing", id="0")
    await redis.xreadgroup("routing", "routing", {stream: ">"})
    async with consuming(pair, redis_url):
        await until(lambda: _have(pair, 1))
    assert await effects(pair) == ["orphan"]


async def test_an_event_that_ends_the_process_each_time_is_parked_and_others_do_not_wait_for_ever(
    pair: Pair, redis: Redis, redis_url: str
) -> None:
    begun = 0

    async def effect(tx: Transaction, event: Event[notify_events_pb2.ScreenChanged]) -> None:
        nonlocal begun
        if event.payload.screen_id == "deadly":
            begun += 1
            await asyncio.Event().wait()
        await note_effect(tx, event)

    await say(pair.source, "first", "deadly", "last")
    await relay_of(pair, redis).publish_once()
    for lives in range(1, consumer_module.ATTEMPTS + 2):
        async with consuming(pair, redis_url, effect):
            await until(lambda lives=lives: begun == lives)  # type: ignore[misc]  # mypy has no type for a default
    async with consuming(pair, redis_url, effect):
        await until(lambda: _have(pair, 2))
    assert await effects(pair) == ["first", "last"]
    async with pair.consumer.transaction(COMMUNITY) as tx:
        rows = await tx.rows("SELECT subject, error FROM parked_event")
    assert [(row.subject, row.error) for row in rows] == [("deadly", "NeverFinished")]
    assert begun == consumer_module.ATTEMPTS + 1


async def test_what_waits_for_another_service_through_many_restarts_is_not_parked(
    pair: Pair, redis: Redis, redis_url: str
) -> None:
    is_away, asked = True, 0

    async def effect(tx: Transaction, event: Event[notify_events_pb2.ScreenChanged]) -> None:
        nonlocal asked
        asked += 1
        if is_away:
            raise Unavailable("another service is away")
        await note_effect(tx, event)

    await say(pair.source, "patient")
    await relay_of(pair, redis).publish_once()
    stream = stream_name("messaging", partition_of(COMMUNITY, PARTITIONS))
    for life in range(consumer_module.ATTEMPTS + 2):
        async with consuming(pair, redis_url, effect):
            await until(lambda life=life: asked > life)  # type: ignore[misc]  # mypy has no type for a default
            await until(lambda: _is_begun_once(redis, stream))
    is_away = False
    async with consuming(pair, redis_url, effect):
        await until(lambda: _have(pair, 1))
    assert not await _parked(pair)


async def _is_begun_once(redis: Redis, stream: str) -> bool:
    pending: Any = await redis.xpending_range(stream, "routing", min="-", max="+", count=1)
    return [entry["times_delivered"] for entry in pending] == [1]


async def test_two_replicas_share_the_partitions_and_one_takes_over(pair: Pair) -> None:
    first, second = PartitionLeases(pair.consumer, "a", PARTITIONS), PartitionLeases(pair.consumer, "b", PARTITIONS)
    running = [asyncio.create_task(first.run()), asyncio.create_task(second.run())]
    try:
        await until(lambda: len(first.fences) == 2 and len(second.fences) == 2)
        assert not first.fences.keys() & second.fences.keys()
        old = dict(first.fences)
        running[0].cancel()
        await until(lambda: len(second.fences) == PARTITIONS)
        assert all(second.fences[partition] > fence for partition, fence in old.items())
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def test_a_lost_fence_writes_nothing(pair: Pair, redis: Redis, redis_url: str) -> None:
    await say(pair.source, "mine")
    await relay_of(pair, redis).publish_once()
    client = connect_redis(redis_url)
    leases = PartitionLeases(pair.consumer, "late", PARTITIONS)
    leases.fences = dict.fromkeys(range(PARTITIONS), 1)  # as if the lease had run out while this replica slept
    handlers = {"ScreenChanged": (notify_events_pb2.ScreenChanged, note_effect)}
    late = asyncio.create_task(Consumer(pair.consumer, client, leases, handlers, ["messaging"]).run())
    async with consuming(pair, redis_url, name="rightful"):
        await until(lambda: _have(pair, 1))
    late.cancel()
    await asyncio.gather(late, return_exceptions=True)
    await client.aclose()
    assert await effects(pair) == ["mine"]


async def test_a_transaction_that_fails_leaves_no_event(pair: Pair, redis: Redis) -> None:
    with pytest.raises(RuntimeError):
        async with pair.source.transaction(COMMUNITY) as tx:
            append_event(tx, notify_events_pb2.ScreenChanged(screen_id="never"), subject="never")
            raise RuntimeError
    assert await relay_of(pair, redis).publish_once() == 0


async def test_streams_are_trimmed_only_when_every_consumer_is_done(pair: Pair, redis: Redis, redis_url: str) -> None:
    relay = Relay(pair.source, redis, PARTITIONS, {}, ["routing", "notify"])
    stream = stream_name("messaging", partition_of(COMMUNITY, PARTITIONS))
    await redis.xadd(stream, {b"e": b""}, id="1-0")
    await redis.xgroup_create(stream, "routing", id="$")
    await relay._maintain()
    assert await redis.xlen(stream) == 1
    await redis.xgroup_create(stream, "notify", id="0")
    await relay._maintain()
    assert await redis.xlen(stream) == 1
    await redis.xreadgroup("notify", "notify", {stream: ">"})
    await redis.xack(stream, "notify", "1-0")
    await redis.xadd(stream, {b"e": b""}, id="2-0")
    await relay._maintain()
    assert await redis.xlen(stream) == 2


async def test_who_follows_a_flood_is_told_of_a_gap_and_goes_on_from_its_end(redis: Redis) -> None:
    hinted: list[str] = []
    gaps = 0

    def note_gap() -> None:
        nonlocal gaps
        gaps += 1

    stream = stream_name("messaging", 0)
    tail = Tail(redis, "messaging", 1, lambda envelope: hinted.append(envelope.subject), note_gap)
    following = asyncio.create_task(tail.run())
    try:
        await until(lambda: gaps == 1)
        flood = redis.pipeline(transaction=True)
        for number in range(3 * tail_module.AT_ONCE):
            flood.xadd(stream, {FIELD: envelope_pb2.Envelope(subject=str(number)).SerializeToString()})
        await flood.execute()
        await until(lambda: gaps == 2)
        await redis.xadd(stream, {FIELD: envelope_pb2.Envelope(subject="after").SerializeToString()})
        await until(lambda: hinted[-1] == "after")
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
    assert hinted == [*map(str, range(tail_module.AT_ONCE)), "after"]
