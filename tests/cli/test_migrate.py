"""`louyu migrate` says in one line why a database cannot be migrated."""

from pathlib import Path

import asyncpg
import pytest
from louyu_cli.errors import CommandError
from louyu_cli.migrate import migrate_all
from louyu_runtime.database import Database
from louyu_runtime.errors import FailedPrecondition
from louyu_runtime.migrations import check_schema

from tests.cli.versions import routing_at
from tests.platform.fixtures import with_database


@pytest.fixture
def owner(database_url: str, monkeypatch: pytest.MonkeyPatch, nowhere: Path) -> str:
    """The URL by which the migration connects."""
    monkeypatch.setenv("LOUYU_MIGRATE_DATABASE_URL", database_url)
    return database_url


async def test_a_database_that_is_not_there_is_told(owner: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOUYU_MIGRATE_DATABASE_URL", with_database(owner, "luoyu"))
    with pytest.raises(CommandError, match="no database of the name in the URL: correct LOUYU_MIGRATE_DATABASE_URL"):
        await migrate_all(["routing"])


async def test_a_schema_of_a_newer_version_is_told_and_left_as_it_is(owner: str) -> None:
    async with routing_at("0999", owner) as connection:
        with pytest.raises(FailedPrecondition, match="is at 0999, newer than this version of louyu knows"):
            await migrate_all(["routing"])
        assert await connection.fetchval("SELECT version_num FROM routing.schema_version") == "0999"


async def test_a_login_without_rights_on_the_schema_is_told_at_the_start_of_a_service(owner: str) -> None:
    connection = await asyncpg.connect(owner)
    await connection.execute("CREATE ROLE stranger_of_migrate LOGIN PASSWORD 'p'")
    database = Database(f"postgresql://stranger_of_migrate:p@{owner.rsplit('@', 1)[1]}", "routing")
    try:
        with pytest.raises(FailedPrecondition, match="may not use this service's schema: correct LOUYU_DATABASE_URL"):
            await check_schema(database)
    finally:
        await database.close()
        await connection.execute("DROP ROLE stranger_of_migrate")
        await connection.close()
