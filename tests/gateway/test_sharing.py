"""Shared streams: one for all who follow the same thing, opened for the first and closed after the last."""

import asyncio
from collections import defaultdict

import pytest
from grpc import StatusCode
from louyu_gateway import sharing
from louyu_gateway.live import Hints, Tell
from louyu_gateway.sharing import SharedStreams
from louyu_runtime.errors import RemoteError

from tests.embedded.waiting import until

KEY = ("community", "group")
Told = list[tuple[str, dict[str, str | int]]]


class Service:
    """A stream that says what the test wants, and counts how often it was opened and closed."""

    def __init__(self) -> None:
        self.opened = 0
        self.closed = 0
        self.tell: Tell | None = None
        self._broken = asyncio.Event()

    async def source(self, tell: Tell) -> None:
        self.opened += 1
        self.tell = tell
        try:
            await self._broken.wait()
            self._broken.clear()
            raise RemoteError(StatusCode.UNAVAILABLE, "UNAVAILABLE", "gone")
        finally:
            self.closed += 1

    def say(self, kind: str, **about: str | int) -> None:
        assert self.tell is not None
        self.tell(kind, about)

    def stop(self) -> None:
        self._broken.set()


def noting(told: Told) -> Tell:
    return lambda kind, about: told.append((kind, about))


async def test_readers_of_one_thing_share_a_stream_that_ends_with_the_last_of_them() -> None:
    service, shared = Service(), SharedStreams()
    first: Told = []
    second: Told = []
    with shared.joined(KEY, noting(first), service.source):
        await until(lambda: service.opened == 1)
        with shared.joined(KEY, noting(second), service.source):
            service.say("messages", last_seq=1)
        service.say("messages", last_seq=2)
        await asyncio.sleep(0)
        assert (service.opened, service.closed) == (1, 0)
    await until(lambda: service.closed == 1)
    assert first == [("messages", {"last_seq": 1}), ("messages", {"last_seq": 2})]
    assert second == [("messages", {"last_seq": 1})]


async def test_who_joins_later_is_told_the_newest_position_but_no_old_questions() -> None:
    service, shared = Service(), SharedStreams()
    late: Told = []
    with shared.joined(KEY, noting([]), service.source):
        await until(lambda: service.opened == 1)
        service.say("messages", last_seq=1)
        service.say("messages", last_seq=7)
        service.say("question", id="a")
        with shared.joined(KEY, noting(late), service.source):
            assert late == [("messages", {"last_seq": 7})]


async def test_things_apart_have_streams_apart() -> None:
    services: dict[str, Service] = defaultdict(Service)
    shared = SharedStreams()
    here: Told = []
    there: Told = []
    with (
        shared.joined(("community", "1"), noting(here), services["1"].source),
        shared.joined(("community", "2"), noting(there), services["2"].source),
    ):
        await until(lambda: services["1"].opened == services["2"].opened == 1)
        services["1"].say("messages", last_seq=1)
        assert here
        assert not there


async def test_after_an_interruption_all_are_told_to_read_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "AT_ONCE", 2)
    monkeypatch.setattr(sharing, "PAUSE_SECONDS", 0.01)
    service, shared = Service(), SharedStreams()
    told: list[Told] = [[] for _ in range(5)]

    async def follow(number: int) -> None:
        with shared.joined(KEY, noting(told[number]), service.source):
            await asyncio.Event().wait()

    followers = [asyncio.create_task(follow(number)) for number in range(5)]
    await until(lambda: service.opened == 1)
    service.stop()
    await until(lambda: any(told))
    most_at_once = sum(bool(each) for each in told)
    await until(lambda: all(each == [("ready", {})] for each in told))
    assert most_at_once < 5
    assert service.opened == 2
    for follower in followers:
        follower.cancel()
    await asyncio.gather(*followers, return_exceptions=True)


async def test_a_reader_that_takes_nothing_holds_nobody_up() -> None:
    service, shared = Service(), SharedStreams()
    stuck, prompt = Hints(), Hints()
    with (
        shared.joined(KEY, stuck.tell, service.source),
        shared.joined(KEY, prompt.tell, service.source),
    ):
        await until(lambda: service.opened == 1)
        for seq in range(1, 1001):
            service.say("messages", last_seq=seq)
            assert prompt.take() == [("messages", {"last_seq": seq})]
    assert stuck.take() == [("messages", {"last_seq": 1000})]
