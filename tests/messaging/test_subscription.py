"""Subscribing: every message once, in order, without a gap, whatever happens in between."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from datetime import UTC, datetime

import pytest
from louyu.messaging.v1 import messaging_service_pb2 as pb
from louyu_messaging.errors import ReaderTooSlow
from louyu_messaging.feed import BUFFER, Feed, GroupKey, News
from louyu_messaging.message import Message
from louyu_messaging.store.hot import HotStore
from louyu_runtime.errors import RemoteError

from tests.messaging.community import COMMUNITY, GROUP_28, GROUP_SMALL, Messaging, person
from tests.messaging.test_posting import draft

KEY: GroupKey = (COMMUNITY, GROUP_28)


def subscribe(
    messaging: Messaging, after_seq: int = 0, group: str = GROUP_28
) -> AsyncIterator[pb.SubscribeMessagesResponse]:
    request = pb.SubscribeMessagesRequest(community_id=COMMUNITY, group_id=group, after_seq=after_seq)
    return messaging.client.stream("SubscribeMessages", request, timeout=30.0)


async def read(messaging: Messaging, after_seq: int, count: int) -> list[int]:
    """Subscribe, read at least so many messages, and leave."""
    found: list[int] = []
    async with aclosing(subscribe(messaging, after_seq)) as answers:  # type: ignore[type-var]
        async for answer in answers:
            found += [message.seq for message in answer.messages]
            if len(found) >= count:
                return found
    raise AssertionError("the stream ended")


async def test_a_subscriber_gets_what_was_and_what_comes(messaging: Messaging) -> None:
    await messaging.post("一", "1")
    reading = asyncio.create_task(read(messaging, 0, 3))
    await messaging.post("二", "2")
    await messaging.post("三", "3")

    assert await reading == [1, 2, 3]


async def test_reconnecting_readers_miss_nothing_while_many_write(messaging: Messaging) -> None:
    async def write(writer: int) -> None:
        for turn in range(40):
            await messaging.post("x", f"{writer}/{turn}")

    async def follow() -> list[int]:
        seen: list[int] = []
        while len(seen) < 320:
            seen += await read(messaging, seen[-1] if seen else 0, min(37, 320 - len(seen)))
        return seen

    seen, *_ = await asyncio.gather(follow(), follow(), *map(write, range(8)))

    assert seen == list(range(1, 321))


async def test_messages_of_another_process_arrive(messaging: Messaging, database_url: str) -> None:
    reading = asyncio.create_task(read(messaging, 0, 1))
    async with HotStore(database_url) as other:
        await other.post_messages([draft("来自别处", "1")])

        async with asyncio.timeout(10):
            assert await reading == [1]


async def test_a_quiet_group_sends_heartbeats(messaging: Messaging) -> None:
    async with HotStore(messaging.host.database.asyncpg_url) as hot:

        async def nothing(key: GroupKey, seq: int, limit: int) -> Sequence[Message]:
            return ()

        feed = Feed(nothing, hot.group_positions, heartbeat_seconds=0.01)
        async with aclosing(feed.subscribe(KEY, 0)) as answers:
            assert await anext(answers) == News([], 0)
            assert await anext(answers) == News([], 0)


class Scripted:
    """Messages that a test lets appear, read as the feed reads the database."""

    def __init__(self) -> None:
        self.count = 0

    async def after(self, key: GroupKey, seq: int, limit: int) -> Sequence[Message]:
        now = datetime.now(UTC)
        last = min(seq + limit, self.count)
        return [Message(n, str(n), "", "", (), "x", "text", (), 0, "", now) for n in range(seq + 1, last + 1)]

    async def positions(self, groups: Sequence[GroupKey]) -> dict[GroupKey, tuple[int, int]]:
        return dict.fromkeys(groups, (self.count, 0))


async def test_a_slow_reader_is_ended_and_does_not_hold_up_the_others() -> None:
    script = Scripted()
    feed = Feed(script.after, script.positions)
    async with aclosing(feed.subscribe(KEY, 0)) as slow, aclosing(feed.subscribe(KEY, 0)) as quick:
        script.count = 1
        assert [m.seq for m in (await anext(slow)).messages] == [1]
        first = asyncio.create_task(anext(slow))  # takes its place in the group, then stops taking
        await asyncio.sleep(0)
        seen = [m.seq for m in (await anext(quick)).messages]
        taking = asyncio.create_task(anext(quick))
        while len(seen) < BUFFER + 300:
            script.count += 50
            feed.wake(KEY)
            seen += [m.seq for m in (await taking).messages]
            taking = asyncio.create_task(anext(quick))
        taking.cancel()
        await first

        with pytest.raises(ReaderTooSlow):
            await anext(slow)

    assert seen == list(range(1, len(seen) + 1))


async def test_a_lost_wake_delays_but_skips_nothing() -> None:
    script = Scripted()
    feed = Feed(script.after, script.positions)
    watching = asyncio.create_task(feed.watch())
    try:
        async with aclosing(feed.subscribe(KEY, 0)) as answers:
            waiting = asyncio.create_task(anext(answers))
            await asyncio.sleep(0)
            script.count = 450
            feed.wake_all()
            seen = [m.seq for m in (await waiting).messages]
            while len(seen) < 450:
                seen += [m.seq for m in (await anext(answers)).messages]
    finally:
        watching.cancel()

    assert seen == list(range(1, 451))


async def test_a_resident_cannot_subscribe_to_another_building(messaging: Messaging) -> None:
    request = pb.SubscribeMessagesRequest(community_id=COMMUNITY, group_id=GROUP_SMALL)

    with pytest.raises(RemoteError) as refused:
        async for _ in messaging.client.stream("SubscribeMessages", request, principal=person("zhang"), timeout=5.0):
            pass

    assert refused.value.code.name == "NOT_FOUND"
