"""The database of one service: short transactions, each inside one community, or as the service's narrow worker.

Every transaction begins with one statement that sets, for this transaction only, the role, the community that row-level
security lets through, and the time limits; it also reads the database's clock. Nothing is left in the session, so a
pooler in transaction mode may stand between.
"""

from __future__ import annotations

import logging
import random
from asyncio import sleep
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

import asyncpg
from google.protobuf.message import Message
from opentelemetry import trace
from sqlalchemy import CursorResult, Executable, event, text
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.engine.url import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from louyu_runtime.database_errors import DISCONNECT_STATES, RETRY_STATES, is_away, sql_state
from louyu_runtime.errors import Unavailable
from louyu_runtime.plain_connections import PlainConnections

logger = logging.getLogger(__name__)
tracer = trace.get_tracer("louyu.database")

STATEMENT_LIMIT_MS = 3000
LOCK_LIMIT_MS = 1000
IDLE_LIMIT_MS = 10_000
PLAIN_CONNECTIONS = 2

T = TypeVar("T")


@dataclass
class PendingEvent:
    """An event that is written with the transaction that it belongs to."""

    event_id: str
    type: str
    subject: str
    traceparent: str
    payload: bytes


@dataclass
class Transaction:
    """An open transaction. `now` is the database's clock at its beginning, aware, in UTC.

    Functions added to `after_commit` are called once it is durable, and never otherwise.
    """

    connection: AsyncConnection
    community_id: str
    now: datetime
    events: list[PendingEvent] = field(default_factory=list)
    after_commit: list[Callable[[], None]] = field(default_factory=list)

    async def execute(
        self, statement: Executable | str, parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None
    ) -> CursorResult[Any]:
        """Run one statement: text with :name parameters, or a SQLAlchemy statement."""
        if isinstance(statement, str):
            statement = text(statement)
        return await self.connection.execute(statement, parameters)

    async def rows(self, statement: str, **parameters: Any) -> Sequence[Any]:
        """Return all rows of a query."""
        return (await self.execute(statement, parameters)).all()

    async def row(self, statement: str, **parameters: Any) -> Any | None:
        """Return the only row of a query, or None."""
        return (await self.execute(statement, parameters)).one_or_none()

    async def value(self, statement: str, **parameters: Any) -> Any:
        """Return the first column of the only row, or None."""
        row = await self.row(statement, **parameters)
        return None if row is None else row[0]


