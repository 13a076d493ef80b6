"""Connections from anywhere: a request's head must come soon and be small, or the connection is closed.

uvicorn bounds neither: somebody who opens connections and sends a byte now and then would hold them all.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SECONDS = 15.0
MOST_HEAD_BYTES = 64 * 1024
KEEP_ALIVE_SECONDS = 20
"""For so long a connection may stay open between two requests."""


class BoundedProtocol(HttpToolsProtocol):
    """One connection. Its head is awaited from the opening on, and from the first byte of each later request."""

    _deadline: asyncio.TimerHandle | None = None
    _head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Await the first request."""
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Await nothing any more."""
        self._end_deadline()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take a part of a request."""
        super().data_received(data)
        if self._deadline is not None:
            self._head_bytes += len(data)
            if self._head_bytes > MOST_HEAD_BYTES:
                self.transport.close()

    def on_message_begin(self) -> None:
        """Await the head of another request on the same connection."""
        super().on_message_begin()
        if self._deadline is None:
            self._await_head()

    def on_headers_complete(self) -> None:
        """Begin to answer."""
        self._end_deadline()
        super().on_headers_complete()

    def _await_head(self) -> None:
        self._head_bytes = 0
        self._deadline = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _end_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def bounds(live_limit: int) -> dict[str, Any]:
    """Return uvicorn's settings for connections: as many as live updates may need, and ample room for requests."""
    return {
        "http": BoundedProtocol,
        "ws": "none",
        "timeout_keep_alive": KEEP_ALIVE_SECONDS,
        "limit_concurrency": live_limit + 10_000,
    }
