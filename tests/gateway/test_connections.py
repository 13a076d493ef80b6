"""Slow and endless senders: a connection that does not come to the point is closed, and others are served meanwhile."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import aiohttp
import pytest
from louyu_gateway import connections
from louyu_gateway.edge import BODY_SECONDS

from tests.gateway.conftest import JOIN_CODE, Edge

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]
HEAD = b"POST /join/" + JOIN_CODE.encode() + b" HTTP/1.1\r\nHost: x\r\n"
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"


@asynccontextmanager
async def connected(louyu: Edge) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(louyu.url.rpartition(":")[2]))
    try:
        yield reader, writer
    finally:
        writer.close()


async def test_half_a_head_silence_and_half_a_body_are_not_awaited_for_ever(
    edge: Edge, http: aiohttp.ClientSession
) -> None:
    begun_at = time.monotonic()

    async def answer_to(sent: bytes) -> tuple[bytes, float]:
        async with connected(edge) as (reader, writer):
            writer.write(sent)
            answer = await asyncio.wait_for(reader.read(), 60)
        return answer, time.monotonic() - begun_at

    body = FORM + b"Content-Length: 100\r\n\r\ncsrf="
    half, silent, slow = await asyncio.gather(answer_to(HEAD + b"X-"), answer_to(b""), answer_to(HEAD + body))
    for answer, seconds in (half, silent):
        assert answer == b""
        assert connections.HEAD_SECONDS - 1 < seconds < connections.HEAD_SECONDS + 10
    assert slow[0].startswith(b"HTTP/1.1 408")
    assert b"connection: close" in slow[0].lower()
    assert slow[1] < BODY_SECONDS + 10
    async with http.get("/livez") as others:
        assert others.status == 200


async def test_a_head_without_end_is_cut_off(edge: Edge) -> None:
    async with connected(edge) as (reader, writer):
        writer.write(HEAD)
        for _ in range(40):
            writer.write(b"X-Long: " + b"x" * 8192 + b"\r\n")
        with suppress(ConnectionError):  # what was still on its way is thrown away
            assert await asyncio.wait_for(reader.read(), 10) == b""


async def test_a_connection_serves_one_request_after_another(edge: Edge) -> None:
    async with connected(edge) as (reader, writer):
        for _ in range(3):
            writer.write(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
            assert head.startswith(b"HTTP/1.1 200")
            await reader.readexactly(len(b'{"status":"alive"}'))
