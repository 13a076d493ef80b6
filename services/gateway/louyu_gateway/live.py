"""Live updates: streams of hints from the services become one stream of server-sent events for a page or screen.

A hint says what to read again and is never the truth itself, so hints of one kind may be merged while a slow reader is
busy: nothing queues up. The services end a stream when its token does (some minutes): it is opened again with a fresh
one, and the page is told "ready", upon which it reads what it may have missed.
"""

import asyncio
import json
import logging
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

from louyu_runtime.errors import LouyuError, RemoteError, ResourceExhausted
from starlette.responses import StreamingResponse

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
        self._stopping = asyncio.Event()
        self._of: Counter[str] = Counter()
        self.count = 0

    def stop(self) -> None:
        """End every stream; pages connect again, to another replica."""
        self._stopping.set()

    def stream(self, *sources: Source, owner: str) -> StreamingResponse:
        """Return the response that follows the sources. Raises ResourceExhausted when there are too many.

        `owner` is the person or screen that follows; nobody takes the others' places.
        """
        if self.count >= self._limit or self._of[owner] >= MOST_OF_ONE or self._stopping.is_set():
            raise ResourceExhausted("too many live connections; try again later", retry_after_seconds=30)
        return StreamingResponse(
            self._events(sources, owner),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    async def _events(self, sources: tuple[Source, ...], owner: str) -> AsyncIterator[str]:
        hints = Hints()
        self.count += 1
        self._of[owner] += 1
        tasks = [asyncio.create_task(_follow(source, hints)) for source in sources]
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            yield event("ready", {})
            while not self._stopping.is_set():
                waiting = asyncio.create_task(hints.changed.wait())
                try:
                    await asyncio.wait({waiting, stopping}, timeout=QUIET_SECONDS, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    waiting.cancel()
                taken = hints.take()
                for kind, about in taken:
                    yield event(kind, about)
                if not taken:
                    yield ": still here\n\n"
        finally:
            self.count -= 1
            self._of[owner] -= 1
            if not self._of[owner]:
                del self._of[owner]
            stopping.cancel()
            for task in tasks:
                task.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.gather(*tasks, return_exceptions=True)


class Hints:
    """What the reader has not been told yet: the newest hint about each thing, in the order of arrival."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[str, str | int], tuple[str, dict[str, str | int]]] = {}
        self.changed = asyncio.Event()

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


async def _follow(source: Source, hints: Hints) -> None:
    wait = FIRST_WAIT_SECONDS
    while True:
        try:
            await source(hints.tell)
            wait = FIRST_WAIT_SECONDS
        except (RemoteError, LouyuError) as error:
            if error.code.name in ("PERMISSION_DENIED", "NOT_FOUND"):
                return
            logger.info("a stream of hints ended", extra={"code": error.code.name, "reason": error.reason})
        await asyncio.sleep(wait)
        wait = min(wait * 2, LONGEST_WAIT_SECONDS)
        hints.tell("ready", {})


def event(kind: str, about: dict[str, str | int]) -> str:
    """Return one server-sent event."""
    return f"event: {kind}\ndata: {json.dumps(about)}\n\n"
