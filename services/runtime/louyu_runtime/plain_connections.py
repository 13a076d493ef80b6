"""Plain connections: a few of asyncpg's own, for work that is done thousands of times a second.

Without SQLAlchemy, which takes four times as long for a statement, and without a statement more when a connection is
lent or given back: what is done here leaves nothing in the session. It calls the schema's worker functions, which need
no role to be set.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg

from louyu_runtime.database_errors import is_away, sql_state
from louyu_runtime.errors import Unavailable

STATEMENT_SECONDS = 3.0
WAITING_SECONDS = 2.0
CONNECT_SECONDS = 3.0
_TOO_SLOW = frozenset({"55P03", "57014"})  # lock or statement time limit

# After these an answer may still be on its way, and the next statement would take it for its own.
_CUT_OFF = (asyncio.CancelledError, GeneratorExit, TimeoutError, asyncpg.InternalClientError, asyncpg.InterfaceError)


class PlainConnections:
    """At most `size` connections, each made when it is first needed."""

    def __init__(self, url: str, application: str, size: int) -> None:
        self._url = url
        self._application = application
        self._free = asyncio.Semaphore(size)
        self._resting: list[Any] = []
        self._is_closed = False

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Any]:
        """Lend a connection of asyncpg. Raises Unavailable when the database is away, slow, or all are lent for too long."""
        try:
            if self._free.locked():
                async with asyncio.timeout(WAITING_SECONDS):
                    await self._free.acquire()
            else:
                await self._free.acquire()
            try:
                connection = await self._take()
                try:
                    yield connection
                except _CUT_OFF:
                    connection.terminate()
                    raise
                finally:
                    # whoever leaves a transaction open was interrupted
                    if self._is_closed or (not connection.is_closed() and connection.is_in_transaction()):
                        connection.terminate()
                    if not connection.is_closed():
                        self._resting.append(connection)
            finally:
                self._free.release()
        except TimeoutError as error:
            raise Unavailable("the database does not answer in time", reason="DATABASE_SLOW") from error
        except Exception as error:
            if sql_state(error) in _TOO_SLOW:
                raise Unavailable("the database does not answer in time", reason="DATABASE_SLOW") from error
            if is_away(error):
                raise Unavailable("the database cannot be reached", reason="DATABASE_AWAY") from error
            raise

    async def _take(self) -> Any:
        """Return a connection that lives, the last one that rested, or a new one."""
        while self._resting:
            connection = self._resting.pop()
            if not connection.is_closed():
                return connection
        return await asyncpg.connect(
            self._url,
            timeout=CONNECT_SECONDS,
            command_timeout=STATEMENT_SECONDS + 1.0,
            server_settings={
                "application_name": self._application,
                "statement_timeout": str(int(STATEMENT_SECONDS * 1000)),
                "lock_timeout": "1000",
                "idle_in_transaction_session_timeout": "10000",
            },
        )

    async def close(self) -> None:
        """Close the connections that rest; whoever has one now closes it by giving it back."""
        self._is_closed = True
        while self._resting:
            with suppress(Exception):  # one that is broken is as good as closed
                await self._resting.pop().close(timeout=CONNECT_SECONDS)
