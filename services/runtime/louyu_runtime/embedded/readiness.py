"""Whether a server on the loopback address serves: asked over its own protocol, answered within two seconds."""

import asyncio

_LIMIT_SECONDS = 2.0


async def http_ready(port: int, path: str = "/readyz") -> bool:
    """Whether the address answers 200."""
    status_line = await _first_answer(port, f"GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode(), b"\r\n")
    return status_line.split(b" ")[1:2] == [b"200"]


async def valkey_ready(port: int, password: str) -> bool:
    """Whether it has loaded its data and answers."""
    answer = await _first_answer(port, f"AUTH {password}\r\nPING\r\n".encode(), b"+PONG\r\n")
    return answer == b"+OK\r\n+PONG\r\n"


async def postgres_ready(url: str) -> bool:
    """Whether it accepts this connection and answers a query."""
    import asyncpg

    try:
        connection = await asyncpg.connect(url, ssl=False, timeout=_LIMIT_SECONDS)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return False
    try:
        return bool(await connection.fetchval("SELECT true", timeout=_LIMIT_SECONDS))
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return False
    finally:
        connection.terminate()


async def _first_answer(port: int, request: bytes, end: bytes) -> bytes:
    """Return what the server says up to and with `end`; less, or nothing, when it says something else or is away."""
    try:
        async with asyncio.timeout(_LIMIT_SECONDS):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(request)
                return await reader.readuntil(end)
            finally:
                writer.close()
    except asyncio.IncompleteReadError as error:
        return error.partial
    except (OSError, TimeoutError, asyncio.LimitOverrunError):
        return b""
