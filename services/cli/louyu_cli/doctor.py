"""`louyu doctor`: check configuration, keys, certificates and connections, and say in plain words what is wrong.

Looks at what the environment, or a running `louyu up`, gives it; each check stands in `checks/`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from louyu_runtime.settings import COMMAND_LINE_NAMES, ROLES, SettingsError

from louyu_cli import installation
from louyu_cli.checks.certificates import check_certificates
from louyu_cli.checks.channels import check_channels_file
from louyu_cli.checks.databases import check_database
from louyu_cli.checks.finding import Finding
from louyu_cli.checks.gateway import check_gateway
from louyu_cli.checks.keys import check_keys, check_sealed
from louyu_cli.checks.media import check_media
from louyu_cli.checks.plugins import REQUESTS as PLUGIN_SERVICES
from louyu_cli.checks.plugins import check_plugins
from louyu_cli.checks.services import check_service
from louyu_cli.checks.space import check_space
from louyu_cli.checks.streams import check_redis
from louyu_cli.errors import CommandError
from louyu_cli.migrate import SERVICES
from louyu_cli.role_settings import refuse_unknown_settings

SECONDS = 15


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Run every check; 1 when any found something wrong."""
    findings = asyncio.run(examine())
    if arguments.json:
        print(json.dumps([finding.__dict__ for finding in findings], ensure_ascii=False, indent=2))
    else:
        for finding in findings:
            print(f"{'wrong' if finding.advice else 'good':<7}{finding.check}: {finding.text}")
            if finding.advice:
                print(f"       {finding.advice}")
    return 1 if any(finding.advice for finding in findings) else 0


async def examine() -> list[Finding]:
    """Return the findings of all checks, in the order in which one would mend."""
    environ = environment()
    findings = _settings(environ)
    findings += check_keys(environ)
    findings += check_certificates(environ)
    findings += check_channels_file(environ)
    if not any(name.startswith("LOUYU_SIGNING_KEY") for name in os.environ):
        findings += check_space(installation.data_folder())
    findings += await _within("media store", _alone(lambda: check_media(environ)))
    for service in SERVICES:
        findings += await _within(f"database of {service}", _alone(partial(check_database, service, environ)))
    reached = {finding.check for finding in findings if not finding.advice}
    for service in ("messaging", "notify"):
        if f"database of {service}" in reached:
            name = f"data keys and database of {service}"
            findings += await _within(name, _alone(partial(check_sealed, service, environ)))
    try:
        found = installation.settings()
    except (SettingsError, CommandError):
        return findings  # told above
    findings += await _within("redis", _alone(lambda: check_redis(found.redis_url.get_secret_value())))
    for service in SERVICES:
        findings += await _within(f"service {service}", lambda service=service: check_service(service, found))  # type: ignore[misc]
    for service in PLUGIN_SERVICES:
        findings += await _within(f"plugins of {service}", lambda service=service: check_plugins(service, found))  # type: ignore[misc]
    return findings + await _within("gateway", lambda: check_gateway(environ, found))


def environment() -> Mapping[str, str]:
    """Return all that checks may read: this environment, over what a running `louyu up` has published."""
    try:
        return {**installation.environment(), **os.environ}
    except CommandError:
        if any(name.startswith("LOUYU_") and name not in COMMAND_LINE_NAMES for name in os.environ):
            return os.environ  # an installation elsewhere, whose signing key was forgotten
        raise


def _settings(environ: Mapping[str, str]) -> list[Finding]:
    faults: list[str] = []
    for read in (lambda: refuse_unknown_settings(environ), installation.settings):
        try:
            read()
        except SettingsError as error:
            faults += error.faults
        except CommandError:
            pass  # no signing key: the check of the keys tells it
    if not faults:
        return [Finding("settings", f"read by {', '.join(ROLES)} without a fault")]
    return [Finding("settings", fault, "see docs/operators/settings.md") for fault in dict.fromkeys(faults)]


def _alone(work: Callable[[], Awaitable[Finding]]) -> Callable[[], Awaitable[list[Finding]]]:
    async def listed() -> list[Finding]:
        return [await work()]

    return listed


async def _within(name: str, work: Callable[[], Awaitable[list[Finding]]]) -> list[Finding]:
    try:
        async with asyncio.timeout(SECONDS):
            return await work()
    except TimeoutError:
        return [Finding(name, f"no answer within {SECONDS} s", "is it reachable from here?")]
