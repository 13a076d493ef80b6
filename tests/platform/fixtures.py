"""Real PostgreSQL and Valkey for tests: one pair for each test process, a migrated and empty database for each test."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import asyncpg
import pytest
from louyu_runtime.database import Database
from louyu_runtime.events.streams import connect_redis
from louyu_runtime.identity import TokenSigner
from louyu_runtime.migrations import migrate
from louyu_runtime.sealing import Sealer
from redis.asyncio import Redis

from tests.platform.emptying import empty

SERVICES = ("messaging", "routing", "notify")
HASTE = ("--fsync=off", "--full_page_writes=off")
"""No test of these databases pulls the machine's plug; those that do without PostgreSQL have databases of their own."""
_numbers = count(1)


@dataclass(frozen=True)
class Databases:
    """Where the databases of this test process are."""

    postgres_url: str
    admin_url: str
    redis_url: str
    signing_key: str
    signing_key_file: str
    data_keys: str
    data_keys_file: str
    lookup_key: str
    lookup_key_file: str


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    """PostgreSQL and Valkey, started for this test process and stopped at its end."""
    folder = Path(tempfile.mkdtemp(prefix="louyu-tests-"))
    folder.chmod(0o711)
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.platform.databases", str(folder / "data"), *HASTE],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line, "the databases did not start; their lines stand above"
        found = json.loads(line)
        yield Databases(
            postgres_url=found["postgres"],
            admin_url=found["admin"],
            redis_url=found["redis"],
            signing_key=Path(found["signing_key_file"]).read_text(),
            signing_key_file=found["signing_key_file"],
            data_keys=Path(found["data_keys_file"]).read_text().strip(),
            data_keys_file=found["data_keys_file"],
            lookup_key=Path(found["lookup_key_file"]).read_text().strip(),
            lookup_key_file=found["lookup_key_file"],
        )
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        process.stdout.close()
        elsewhere = folder / "data" / "postgres"
        if elsewhere.is_symlink():
            shutil.rmtree(os.path.realpath(elsewhere))
        shutil.rmtree(folder)


def with_database(url: str, name: str) -> str:
    """Return the URL of another database on the same server."""
    return url.rsplit("/", 1)[0] + "/" + name


@pytest.fixture(scope="session")
def shared_database(databases: Databases) -> str:
    """Name of a database that holds the newest schema of every service, for the tests of this process in turn."""

    async def make() -> None:
        connection = await asyncpg.connect(databases.admin_url)
        await connection.execute("CREATE DATABASE louyu_tests OWNER louyu")
        await connection.close()
        for service in SERVICES:
            await migrate(with_database(databases.postgres_url, "louyu_tests"), service)

    asyncio.run(make())
    return "louyu_tests"


@pytest.fixture
async def database_url(databases: Databases, shared_database: str) -> str:
    """URL, as owner, of that database with no row in any schema and the clocks at the real time."""
    await empty(with_database(databases.admin_url, shared_database), SERVICES)
    return with_database(databases.postgres_url, shared_database)


@pytest.fixture
async def redis_url(databases: Databases) -> str:
    """URL of an empty logical database of Valkey."""
    url = databases.redis_url.rsplit("/", 1)[0] + f"/{next(_numbers) % 16}"
    client = connect_redis(url)
    await client.flushdb()
    await client.aclose()
    return url


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    """A client of that logical database."""
    client = connect_redis(redis_url)
    yield client
    await client.aclose()


@pytest.fixture
async def messaging_database(database_url: str) -> AsyncIterator[Database]:
    """The database as messaging sees it."""
    database = Database(database_url, "messaging")
    yield database
    await database.close()


@pytest.fixture
async def routing_database(database_url: str) -> AsyncIterator[Database]:
    """The database as routing sees it."""
    database = Database(database_url, "routing")
    yield database
    await database.close()


@pytest.fixture
async def notify_database(database_url: str) -> AsyncIterator[Database]:
    """The database as notify sees it."""
    database = Database(database_url, "notify")
    yield database
    await database.close()


@pytest.fixture
def signer(databases: Databases) -> TokenSigner:
    """Signs principals with the key of the test's installation."""
    return TokenSigner(databases.signing_key)


@pytest.fixture
def sealer(databases: Databases) -> Sealer:
    """Seals with the keys of the test's installation."""
    return Sealer(databases.data_keys, databases.lookup_key)


class Clock:
    """Moves the clock of every service's schema, as only the owner of the schemas can."""

    def __init__(self, owner_url: str) -> None:
        self._owner_url = owner_url

    async def move(self, **delta: float) -> None:
        """Move all clocks by so many days, hours, minutes or seconds."""
        parts = " ".join(f"{value} {unit}" for unit, value in delta.items())
        await self._execute("UPDATE {schema}.clock SET clock_offset = clock_offset + CAST($1 AS text)::interval", parts)

    async def set_local_time(self, text: str, zone: str = "Asia/Shanghai") -> None:
        """Set all clocks to a local time such as "2026-01-15 18:00"."""
        await self._execute(
            "UPDATE {schema}.clock SET clock_offset = (CAST($1 AS text)::timestamp AT TIME ZONE CAST($2 AS text)) - now()",
            text,
            zone,
        )

    async def _execute(self, statement: str, *parameters: str) -> None:
        connection = await asyncpg.connect(self._owner_url)
        try:
            for schema in SERVICES:
                await connection.execute(statement.format(schema=schema), *parameters)
        finally:
            await connection.close()


@pytest.fixture
def clock(database_url: str) -> Clock:
    """The clocks of the test's database."""
    return Clock(database_url)
