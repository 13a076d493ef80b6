"""A program that keeps pages' live connections open, in a process of its own, as browsers would.

It reads orders from standard input, one line of JSON each, and answers each with a line. Its argument is a file with the
gateway's port, the path of the live updates and the readers' bearer tokens, which take turns.

- {"do": "open", "name", "count", "after_seq", "reads"}: open connections; those that do not read take the first event
  and nothing more. One that is refused comes again, as a page does. Answers {"seconds", "refused"} when each has been told "ready".
- {"do": "told", "name", "seq", "since"}: wait until each has been told of this position or a later one. Answers
  {"p50_ms", "p99_ms", "last_ms"} since a moment of the system's monotonic clock.
- {"do": "close", "name"}: close them. Answers {"ended"}: how many the other side had ended before.
"""

import asyncio
import json
import re
import socket
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from itertools import count
from pathlib import Path
from typing import Any

import uvloop

AT_ONCE = 50
"""So many connections are being opened at a time."""
AGAIN_SECONDS = 1.0
WAIT_SECONDS = 600.0
SMALL_BUFFER_BYTES = 4096
_READY = b"event: ready"
_POSITION = re.compile(rb'"last_seq": (\d+)\}')
_LONGEST_HINT = 100


class Reader(asyncio.Protocol):
    """One connection: when it was told "ready", and which position it was told last, and when."""

    def __init__(self, request: bytes, *, reads: bool) -> None:
        self._request = request
        self._reads = reads
        self._tail = b""
        self._wanted = 0
        self.ready = asyncio.Event()
        self.told = asyncio.Event()
        self.heard = b""
        self.seq = 0
        self.told_at = 0.0
        self.has_ended = False
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvloop has it
        """Ask for live updates."""
        self.transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Look for what is said."""
        text = self._tail + data
        if not self.heard:
            self.heard = text
            if not text.startswith(b"HTTP/1.1 200") and self.transport is not None:
                self.transport.close()
        if not self.ready.is_set() and _READY in text:
            self.ready.set()
            if not self._reads and self.transport is not None:
                self.transport.pause_reading()
        for found in _POSITION.finditer(text):
            if int(found[1]) > self.seq:
                self.seq, self.told_at = int(found[1]), time.monotonic()
        if self._wanted and self.seq >= self._wanted:
            self.told.set()
        self._tail = text[-_LONGEST_HINT:]

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that the other side has ended it, and let whoever waits see it."""
        self.has_ended = True
        self.ready.set()
        self.told.set()

    async def until_told(self, seq: int) -> float:
        """Return when this position or a later one was told."""
        self._wanted = seq
        self.told.clear()
        if self.seq < seq and not self.has_ended:
            await self.told.wait()
        if self.seq < seq:
            raise ConnectionError("a reader's connection has ended")
        return self.told_at


class Readers:
    """All connections, by the names that orders give them."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self._port: int = plan["port"]
        self._path: str = plan["path"]
        self._tokens: list[str] = plan["tokens"]
        self._open: dict[str, list[Reader]] = {}
        self._turns = count()
        self._refused = 0

    async def open(self, name: str, count: int, after_seq: int, reads: bool) -> dict[str, float]:
        """Open connections, some at a time."""
        self._refused = 0
        begun, places = time.monotonic(), asyncio.Semaphore(AT_ONCE)
        readers = self._open[name] = []

        async def connect() -> None:
            async with places:
                readers.append(await self._connect(after_seq, reads=reads))

        async with asyncio.timeout(WAIT_SECONDS), asyncio.TaskGroup() as connecting:
            for _ in range(count):
                connecting.create_task(connect())
        return {"seconds": time.monotonic() - begun, "refused": self._refused}

    async def told(self, name: str, seq: int, since: float) -> dict[str, float]:
        """Wait until all have been told of a position."""
        async with asyncio.timeout(WAIT_SECONDS):
            told_at = await asyncio.gather(*(reader.until_told(seq) for reader in self._open[name]))
        # The hint may overtake the answer to whoever posted.
        taken = [max(0.0, at - since) * 1000 for at in told_at]
        cuts = statistics.quantiles(taken, n=100)
        return {"p50_ms": cuts[49], "p99_ms": cuts[98], "last_ms": max(taken)}

    async def close(self, name: str) -> dict[str, float]:
        """Close connections."""
        readers = self._open.pop(name)
        ended = sum(reader.has_ended for reader in readers)
        for reader in readers:
            if reader.transport is not None:
                reader.transport.abort()
        return {"ended": ended}

    async def _connect(self, after_seq: int, *, reads: bool) -> Reader:
        while True:
            reader = await self._try(after_seq, reads=reads)
            if not reader.has_ended:
                return reader
            print(f"a reader was refused and comes again: {reader.heard[:200]!r}", file=sys.stderr)
            self._refused += 1
            await asyncio.sleep(AGAIN_SECONDS)

    async def _try(self, after_seq: int, *, reads: bool) -> Reader:
        token = self._tokens[next(self._turns) % len(self._tokens)]
        request = (
            f"GET {self._path}?after_seq={after_seq} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n"
            f"Authorization: Bearer {token}\r\n\r\n"
        )
        own = socket.socket()
        own.setblocking(False)
        if not reads:
            own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER_BYTES)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(own, ("127.0.0.1", self._port))
        _, reader = await loop.create_connection(lambda: Reader(request.encode(), reads=reads), sock=own)
        await reader.ready.wait()
        return reader


async def main(plan: dict[str, Any]) -> None:
    """Follow orders until standard input ends."""
    readers = Readers(plan)
    orders: dict[str, Callable[..., Awaitable[dict[str, float]]]] = {
        "open": readers.open,
        "told": readers.told,
        "close": readers.close,
    }
    while line := await asyncio.to_thread(sys.stdin.readline):
        order: dict[str, Any] = json.loads(line)
        print(json.dumps(await orders[order.pop("do")](**order)), flush=True)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(json.loads(Path(sys.argv[1]).read_text())))
