"""`louyu up`: everything on this machine, as child processes on an embedded PostgreSQL and Valkey.

The same services, the same wire as in a cluster. Ctrl-C stops; data stays in the data folder.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.resources
import os
import socket
import sys
import time
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from louyu_runtime.channels_file import read_channels_file
from louyu_runtime.embedded.data_folder import DataFolder
from louyu_runtime.embedded.ports import free_port
from louyu_runtime.embedded.postgres import EmbeddedPostgres
from louyu_runtime.embedded.readiness import http_ready
from louyu_runtime.embedded.valkey import EmbeddedValkey
from louyu_runtime.identity import Principal
from louyu_runtime.migrations import migrate
from louyu_runtime.settings import COMMAND_LINE_NAMES, ROLES, SettingsError, load_settings, setting_value
from louyu_runtime.supervisor import Child, ChildFailed, Supervisor

from louyu_cli import token
from louyu_cli.community.applying import apply
from louyu_cli.community.reading import read_community
from louyu_cli.community.translating import Definitions
from louyu_cli.errors import WRONG_USAGE, CommandError
from louyu_cli.installation import CommandSettings, Services
from louyu_cli.migrate import SERVICES
from louyu_cli.role_settings import settings_class_of

DEMO = "guangximen-beili-bei.yaml"
SIGN_IN_SECONDS = 12 * 3600

# What an installation on one machine leaves to its owner.
_HANDED_ON = (
    "LOUYU_CHANNELS_FILE",
    "LOUYU_OTEL_ENDPOINT",
    "LOUYU_LOG_LEVEL",
    "LOUYU_PLUGINS_DISABLED",
    "LOUYU_EVENT_PARTITIONS",
    "LOUYU_MEDIA_URL",
    "LOUYU_MEDIA_ACCESS_KEY",
    "LOUYU_MEDIA_SECRET_KEY",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=8080, help="port of the pages; 8080 by default")
    parser.add_argument("--data", type=Path, metavar="DIR", help="data folder; LOUYU_DATA_DIR or .louyu by default")
    parser.add_argument("--empty", action="store_true", help="no demo community")


def run(arguments: argparse.Namespace) -> int:
    """Run until a signal comes."""
    if not 1 <= arguments.port <= 65535:
        raise CommandError("--port must be 1 to 65535", exit_code=WRONG_USAGE)
    for name in unused_settings(os.environ):
        _say(f"{name} is not used here: `louyu up` makes its own")
    refuse_unusable_settings()
    path = arguments.data or Path(os.environ.get("LOUYU_DATA_DIR", ".louyu"))
    refuse_taken_port(arguments.port)
    named = os.environ.get("LOUYU_CHANNELS_FILE")
    channels_file = Path(named).absolute() if named else None
    with DataFolder.open(path) as folder:
        try:
            asyncio.run(_run(folder, arguments.port, channels_file, empty=arguments.empty))
        except ChildFailed as error:
            raise CommandError(str(error)) from error
    return 0


def refuse_unusable_settings() -> None:
    """Raise SettingsError or ChannelsFileError before anything starts, where a service could not start with what is set."""
    own = dict.fromkeys(("LOUYU_SIGNING_KEY", "LOUYU_DATA_KEYS", "LOUYU_LOOKUP_KEY"), "made when all else is well")
    environ = _environment({**own, "LOUYU_DATABASE_URL": "postgresql://louyu@127.0.0.1/louyu"})
    faults: list[str] = []
    for role in ROLES:
        try:
            load_settings(settings_class_of(role), environ)
        except SettingsError as error:
            faults += error.faults
    if faults:
        raise SettingsError(list(dict.fromkeys(faults)))
    if path := setting_value(settings_class_of("notify"), "channels_file", environ):
        read_channels_file(Path(path), environ)


def refuse_taken_port(port: int) -> None:
    """Raise CommandError when something listens on the port already, or it may not be used."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError as error:
            raise CommandError(f"port {port} is reserved for the system: choose another with --port 8080") from error
        except OSError as error:
            raise CommandError(
                f"port {port} is taken by another program: stop it, or choose another with --port {port + 1}"
            ) from error


