"""`louyu migrate`: bring the schemas of all services, or of one, to this version."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
from collections.abc import Mapping
from pathlib import Path

from louyu_runtime.database_errors import is_away, refusal_of, sql_state
from louyu_runtime.migrations import MigrationResult, migrate

from louyu_cli import installation
from louyu_cli.errors import CommandError

SERVICES = ("messaging", "routing", "notify")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("service", nargs="?", choices=SERVICES, help="only this service's schema")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def owner_url(service: str) -> str:
    """Return the URL by which a schema's owner connects.

    LOUYU_MIGRATE_DATABASE_URL if set; else the service's own, for small installations with one database user.
    """
    found = _url_in(os.environ, service)
    if found is None:
        try:
            found = _url_in(installation.environment(), service)
        except CommandError:
            found = None  # nothing runs here either
    if found is None:
        raise CommandError(
            "no database is named: set LOUYU_MIGRATE_DATABASE_URL (or its _FILE), or start one here with ./dev up"
        )
    return found


def _url_in(environ: Mapping[str, str], service: str) -> str | None:
    for name in ("LOUYU_MIGRATE_DATABASE_URL", f"LOUYU_{service.upper()}_DATABASE_URL", "LOUYU_DATABASE_URL"):
        if environ.get(name):
            return environ[name]
        path = environ.get(f"{name}_FILE")
        if path:
            try:
                return Path(path).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                raise CommandError(f"{name}_FILE: cannot read {path!r}: {error.__class__.__name__}") from error
    return None


def run(arguments: argparse.Namespace) -> int:
    """Migrate and tell what was done."""
    results = asyncio.run(migrate_all([arguments.service] if arguments.service else list(SERVICES)))
    if arguments.json:
        print(json.dumps([result.__dict__ for result in results]))
    else:
        for result in results:
            done = (
                "unchanged"
                if result.from_revision == result.to_revision
                else f"{result.from_revision or 'empty'} -> {result.to_revision}"
            )
            print(f"{result.service}: {done}")
    return 0


async def migrate_all(services: list[str]) -> list[MigrationResult]:
    """Migrate these schemas, one after the other. Raises CommandError in plain words."""
    results = []
    for service in services:
        try:
            results.append(await migrate(owner_url(service), service))
        except ValueError as error:
            raise CommandError(f"the database URL for {service} cannot be used: {error}") from error
        except Exception as error:
            if is_away(error):
                raise CommandError(
                    f"the database for {service} cannot be reached: is it running, and the URL right?"
                ) from error
            if sql_state(error) == "42501":
                raise CommandError(
                    f"the database user for {service} may not do this: it needs CREATE on the database and CREATEROLE"
                ) from error
            if refusal_of(error):
                raise CommandError(
                    f"{refusal_of(error)}: correct LOUYU_MIGRATE_DATABASE_URL, or the URL of {service} where it is not set"
                ) from error
            raise
    return results
