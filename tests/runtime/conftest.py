"""Databases with nothing but what the runtime itself needs: two schemas, one that publishes and one that consumes."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import count

import asyncpg
import pytest
from louyu_runtime.database import Database
from louyu_runtime.schema import foundation_v1

from tests.platform.fixtures import Databases, with_database

_numbers = count(1)


@dataclass(frozen=True)
class Pair:
    """A publishing and a consuming service's databases, and the owner's URL."""

    source: Database
    consumer: Database
    owner_url: str


@pytest.fixture
async def pair(databases: Databases) -> AsyncIterator[Pair]:
    """Schemas `messaging` and `routing` with the runtime's tables; routing also has a table for effects."""
    name = f"louyu_runtime_{next(_numbers)}"
    connection = await asyncpg.connect(databases.admin_url)
    await connection.execute(f"CREATE DATABASE {name} OWNER louyu")
    url = with_database(databases.postgres_url, name)
    owner = await asyncpg.connect(url)
    for service in ("messaging", "routing"):
        await owner.execute(f"CREATE SCHEMA {service}")
        for statement in foundation_v1(service):
            await owner.execute(statement)
    await owner.execute(
        "CREATE TABLE routing.effect (position bigint GENERATED ALWAYS AS IDENTITY, subject text NOT NULL)"
    )
    await owner.execute("GRANT SELECT, INSERT ON routing.effect TO louyu_routing")
    source, consumer = Database(url, "messaging"), Database(url, "routing")
    try:
        yield Pair(source, consumer, url)
    finally:
        await source.close()
        await consumer.close()
        await owner.close()
        await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await connection.close()
