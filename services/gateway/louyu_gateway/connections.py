"""Connections from anywhere: what a client owes (a head, the rest of a body, taking its answer) must come in time.

uvicorn bounds none of it: somebody who opens connections and sends a byte now and then, sends no more of a body than
its answer needs, or reads nothing, would hold them all.
"""

import asyncio
from collections.abc import Callable
from enum import Enum, auto
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SECONDS = 15.0
"""For a request's head; also for the rest of a body after its answer, which is read only to be thrown away."""
MOST_HEAD_BYTES = 64 * 1024
KEEP_ALIVE_SECONDS = 20
"""For so long a connection may stay open between two requests."""
TAKING_SECONDS = 60.0
"""For so long a client may take nothing of what lies ready for it, also when the connection is being closed."""


class _Owed(Enum):
    """What a connection is waited for; nothing while a request is being answered."""

    HEAD = auto()
    BODY = auto()
    REQUEST = auto()


class BoundedProtocol(HttpToolsProtocol):
    """One connection. Its first head is awaited from the opening on, each later one from its first byte."""

    _owed: _Owed | None = None
    _deadline: asyncio.TimerHandle | None = None
    _taking: asyncio.TimerHandle | None = None
    _head_bytes = 0
    _is_request_whole = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Await the first request."""
        super().connection_made(transport)
        self._await(_Owed.HEAD, HEAD_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        """Await nothing any more."""
        self._await_nothing()
        self._end_taking()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take a part of a request."""
        super().data_received(data)
        if self._owed is _Owed.HEAD:
            self._head_bytes += len(data)
            if self._head_bytes > MOST_HEAD_BYTES:
                self.transport.close()
        if self.transport.is_closing():
            self._await_taking()

    def on_message_begin(self) -> None:
        """Await the head of another request on the same connection."""
        super().on_message_begin()
        self._is_request_whole = False
        if self._owed is not _Owed.HEAD:
            self._await(_Owed.HEAD, HEAD_SECONDS)

    def on_headers_complete(self) -> None:
        """Begin to answer."""
        self._await_nothing()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Note that all of the request has come."""
        super().on_message_complete()
        self._is_request_whole = True
        if self._owed is _Owed.BODY:
            self._await(_Owed.REQUEST, KEEP_ALIVE_SECONDS)

    def on_response_complete(self) -> None:
        """Await what is left of the body, then another request. uvicorn's own timer ends with any byte that comes."""
        super().on_response_complete()
        if self.transport.is_closing():
            self._await_taking()
        elif self.cycle.response_complete and self._owed is None:
            if self._is_request_whole:
                self._await(_Owed.REQUEST, KEEP_ALIVE_SECONDS)
            else:
                self._await(_Owed.BODY, HEAD_SECONDS)

    def pause_writing(self) -> None:
        """Await that the client takes what lies ready for it."""
        super().pause_writing()
        self._await_taking()

    def resume_writing(self) -> None:
        """Await nothing of the kind any more."""
        if not self.transport.is_closing():
            self._end_taking()
        super().resume_writing()

    def _await(self, owed: _Owed, seconds: float) -> None:
        self._await_nothing()
        self._owed, self._head_bytes = owed, 0
        self._deadline = self._after(seconds, self._close)

    def _await_nothing(self) -> None:
        self._owed = None
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _await_taking(self) -> None:
        if self._taking is None:
            # Not `close`, which waits until the last byte has been taken.
            self._taking = self._after(TAKING_SECONDS, self.transport.abort)

    def _end_taking(self) -> None:
        if self._taking is not None:
            self._taking.cancel()
            self._taking = None

    def _close(self) -> None:
        self.transport.close()
        self._await_taking()

    def _after(self, seconds: float, act: Callable[[], None]) -> asyncio.TimerHandle:
        return self.loop.call_later(seconds, act)


def bounds(live_limit: int) -> dict[str, Any]:
    """Return uvicorn's settings for connections: as many as live updates may need, and ample room for requests."""
    return {
        "http": BoundedProtocol,
        "ws": "none",
        "timeout_keep_alive": KEEP_ALIVE_SECONDS,
        "limit_concurrency": live_limit + 10_000,
    }
