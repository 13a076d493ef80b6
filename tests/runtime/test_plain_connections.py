"""Plain connections: whoever is lent one finds it as good as new, whatever happened to the one before."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from louyu_runtime.errors import Unavailable
from louyu_runtime.plain_connections import PlainConnections

from tests.embedded.waiting import until
from tests.platform.fixtures import Databases

PID = "SELECT pg_backend_pid()"


@pytest.fixture
async def connections(databases: Databases) -> AsyncIterator[PlainConnections]:
    """One connection at a time."""
    lent = PlainConnections(databases.postgres_url, "louyu-tests", 1)
    yield lent
    await lent.close()


async def pid_of(connections: PlainConnections) -> int:
    async with connections.connection() as connection:
        return int(await connection.fetchval(PID))


async def test_a_connection_is_lent_again(connections: PlainConnections) -> None:
    assert await pid_of(connections) == await pid_of(connections)


async def test_a_refused_statement_does_not_cost_the_connection(connections: PlainConnections) -> None:
    first = await pid_of(connections)
    with pytest.raises(Exception, match="division by zero"):
        async with connections.connection() as connection:
            await connection.fetchval("SELECT 1 / 0")
    assert await pid_of(connections) == first


async def test_one_that_was_interrupted_is_not_lent_again(connections: PlainConnections) -> None:
    is_asking = False

    async def ask() -> None:
        nonlocal is_asking
        async with connections.connection() as connection:
            is_asking = True
            await connection.fetchval("SELECT 'too late' FROM pg_sleep(2)")

    asking = asyncio.create_task(ask())
    await until(lambda: is_asking)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    async with connections.connection() as connection:
        assert await connection.fetchval("SELECT 'in time'") == "in time"


async def test_a_transaction_that_was_left_open_is_not_lent_on(connections: PlainConnections) -> None:
    with pytest.raises(KeyError):
        async with connections.connection() as connection:
            await connection.execute("BEGIN")
            raise KeyError
    async with connections.connection() as connection:
        assert not connection.is_in_transaction()


async def test_one_whose_other_end_is_gone_is_replaced(connections: PlainConnections) -> None:
    gone = await pid_of(connections)
    with pytest.raises(Unavailable):
        async with connections.connection() as connection:
            await connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    assert await pid_of(connections) != gone


async def test_a_lock_that_others_keep_is_said_to_be_slow(connections: PlainConnections, databases: Databases) -> None:
    others = PlainConnections(databases.postgres_url, "louyu-tests", 1)
    async with others.connection() as other, other.transaction():
        await other.execute("SELECT pg_advisory_xact_lock(4711)")
        with pytest.raises(Unavailable) as refused:
            async with connections.connection() as connection:
                await connection.execute("SET lock_timeout = '10ms'; SELECT pg_advisory_xact_lock(4711)")
    await others.close()
    assert refused.value.reason == "DATABASE_SLOW"
