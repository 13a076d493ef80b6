"""Live streams: hints are merged while the reader is busy, streams are bounded, and all end when the gateway stops."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import cast

import pytest
from grpc import StatusCode
from louyu_gateway.live import MOST_OF_ONE, Hints, Live, Tell
from louyu_runtime.errors import RemoteError, ResourceExhausted


async def next_event(events: AsyncIterator[str]) -> str:
    return await asyncio.wait_for(anext(events), 2)


def test_of_several_hints_about_one_thing_the_newest_is_told() -> None:
    hints = Hints()
    hints.tell("messages", {"last_seq": 1})
    hints.tell("question", {"id": "a"})
    hints.tell("messages", {"last_seq": 9})
    hints.tell("question", {"id": "b"})
    assert hints.take() == [
        ("messages", {"last_seq": 9}),
        ("question", {"id": "a"}),
        ("question", {"id": "b"}),
    ]
    assert hints.take() == []


async def test_a_stream_begins_with_ready_and_ends_when_the_gateway_stops() -> None:
    async def source(tell: Tell) -> None:
        tell("messages", {"last_seq": 3})
        await asyncio.Event().wait()

    live = Live(limit=10)
    events = cast(AsyncIterator[str], live.stream(source, owner="a").body_iterator)
    assert await next_event(events) == "event: ready\ndata: {}\n\n"
    assert await next_event(events) == 'event: messages\ndata: {"last_seq": 3}\n\n'
    assert live.count == 1
    live.stop()
    with pytest.raises(StopAsyncIteration):
        while True:
            await next_event(events)
    assert live.count == 0


async def test_a_source_that_ends_is_opened_again_and_the_page_told_to_read() -> None:
    opened = 0

    async def source(tell: Tell) -> None:
        nonlocal opened
        opened += 1
        if opened == 1:
            raise RemoteError(StatusCode.UNAVAILABLE, "UNAVAILABLE", "gone")
        tell("question", {"id": "a"})
        await asyncio.Event().wait()

    live = Live(limit=10)
    events = cast(AsyncIterator[str], live.stream(source, owner="a").body_iterator)
    told = [await next_event(events) for _ in range(3)]
    assert told[1] == "event: ready\ndata: {}\n\n"
    assert told[2].startswith("event: question")
    live.stop()


async def test_more_streams_than_the_limit_are_refused_with_a_time_to_come_again() -> None:
    live = Live(limit=0)
    with pytest.raises(ResourceExhausted) as refused:
        live.stream(owner="a")
    assert refused.value.retry_after_seconds == 30


async def test_nobody_takes_the_places_of_others() -> None:
    live = Live(limit=1_000)
    open_streams = []
    for _ in range(MOST_OF_ONE):
        events = cast(AsyncGenerator[str], live.stream(owner="greedy").body_iterator)
        await next_event(events)
        open_streams.append(events)
    with pytest.raises(ResourceExhausted):
        live.stream(owner="greedy")
    await next_event(cast(AsyncIterator[str], live.stream(owner="other").body_iterator))

    await open_streams.pop().aclose()
    live.stream(owner="greedy")
    live.stop()