class Database:
    """Connections to a service's schema. Raises Unavailable whenever PostgreSQL is away."""

    def __init__(self, url: str, service: str, *, pool_size: int = 10) -> None:
        self.service = service
        self.on_events: Callable[[], None] | None = None  # told after each commit that left events in the outbox
        self.asyncpg_url = plain_url(url)
        self.engine: AsyncEngine = create_async_engine(
            make_url(self.asyncpg_url).set(drivername="postgresql+asyncpg"),
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_timeout=1.0,
            pool_recycle=1800,
            pool_pre_ping=True,
            hide_parameters=True,  # its errors are logged, and rows hold what people wrote
            connect_args={"timeout": 3, "server_settings": {"application_name": f"louyu-{service}"}},
        )
        self.plain = PlainConnections(self.asyncpg_url, f"louyu-{service}-plain", PLAIN_CONNECTIONS)
        event.listen(self.engine.sync_engine, "handle_error", _mark_disconnects)
        self._begin = text(
            f"SELECT set_config('role', 'louyu_{service}', true), set_config('louyu.community', :community, true),"
            " set_config('statement_timeout', :statement_ms, true),"
            f" set_config('lock_timeout', '{LOCK_LIMIT_MS}', true),"
            f" set_config('idle_in_transaction_session_timeout', '{IDLE_LIMIT_MS}', true),"
            f" {service}.clock_now(), set_config('search_path', '{service}', true)"
        )

    async def close(self) -> None:
        await self.plain.close()
        await self.engine.dispose()

    @asynccontextmanager
    async def transaction(
        self, community_id: str = "", *, statement_ms: int = STATEMENT_LIMIT_MS
    ) -> AsyncIterator[Transaction]:
        """A transaction inside one community; commits at the end, rolls back on any error.

        Without a community no tenant row can be seen: only the schema's worker functions can be called.
        Events appended to it are written just before the commit.
        """
        try:
            async with self.engine.connect() as connection:
                async with connection.begin():
                    parameters = {"community": community_id, "statement_ms": str(statement_ms)}
                    row = (await connection.execute(self._begin, parameters)).one()
                    opened = Transaction(connection, community_id, row[5].astimezone(UTC))
                    yield opened
                    await self._write_events(opened)
            if opened.events and self.on_events is not None:
                self.on_events()
            for act in opened.after_commit:
                act()
        except (OperationalError, InterfaceError, PoolTimeoutError, OSError, asyncpg.PostgresConnectionError) as error:
            if is_away(error):
                raise Unavailable("the database cannot be reached", reason="DATABASE_AWAY") from error
            raise
        except DBAPIError as error:
            if is_away(error):
                raise Unavailable("the database cannot be reached", reason="DATABASE_AWAY") from error
            raise

    async def in_transaction(self, community_id: str, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Run `work` in a transaction; the whole of it again, up to three times, when it lost a deadlock."""
        for attempt in range(3):
            try:
                async with self.transaction(community_id) as opened:
                    return await work(opened)
            except DBAPIError as error:
                if sql_state(error) not in RETRY_STATES or attempt == 2:
                    raise
                await sleep(random.uniform(0, 0.1 * 2**attempt))  # noqa: S311 - jitter, not a secret
        raise AssertionError("unreachable: the third attempt returns or raises")

    async def _write_events(self, opened: Transaction) -> None:
        if not opened.events:
            return
        await opened.connection.execute(
            text(
                f"INSERT INTO {self.service}.outbox (community_id, event_id, type, subject, occurred_at, traceparent, payload)"
                " SELECT CAST(:community AS uuid), e.event_id, e.type, e.subject, CAST(:now AS timestamptz), e.traceparent, e.payload"
                " FROM unnest(CAST(:ids AS uuid[]), CAST(:types AS text[]), CAST(:subjects AS text[]),"
                " CAST(:traces AS text[]), CAST(:payloads AS bytea[]))"
                " AS e(event_id, type, subject, traceparent, payload)"
            ),
            {
                "community": opened.community_id,
                "now": opened.now,
                "ids": [e.event_id for e in opened.events],
                "types": [e.type for e in opened.events],
                "subjects": [e.subject for e in opened.events],
                "traces": [e.traceparent for e in opened.events],
                "payloads": [e.payload for e in opened.events],
            },
        )


def plain_url(url: str) -> str:
    """Return the URL without a SQLAlchemy driver, as asyncpg and libpq read it. Raises ValueError for another database."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise ValueError("not a postgresql:// URL") from error
    if parsed.get_backend_name() not in ("postgresql", "postgres"):
        raise ValueError("not a postgresql:// URL")
    return parsed.set(drivername="postgresql").render_as_string(hide_password=False)


def _mark_disconnects(context: ExceptionContext) -> None:
    if context.original_exception is not None and sql_state(context.original_exception) in DISCONNECT_STATES:
        context.is_disconnect = True


def append_event(opened: Transaction, payload: Message, *, subject: str, traceparent: str | None = None) -> str:
    """Add an event to the transaction's outbox and return its id. Its type is the payload message's name.

    It continues the trace that is open now, unless `traceparent` names the one to which its subject belongs.
    """
    from louyu_runtime.ids import new_id
    from louyu_runtime.telemetry import current_traceparent

    event_id = new_id()
    trace_of_it = traceparent or current_traceparent()
    opened.events.append(
        PendingEvent(event_id, payload.DESCRIPTOR.name, subject, trace_of_it, payload.SerializeToString())
    )
    return event_id
