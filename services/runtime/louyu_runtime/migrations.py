"""Migrations: each service has an Alembic folder and its own version table in its own schema.

Everything here runs as the owner of the schemas, by `louyu migrate` alone. One migrator at a time, held by an advisory
lock. A service starts only on a schema that knows at least its newest revision and at most revisions that it knows.
"""

from __future__ import annotations

import importlib.resources
from dataclasses import dataclass

from alembic import command, context
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.engine.url import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from louyu_runtime.database import Database, plain_url
from louyu_runtime.database_errors import refusal_of
from louyu_runtime.errors import FailedPrecondition

_LOCK = 0x6C6F757975  # "louyu"


@dataclass(frozen=True)
class MigrationResult:
    """What a migration did to one service's schema; equal revisions mean that nothing was to be done."""

    service: str
    from_revision: str
    to_revision: str


def _config(service: str) -> Config:
    config = Config()
    folder = importlib.resources.files(f"louyu_{service}") / "migrations"
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["service"] = service
    return config


def run_env() -> None:
    """What every service's migrations/env.py calls: run the revisions on the connection that `migrate` opened."""
    service = context.config.attributes["service"]
    context.configure(
        connection=context.config.attributes["connection"],
        version_table="schema_version",
        version_table_schema=service,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


async def migrate(url: str, service: str) -> MigrationResult:
    """Bring one service's schema to the newest revision. Safe to repeat, and to run from several places at once."""
    engine = create_async_engine(
        make_url(plain_url(url)).set(drivername="postgresql+asyncpg"),
        poolclass=NullPool,
        hide_parameters=True,
        connect_args={"timeout": 10},
    )
    try:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
            await connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {service}"))
            await connection.execute(text("SET lock_timeout = '2s'"))
            await connection.commit()
            try:
                before = await connection.run_sync(_current, service)
                if before and before not in _known(service):
                    raise _too_new(service, before)
                await connection.run_sync(_upgrade, service)
                # A service's own login reads it at the start; it owns nothing.
                await connection.execute(text(f"GRANT SELECT ON {service}.schema_version TO louyu_{service}"))
                await connection.commit()
                after = await connection.run_sync(_current, service)
            finally:
                await connection.rollback()
                await connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK})
                await connection.commit()
            return MigrationResult(service, before, after)
    finally:
        await engine.dispose()


def _upgrade(connection: Connection, service: str) -> None:
    config = _config(service)
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    connection.commit()


def _current(connection: Connection, service: str) -> str:
    exists = connection.execute(text("SELECT to_regclass(:name)"), {"name": f"{service}.schema_version"}).scalar()
    revision = connection.execute(text(f"SELECT version_num FROM {service}.schema_version")).scalar() if exists else ""
    connection.commit()
    return str(revision or "")


def _known(service: str) -> list[str]:
    """Return the revisions that this version of louyu knows, the newest first."""
    script = ScriptDirectory.from_config(_config(service))
    return [revision.revision for revision in script.walk_revisions()]


def _too_new(service: str, found: str) -> FailedPrecondition:
    return FailedPrecondition(
        f"the database's schema {service} is at {found}, newer than this version of louyu knows: install the newer one",
        reason="SCHEMA_TOO_NEW",
    )


async def _revision(database: Database) -> str | None:
    name = f"{database.service}.schema_version"
    async with database.engine.connect() as connection:
        if not await connection.scalar(text("SELECT to_regclass(:name)"), {"name": name}):
            return None
        found: str | None = await connection.scalar(text(f"SELECT version_num FROM {name}"))
        return found


async def check_schema(database: Database) -> None:
    """Raise FailedPrecondition unless the service's schema fits this code."""
    service = database.service
    known = _known(service)
    try:
        found = await _revision(database)
    except DBAPIError as error:
        if not refusal_of(error):
            raise
        raise FailedPrecondition(
            f"{refusal_of(error)}: correct LOUYU_DATABASE_URL or LOUYU_{service.upper()}_DATABASE_URL",
            reason="DATABASE_REFUSES",
        ) from error
    if found is None:
        raise FailedPrecondition(
            f"the database has no schema for {service}: run `louyu migrate`", reason="NOT_MIGRATED"
        )
    if found not in known:
        raise _too_new(service, found)
    if found != known[0]:
        raise FailedPrecondition(
            f"the database's schema {service} is at {found} and must be at {known[0]}: run `louyu migrate`",
            reason="SCHEMA_TOO_OLD",
        )
