"""The outbox as the relay sees it: what is not published yet, and which publishing took what.

Through the schema's worker functions on a plain connection: a relay at work costs the process that answers little.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from louyu_runtime.database import Database


class PublishedElsewhere(Exception):
    """Another replica has been publishing all the time that was waited for it."""


class Publishing:
    """One publishing: a transaction that only one relay of a service has at a time."""

    def __init__(self, connection: Any, service: str) -> None:
        self._connection = connection
        self._service = service

    async def waiting(self, at_most: int) -> tuple[int, Sequence[Any]]:
        """Return the number of the last publishing, and events that are not published, in order."""
        rows: Sequence[Any] = await self._connection.fetch(
            "SELECT number, position, event_id::text, type, community_id::text, subject, sequence, occurred_at,"
            f" traceparent, payload FROM {self._service}.relay_number() AS number"
            f" LEFT JOIN {self._service}.unpublished_events($1) ON true ORDER BY position",
            at_most,
        )
        return rows[0]["number"], [] if rows[0]["position"] is None else rows

    async def mark(self, number: int, positions: Sequence[int]) -> None:
        """Note that the publishing of this number takes these events."""
        # OFFSET keeps the inner call the first: the outer one reads the number that it has set
        await self._connection.execute(
            f"SELECT {self._service}.mark_published($2) FROM (SELECT {self._service}.set_relay_number($1) OFFSET 0) AS n",
            number,
            positions,
        )

    async def publish_again_after(self, number: int) -> int:
        """Let all that later publishings took wait again, and return how many events that are."""
        return int(await self._connection.fetchval(f"SELECT {self._service}.publish_again_after($1)", number))


@asynccontextmanager
async def publishing(database: Database) -> AsyncIterator[Publishing]:
    """Begin a publishing; it stands when the context ends without an error. Raises PublishedElsewhere, Unavailable."""
    async with database.plain.connection() as connection, connection.transaction():
        try:
            lock = "SELECT pg_advisory_xact_lock(hashtext($1))"
            await connection.execute(lock, f"louyu.relay.{database.service}")
        except asyncpg.LockNotAvailableError:
            raise PublishedElsewhere from None
        yield Publishing(connection, database.service)
