"""Each service's database: reached, its schema up to date, its role bound by row-level security, commits durable."""

from __future__ import annotations

from louyu_runtime.database import Database
from louyu_runtime.database_errors import is_away, refusal_of
from louyu_runtime.errors import LouyuError
from louyu_runtime.migrations import check_schema

from louyu_cli.checks.finding import Finding
from louyu_cli.migrate import owner_url


async def check_database(service: str) -> Finding:
    """Look at the database of one service."""
    name = f"database of {service}"
    try:
        database = Database(owner_url(service), service, pool_size=1)
    except Exception as error:
        return Finding(name, str(error), f"correct LOUYU_DATABASE_URL or LOUYU_{service.upper()}_DATABASE_URL")
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
        return Finding(name, error.message, "start the database, or run `louyu migrate`")
    except Exception as error:
        if refusal_of(error):
            return Finding(name, refusal_of(error), "correct the database URL")
        if is_away(error):
            return Finding(name, "cannot be reached", "start it, or correct the host and port in the URL")
        return Finding(
            name, error.__class__.__name__, f"GRANT louyu_{service} TO the user in the URL, or run `louyu migrate`"
        )
    finally:
        await database.close()
