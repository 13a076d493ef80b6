"""Wakes: tells the workers of this process that there is something to do, so that they need not look for it."""

import asyncio


class Wakes:
    """Wakes the workers of this process, by channel."""

    def __init__(self) -> None:
        self._events: dict[str, asyncio.Event] = {}

    def event(self, key: str) -> asyncio.Event:
        """Return the event on which the worker of this channel waits."""
        return self._events.setdefault(key, asyncio.Event())

    def wake(self, *keys: str) -> None:
        """Say that there is something to deliver on these channels; on all of them when none is named."""
        for key in keys or tuple(self._events):
            self.event(key).set()
