"""Shared streams: however many pages follow the same thing, a service is asked for its stream once for all of them.

A stream of its own would cost each page a hundred kilobytes and a message as many deliveries as there are pages. It is
opened for the first reader, as the gateway itself, and closed after the last. Whether a reader may follow is judged by
whoever lets them join, before and again every few minutes.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from louyu_gateway.live import LONGEST_WAIT_SECONDS, Source, Tell, follow

AT_ONCE = 20
PAUSE_SECONDS = 0.1
"""After a stream was interrupted, so many pages at a time are told to read, and the next ones after this pause."""


class SharedStreams:
    """The shared streams of this replica, by what they follow."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, ...], _Shared] = {}

    @contextmanager
    def joined(self, key: tuple[str, ...], tell: Tell, *sources: Source) -> Iterator[None]:
        """Pass on to `tell` what the stream of this key says; for the first reader it is opened with these sources."""
        shared = self._open.get(key)
        if shared is None:
            shared = self._open[key] = _Shared(sources)
        shared.readers.add(tell)
        shared.greet(tell)
        try:
            yield
        finally:
            shared.readers.discard(tell)
            if not shared.readers:
                shared.close()
                del self._open[key]


class _Shared:
    """One stream, its readers, and the newest hint of each kind that has a position."""

    def __init__(self, sources: tuple[Source, ...]) -> None:
        self.readers: set[Tell] = set()
        self._newest: dict[str, dict[str, str | int]] = {}
        self._was_interrupted = False
        self._reminding: asyncio.Task[None] | None = None
        self._tasks = [asyncio.create_task(self._keep(source)) for source in sources]

    def greet(self, tell: Tell) -> None:
        """Tell a reader what was told before they joined."""
        for kind, about in self._newest.items():
            tell(kind, about)

    def close(self) -> None:
        """End the stream."""
        for task in self._tasks:
            task.cancel()
        if self._reminding is not None:
            self._reminding.cancel()

    async def _keep(self, source: Source) -> None:
        while True:
            await follow(source, self._tell)
            await asyncio.sleep(LONGEST_WAIT_SECONDS)  # we were refused: somebody has to mend something

    def _tell(self, kind: str, about: dict[str, str | int]) -> None:
        if kind == "ready":
            self._was_interrupted = True
            if self._reminding is None or self._reminding.done():
                self._reminding = asyncio.create_task(self._remind())
            return
        if "id" not in about:
            self._newest[kind] = about
        for tell in self.readers:
            tell(kind, about)

    async def _remind(self) -> None:
        """Tell all readers to read what they may have missed, a few at a time."""
        while self._was_interrupted:
            self._was_interrupted = False
            readers = list(self.readers)
            for first in range(0, len(readers), AT_ONCE):
                for tell in readers[first : first + AT_ONCE]:
                    tell("ready", {})
                await asyncio.sleep(PAUSE_SECONDS)
