"""The feed: subscribers of a group get its messages, each once, in order, without gaps.

Wakes are hints: after a flush in this process, by the tail of the event streams for other replicas, and every two
seconds by comparing positions. What is delivered always comes from the database, read once for all readers of a group.
A reader has a bounded buffer; one that leaves it full is ended and resumes from the last `seq` that it has. Whatever a
buffer does not hold, the reader fetches itself, so that a missing wake or a late start can delay but never skip.

Changes to earlier messages have numbers of their own. A reader is told the newest number only, and reads for itself
what has changed: however many changes come, one number waits.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass

from louyu_runtime.errors import Unavailable
from prometheus_client import Gauge

from louyu_messaging.errors import ReaderTooSlow
from louyu_messaging.message import Message

logger = logging.getLogger(__name__)

PAGE = 200
BUFFER = 1000
POLL_SECONDS = 2.0
HEARTBEAT_SECONDS = 20.0

READERS = Gauge("louyu_feed_readers", "Open subscriptions.")

GroupKey = tuple[str, str]
"""Community and group."""

ReadAfter = Callable[[GroupKey, int, int], Awaitable[Sequence[Message]]]
"""(group, seq, at most) -> the messages that follow, oldest first."""

ReadPositions = Callable[[Sequence[GroupKey]], Awaitable[dict[GroupKey, tuple[int, int]]]]
"""groups -> their last position and last change."""


@dataclass(frozen=True, slots=True)
class News:
    """What a reader is given: new messages, and the newest change if there was one, else 0. Neither after a quiet time."""

    messages: Sequence[Message] = ()
    last_change: int = 0


class _Reader:
    """One subscription's buffer."""

    def __init__(self, change: int) -> None:
        self._buffer: deque[Message] = deque()
        self._news = asyncio.Event()
        self._is_over = False
        self._told_change = change
        self._change = change

    def note_change(self, change: int) -> None:
        if change > self._change:
            self._change = change
            self._news.set()

    def put(self, messages: Iterable[Message]) -> None:
        self._buffer.extend(messages)
        self._is_over = self._is_over or len(self._buffer) > BUFFER
        self._news.set()

    async def take(self, timeout_seconds: float) -> News:
        """Return what is there, waiting for it at most so long; empty after the wait. Raises ReaderTooSlow."""
        if not self._buffer and self._change == self._told_change:
            self._news.clear()
            try:
                async with asyncio.timeout(timeout_seconds):
                    await self._news.wait()
            except TimeoutError:
                return News()
        if self._is_over:
            raise ReaderTooSlow
        taken = News(list(self._buffer), self._change if self._change > self._told_change else 0)
        self._buffer.clear()
        self._told_change = self._change
        return taken


class _GroupFeed:
    """The readers of one group, and how far they have been served."""

    def __init__(self, key: GroupKey, position: int) -> None:
        self.key = key
        self.position = position
        self.change = 0
        self.readers: set[_Reader] = set()
        self.is_behind = False
        self.serving: asyncio.Task[None] | None = None


class Feed:
    """All subscriptions of this process. Run `watch` in the background."""

    def __init__(
        self, read_after: ReadAfter, read_positions: ReadPositions, *, heartbeat_seconds: float = HEARTBEAT_SECONDS
    ) -> None:
        self._read_after = read_after
        self._read_positions = read_positions
        self._heartbeat_seconds = heartbeat_seconds
        self._groups: dict[GroupKey, _GroupFeed] = {}
        self._gap = asyncio.Event()

    def wake(self, key: GroupKey) -> None:
        """Say that a group may have new messages."""
        group = self._groups.get(key)
        if group is None:
            return
        group.is_behind = True
        if group.serving is None:
            group.serving = asyncio.create_task(self._serve(group))

    def changed(self, key: GroupKey, change: int) -> None:
        """Say that a message of a group has changed, and the number of that change."""
        group = self._groups.get(key)
        if group is None or change <= group.change:
            return
        group.change = change
        for reader in group.readers:
            reader.note_change(change)

    def wake_all(self) -> None:
        """Say that wakes may have been missed."""
        self._gap.set()

    async def watch(self) -> None:
        """Compare positions every two seconds, and after each gap in the hints, until cancelled."""
        while True:
            try:
                async with asyncio.timeout(POLL_SECONDS):
                    await self._gap.wait()
            except TimeoutError:
                pass
            self._gap.clear()
            if not self._groups:
                continue
            try:
                positions = await self._read_positions(list(self._groups))
            except Unavailable:
                logger.debug("positions cannot be read now")
                continue
            for key, (position, change) in positions.items():
                if key in self._groups and position > self._groups[key].position:
                    self.wake(key)
                self.changed(key, change)

    async def subscribe(self, key: GroupKey, after_seq: int, after_change: int = 0) -> AsyncGenerator[News]:
        """Yield the messages that follow `after_seq`, then new ones and changes after `after_change` as they come.

        After a time of quiet yields News without either.

        Raises ReaderTooSlow when what was yielded is taken too slowly, Unavailable while the database is away.
        """
        position = after_seq
        async for messages in self._history(key, position):
            position = messages[-1].seq
            yield News(messages)
        reader = self._add_reader(key, position, after_change)
        try:
            # what came between the last page and the reader's place in the group
            async for messages in self._history(key, position):
                position = messages[-1].seq
                yield News(messages)
            while True:
                news = await reader.take(self._heartbeat_seconds)
                fresh = [message for message in news.messages if message.seq > position]
                if fresh and fresh[0].seq != position + 1:
                    async for messages in self._history(key, position, until=fresh[0].seq):
                        position = messages[-1].seq
                        yield News(messages)
                    fresh = [message for message in fresh if message.seq > position]
                if fresh:
                    position = fresh[-1].seq
                yield News(fresh, news.last_change)
        finally:
            self._remove_reader(key, reader)

    async def _history(self, key: GroupKey, position: int, until: int | None = None) -> AsyncIterator[list[Message]]:
        """Yield pages that follow `position`, up to the newest, or until `until` has been passed."""
        while until is None or position < until:
            page = list(await self._read_after(key, position, PAGE))
            if page:
                position = page[-1].seq
                yield page
            if len(page) < PAGE:
                return

    def _add_reader(self, key: GroupKey, position: int, change: int) -> _Reader:
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = _GroupFeed(key, position)
        reader = _Reader(change)
        reader.note_change(group.change)
        group.readers.add(reader)
        READERS.inc()
        return reader

    def _remove_reader(self, key: GroupKey, reader: _Reader) -> None:
        READERS.dec()
        group = self._groups[key]
        group.readers.discard(reader)
        if not group.readers:
            del self._groups[key]

    async def _serve(self, group: _GroupFeed) -> None:
        """Read what is new and give it to all readers, until nothing is."""
        try:
            while group.is_behind and group.readers:
                group.is_behind = False
                while page := await self._read_after(group.key, group.position, PAGE):
                    group.position = page[-1].seq
                    for reader in group.readers:
                        reader.put(page)
                    if len(page) < PAGE:
                        break
        except Unavailable:
            logger.debug("a group cannot be read now; positions are compared again soon")
        except Exception:
            logger.exception("serving a group's readers failed; positions are compared again soon")
        finally:
            group.serving = None
