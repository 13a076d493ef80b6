"""Watching screens: who waits for a screen's next version is woken by hints, of this process or of another replica's.

A hint is only a reason to read the version, which is the truth; after 20 s without one it is read anyway.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress

from louyu.events.v1 import envelope_pb2
from louyu_runtime.database import Database

from louyu_notify.errors import ScreenNotFound
from louyu_notify.screens import locate
from louyu_notify.store import screens

HEARTBEAT_SECONDS = 20.0


class ScreenWatch:
    """Those who wait, by screen."""

    def __init__(self, database: Database, *, heartbeat_seconds: float = HEARTBEAT_SECONDS) -> None:
        self._database = database
        self._heartbeat_seconds = heartbeat_seconds
        self._waiting: dict[str, set[asyncio.Event]] = {}

    def wake(self, screen_id: str) -> None:
        """Say that a screen's playlist has changed."""
        for event in self._waiting.get(screen_id, ()):
            event.set()

    def wake_all(self) -> None:
        """Say that hints may have been missed."""
        for screen_id in self._waiting:
            self.wake(screen_id)

    def hint(self, envelope: envelope_pb2.Envelope) -> None:
        """Take a hint from the stream of notify's events."""
        if envelope.type == "ScreenChanged":
            self.wake(envelope.subject.removeprefix("screen/"))

    async def versions(self, code: str, known_version: int) -> AsyncGenerator[int, None]:
        """Give the version of a screen's playlist whenever it is another one, and after 20 s of quiet the same again.

        Raises ScreenNotFound when no screen has the code, or has it no longer.
        """
        community_id, screen_id = await locate(self._database, code)
        woken = asyncio.Event()
        self._waiting.setdefault(screen_id, set()).add(woken)
        try:
            version = await self._version(community_id, screen_id)
            if version != known_version:
                yield version
            while True:
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._heartbeat_seconds):
                        await woken.wait()
                is_heartbeat = not woken.is_set()
                woken.clear()
                if is_heartbeat and await locate(self._database, code) != (community_id, screen_id):
                    raise ScreenNotFound
                found = await self._version(community_id, screen_id)
                if is_heartbeat or found != version:
                    version = found
                    yield version
        finally:
            self._waiting[screen_id].discard(woken)
            if not self._waiting[screen_id]:
                del self._waiting[screen_id]

    async def _version(self, community_id: str, screen_id: str) -> int:
        async with self._database.transaction(community_id) as tx:
            version = await screens.note_seen(tx, screen_id)
        if version is None:
            raise ScreenNotFound
        return version
