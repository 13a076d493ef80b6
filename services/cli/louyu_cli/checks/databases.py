"""Each service's database: reached, its schema up to date, its role bound by row-level security, commits durable."""

from __future__ import annotations

from collections.abc import Mapping

from louyu_runtime.database import Database
from louyu_runtime.database_errors import is_away, refusal_of, sql_state
from louyu_runtime.errors import LouyuError
from louyu_runtime.migrations import check_schema
from louyu_runtime.setting_shapes import DatabaseUrl
from louyu_runtime.settings import setting_value
from pydantic import SecretStr, TypeAdapter, ValidationError

from louyu_cli.checks.finding import Finding
from louyu_cli.role_settings import settings_class_of

_DISK_FULL = "53100"


def own_database(service: str, environ: Mapping[str, str]) -> Database:
    """Return the database as the service itself reaches it: by its own login, never the migration's.

    Raises ValueError in plain words.
    """
    url = setting_value(settings_class_of(service), "database_url", environ)
    if not url:
        raise ValueError("none is named for it")
    try:
        TypeAdapter(DatabaseUrl).validate_python(SecretStr(url))
    except ValidationError as error:
        raise ValueError(f"its URL {error.errors()[0]['msg'].removeprefix('Value error, ')}") from None
    return Database(url, service, pool_size=1)


async def check_database(service: str, environ: Mapping[str, str]) -> Finding:
    """Look at the database of one service."""
    name = f"database of {service}"
    names = f"LOUYU_DATABASE_URL or LOUYU_{service.upper()}_DATABASE_URL (or their _FILE)"
    try:
        database = own_database(service, environ)
    except ValueError as error:
        return Finding(name, str(error), f"set or correct {names}")
    try:
        await check_schema(database)
        async with database.transaction() as tx:
            role = await tx.row("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
            version = await tx.value("SHOW server_version")
            durable = await tx.value("SHOW synchronous_commit")
        if role is None or role.rolsuper or role.rolbypassrls:
            return Finding(
                name,
                "its role is not bound by row-level security",
                f"ALTER ROLE louyu_{service} NOSUPERUSER NOBYPASSRLS",
            )
        if durable == "off":
            return Finding(name, "synchronous_commit is off", "set it to on: an answered message could be lost")
        return Finding(name, f"PostgreSQL {version}, schema up to date")
    except LouyuError as error:
        words, _, mend = error.message.partition(": ")
        return Finding(name, words, mend or "start the database, or run `louyu migrate`")
    except Exception as error:
        if refusal_of(error):
            return Finding(name, refusal_of(error), f"correct {names}")
        if sql_state(error) == _DISK_FULL:
            return Finding(
                name, "its disk is full", "free space where PostgreSQL keeps its data; louyu goes on by itself"
            )
        if is_away(error):
            return Finding(name, "cannot be reached", f"start it, or correct the host and port in {names}")
        return Finding(
            name,
            f"{error.__class__.__name__} {sql_state(error)}".rstrip(),
            "see the log of PostgreSQL; `louyu migrate` mends what is missing in the schema",
        )
    finally:
        await database.close()