async def _run(folder: DataFolder, port: int, channels_file: Path | None, *, empty: bool) -> None:
    begun = time.monotonic()
    _say("starting PostgreSQL and Valkey")
    keys = folder.keys
    postgres = EmbeddedPostgres(
        folder.path, password=keys.postgres_password, admin_password=keys.postgres_admin_password
    )
    valkey = EmbeddedValkey(folder.path, password=keys.valkey_password)
    await asyncio.to_thread(postgres.prepare)
    valkey.prepare()
    async with Supervisor(folder.logs, _say) as supervisor:
        await supervisor.start(postgres.child(), valkey.child())
        for service in SERVICES:
            await migrate(postgres.url, service)
        _say("starting messaging, routing, notify and gateway")
        addresses = {role: f"127.0.0.1:{free_port()}" for role in SERVICES}
        public = {
            "LOUYU_PUBLIC_URL": f"http://localhost:{port}",
            **{f"LOUYU_{role.upper()}_ADDR": address for role, address in addresses.items()},
            **folder.key_settings(),
        }
        if channels_file:
            public["LOUYU_CHANNELS_FILE"] = str(channels_file)  # for `louyu doctor`, from whatever folder
        if "LOUYU_MEDIA_URL" not in os.environ:
            public["LOUYU_MEDIA_URL"] = (folder.path / "media").as_uri()
        secret = {"LOUYU_DATABASE_URL": postgres.url, "LOUYU_REDIS_URL": valkey.url}
        folder.publish(public, secret=secret)
        environment = _environment(public | folder.secret_files(secret))
        await supervisor.start(*(_service(role, addresses[role], environment) for role in SERVICES))
        await supervisor.start(_service("gateway", f"127.0.0.1:{port}", environment))
        async with Services(load_settings(CommandSettings, _only_common(environment))) as services:
            found = None if empty else _demo()
            if found is not None:
                await apply(services, found)
            await _print_addresses(services, found, time.monotonic() - begun)
        await supervisor.wait()


def _environment(settings: dict[str, str]) -> dict[str, str]:
    """The environment of the services: this one's, with what belongs to the installation set by us alone."""
    unused = unused_settings(os.environ)
    kept = {n: v for n, v in os.environ.items() if n not in COMMAND_LINE_NAMES and n not in unused}
    return {**kept, **settings, "LOUYU_INSTANCE": "local"}


def unused_settings(environ: Mapping[str, str]) -> list[str]:
    """Return the settings in `environ` that the services of `louyu up` do not get: it decides these by itself."""
    by_role = tuple(f"LOUYU_{role.upper()}_" for role in ROLES)
    addresses = tuple(f"LOUYU_{role.upper()}_ADDR" for role in SERVICES)
    kept = {*COMMAND_LINE_NAMES, *_HANDED_ON, *(f"{name}_FILE" for name in _HANDED_ON)}
    return sorted(
        name
        for name in environ
        if name.startswith("LOUYU_")
        and name not in kept
        and (not name.startswith(by_role) or name.startswith(addresses))
    )


def _only_common(environment: dict[str, str]) -> dict[str, str]:
    names = {f"LOUYU_{field.upper()}{form}" for field in CommandSettings.model_fields for form in ("", "_FILE")}
    return {name: value for name, value in environment.items() if name in names}


def _service(role: str, address: str, environment: dict[str, str]) -> Child:
    admin_port = free_port()
    return Child(
        name=role,
        command=(sys.executable, "-m", "louyu_cli.main", "serve", role),
        env={
            **environment,
            f"LOUYU_{role.upper()}_LISTEN": address,
            f"LOUYU_{role.upper()}_ADMIN_LISTEN": f"127.0.0.1:{admin_port}",
        },
        ready=lambda: http_ready(admin_port),
    )


def _demo() -> Definitions:
    with importlib.resources.as_file(importlib.resources.files("louyu_cli") / "demo" / DEMO) as path:
        return read_community(path)


async def _print_addresses(services: Services, found: Definitions | None, seconds: float) -> None:
    url = services.settings.public_url
    _say(f"ready after {seconds:.1f} s\n")
    if found is None:
        operator = Principal(kind="person", id="operator", name="operator", roles=frozenset({"operator"}))
        lines = [
            ("console", token.sign_in_link(services, operator, SIGN_IN_SECONDS)),
            ("API", f"{url}/api/v1/openapi.json"),
        ]
    else:
        from louyu_cli.demo.addresses import demo_addresses

        lines = await demo_addresses(services, found, SIGN_IN_SECONDS)
    until = datetime.now(UTC).astimezone() + timedelta(seconds=SIGN_IN_SECONDS)
    width = max(_columns(name) for name, _ in lines)
    for name, address in lines:
        print(f"  {name}{' ' * (width - _columns(name))}  {address}")
    print(f"\n  The links sign in until {until:%H:%M}. Ctrl-C stops; the data stays.", flush=True)


def _columns(text: str) -> int:
    """Return how many columns of a terminal a text takes; a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _say(text: str) -> None:
    print(f"louyu: {text}", flush=True)
