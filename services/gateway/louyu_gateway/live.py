"""Live updates: streams of hints from the services become one stream of server-sent events for a page or screen.

A hint says what to read again and is never the truth itself, so hints of one kind may be merged while a slow reader is
busy: nothing queues up. The services end a stream when its token does (some minutes): it is opened again with a fresh
one, and the page is told "ready", upon which it reads what it may have missed.
"""

import asyncio
import json
import logging
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, suppress

from louyu_runtime.errors import LouyuError, RemoteError, ResourceExhausted
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

QUIET_SECONDS = 15.0
FIRST_WAIT_SECONDS = 0.2
LONGEST_WAIT_SECONDS = 10.0
MOST_OF_ONE = 30
"""So many streams one owner has at once: a person with several devices and tabs, a screen that connects again and again."""

logger = logging.getLogger(__name__)

Tell = Callable[[str, dict[str, str | int]], None]
"""Puts a hint before the reader: its kind ("messages", "changes", "question", "screen") and what it is about."""
Source = Callable[[Tell], Awaitable[None]]
"""Reads one stream until it ends, telling each hint; called again whenever it has ended."""


class Live:
    """All live connections of this replica: bounded in number, also for each owner, and ended together when it stops."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._is_stopping = False
        self._of: Counter[str] = Counter()
        self._open: set[Hints] = set()

    @property
    def count(self) -> int:
        """How many streams are open."""
        return len(self._open)

    def stop(self) -> None:
        """End every stream; pages connect again, to another replica."""
        self._is_stopping = True
        for hints in self._open:
            hints.end()

    def stream(self, *sources: Source, owner: str) -> StreamingResponse:
        """Return the response that follows the sources. Raises ResourceExhausted when there are too many.

        `owner` is the person or screen that follows; nobody takes the others' places.
        """
        if self.count >= self._limit or self._of[owner] >= MOST_OF_ONE or self._is_stopping:
            raise ResourceExhausted("too many live connections; try again later", retry_after_seconds=30)
        hints = Hints()
        return _LiveResponse(self._events(hints, sources, owner), hints)

    async def _events(self, hints: "Hints", sources: tuple[Source, ...], owner: str) -> AsyncGenerator[str]:
        self._open.add(hints)
        self._of[owner] += 1
        tasks = [asyncio.create_task(follow(source, hints.tell)) for source in sources]
        try:
            yield event("ready", {})
            while not (self._is_stopping or hints.has_ended):
                with suppress(TimeoutError):
                    async with asyncio.timeout(QUIET_SECONDS):
                        await hints.changed.wait()
                taken = hints.take()
                for kind, about in taken:
                    yield event(kind, about)
                if not (taken or hints.has_ended):
                    yield ": still here\n\n"
        finally:
            self._open.discard(hints)
            self._of[owner] -= 1
            if not self._of[owner]:
                del self._of[owner]
            for task in tasks:
                task.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.gather(*tasks, return_exceptions=True)


async def send_stream(scope: Scope, receive: Receive, send: Send) -> None:
    """Send the live updates that the application has left to the edge, if it has."""
    response = scope.pop(STREAM, None)
    if response is not None:
        await response.send_events(receive, send)


class Hints:
    """What the reader has not been told yet: the newest hint about each thing, in the order of arrival."""

    __slots__ = ("_waiting", "changed", "has_ended")

    def __init__(self) -> None:
        self._waiting: dict[tuple[str, str | int], tuple[str, dict[str, str | int]]] = {}
        self.changed = asyncio.Event()
        self.has_ended = False

    def tell(self, kind: str, about: dict[str, str | int]) -> None:
        """Put a hint; one about the same thing that is still waiting is replaced."""
        self._waiting[(kind, about.get("id", ""))] = (kind, about)
        self.changed.set()

    def take(self) -> list[tuple[str, dict[str, str | int]]]:
        """Return what is waiting, and forget it."""
        taken = list(self._waiting.values())
        self._waiting.clear()
        self.changed.clear()
        return taken

    def end(self) -> None:
        """Say that nobody is to be told any more."""
        self.has_ended = True
        self.changed.set()


STREAM = "louyu_gateway.stream"
"""Where a request's scope holds the stream that is to be sent when the application has returned."""


class _LiveResponse(StreamingResponse):
    """A stream of events that ends when its reader leaves.

    It is sent by the edge (`send_events`) and not from within the application, whose dozen layers would stay in memory
    for as long as the page is open; Starlette's own way of sending would add a group of tasks.
    """

    def __init__(self, events: AsyncGenerator[str], hints: Hints) -> None:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(events, media_type="text/event-stream", headers=headers)
        self._events = events
        self._hints = hints

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Leave the stream to the edge."""
        scope[STREAM] = self

    async def send_events(self, receive: Receive, send: Send) -> None:
        """Send events until they end."""
        leaving = asyncio.create_task(self._await_leaving(receive))
        try:
            async with aclosing(self._events):
                await self.stream_response(send)
        finally:
            leaving.cancel()

    async def _await_leaving(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._hints.end()


async def follow(source: Source, tell: Tell) -> None:
    """Read a source again and again, with "ready" after each interruption; return when it is refused for good."""
    wait = FIRST_WAIT_SECONDS
    while True:
        try:
            await source(tell)
            wait = FIRST_WAIT_SECONDS
        except (RemoteError, LouyuError) as error:
            if error.code.name in ("PERMISSION_DENIED", "NOT_FOUND") or error.reason == "PERSON_GONE":
                return
            logger.info("a stream of hints ended", extra={"code": error.code.name, "reason": error.reason})
        await asyncio.sleep(wait)
        wait = min(wait * 2, LONGEST_WAIT_SECONDS)
        tell("ready", {})


def event(kind: str, about: dict[str, str | int]) -> str:
    """Return one server-sent event."""
    return f"event: {kind}\ndata: {json.dumps(about)}\n\n"
