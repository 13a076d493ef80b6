"""What one connection may owe, and for how long: the protocol under a bare application, with limits of tenths of a second."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

import pytest
import uvicorn
from louyu_gateway import connections

from tests.embedded.waiting import until

GET = b"GET / HTTP/1.1\r\nHost: x\r\n"
POST = b"POST / HTTP/1.1\r\nHost: x\r\n"
Send = Callable[[dict[str, Any]], Awaitable[None]]


class _Server(uvicorn.Server):
    """Serves in a test's loop, and leaves signals to it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


async def answer(scope: dict[str, Any], receive: object, send: Send) -> None:
    """Answer without a look at the body; /much with more than any buffer holds."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _ in range(400 if scope["path"] == "/much" else 0):
        await send({"type": "http.response.body", "body": b"x" * 65_536, "more_body": True})
    await send({"type": "http.response.body", "body": b"well"})


@pytest.fixture
async def server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[_Server]:
    for limit in ("HEAD_SECONDS", "KEEP_ALIVE_SECONDS", "TAKING_SECONDS"):
        monkeypatch.setattr(connections, limit, 0.4)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        settings = connections.bounds(live_limit=1) | {"timeout_keep_alive": 1_000}
        server = _Server(uvicorn.Config(answer, **settings, lifespan="off", log_config=None))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        await until(lambda: server.started)
        yield server
        server.should_exit = server.force_exit = True
        await serving


def port_of(server: _Server) -> int:
    port: int = server.servers[0].sockets[0].getsockname()[1]
    return port


@asynccontextmanager
async def connected(server: _Server) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port_of(server))
    try:
        yield reader, writer
    finally:
        writer.close()


async def end_of(reader: asyncio.StreamReader) -> None:
    """Wait until the other side ends the connection. Raises TimeoutError when it does not."""
    with suppress(ConnectionError):
        await asyncio.wait_for(reader.read(), 10)


@pytest.mark.parametrize(
    ("request_head", "later"),
    [
        (GET + b"Transfer-Encoding: chunked\r\n\r\n", b"5\r\nabcde\r\n"),
        (POST + b"Content-Length: 1000\r\n\r\n", b"abcde"),
        (GET + b"\r\n", b"\r\n"),
        (GET + b"\r\n", b"GET / HT"),
        (GET + b"\r\n", b""),
    ],
    ids=["a chunk", "a part of the body", "an empty line", "half a head", "nothing"],
)
async def test_after_an_answer_nothing_holds_the_connection(server: _Server, request_head: bytes, later: bytes) -> None:
    async with connected(server) as (reader, writer):
        writer.write(request_head)
        await asyncio.wait_for(reader.readuntil(b"well\r\n0\r\n\r\n"), 10)
        writer.write(later)
        await end_of(reader)


async def test_a_body_that_comes_after_its_answer_does_not_end_the_connection(server: _Server) -> None:
    async with connected(server) as (reader, writer):
        for _ in range(3):
            writer.write(POST + b"Content-Length: 5\r\n\r\n")
            assert (await asyncio.wait_for(reader.readuntil(b"well\r\n0\r\n\r\n"), 10)).startswith(b"HTTP/1.1 200")
            writer.write(b"abcde")


async def test_requests_in_a_row_are_answered_in_a_row(server: _Server) -> None:
    async with connected(server) as (reader, writer):
        writer.write((GET + b"\r\n") * 5)
        for _ in range(5):
            await asyncio.wait_for(reader.readuntil(b"well\r\n0\r\n\r\n"), 10)
        await end_of(reader)


async def test_whoever_takes_nothing_of_the_answer_is_cut_off(server: _Server) -> None:
    with socket.socket() as ours:
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        ours.connect(("127.0.0.1", port_of(server)))
        ours.sendall(b"GET /much HTTP/1.1\r\nHost: x\r\n\r\n")
        await until(lambda: bool(server.server_state.connections))
        await until(lambda: not server.server_state.connections)
