"""A whole installation, started by `louyu up` as a person starts it, for tests that need every process."""

import asyncio
import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import psutil
from louyu_cli.installation import CommandSettings, Services
from louyu_runtime.embedded.data_folder import running_settings
from louyu_runtime.embedded.ports import free_port
from louyu_runtime.settings import load_settings

from tests.platform.fixtures import Clock

START_SECONDS = 90


@dataclass
class Installation:
    """A running installation. `output` holds what it printed."""

    path: Path
    port: int
    process: asyncio.subprocess.Process
    output: list[str]

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def settings(self) -> dict[str, str]:
        """What it has published for other commands."""
        return running_settings(self.path)

    @property
    def owner_url(self) -> str:
        """The database as owner of the schemas."""
        return Path(self.settings["LOUYU_DATABASE_URL_FILE"]).read_text()

    @property
    def clock(self) -> Clock:
        return Clock(self.owner_url)

    def services(self) -> Services:
        """Clients of its services, as an operator."""
        names = {f"LOUYU_{field.upper()}{form}" for field in CommandSettings.model_fields for form in ("", "_FILE")}
        return Services(load_settings(CommandSettings, {k: v for k, v in self.settings.items() if k in names}))

    def pid_of(self, name: str) -> int:
        """Return the process id of a role, of `postgres` or of `valkey-server`, among this installation's children."""
        for child in psutil.Process(self.process.pid).children(recursive=True):
            try:
                command = child.cmdline()
                # by the program's own name: servers rewrite their command line
                is_database = child.name() == name and child.ppid() == self.process.pid
            except psutil.Error:
                continue
            is_role = command[-2:] == ["serve", name]
            if is_role or is_database:
                return child.pid
        raise LookupError(f"no process {name}")

    async def louyu(self, *arguments: str, stdin: str = "") -> tuple[int, str, str]:
        """Run a command against it; returns exit code, output, errors."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "louyu_cli.main",
            *arguments,
            env=_clean_environment() | {"LOUYU_DATA_DIR": str(self.path)},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate(stdin.encode())
        return process.returncode or 0, out.decode(), err.decode()

    async def token(self, role: str, person: str = "", community: str = "") -> str:
        """Return a bearer token, as `louyu token` prints it."""
        arguments = ["token", "--role", role]
        if person:
            arguments += ["--person", person, "--community", community]
        code, out, err = await self.louyu(*arguments)
        assert code == 0, err
        return out.strip()

    async def get(self, path: str, token: str) -> Any:
        """GET JSON from /api/v1."""
        async with aiohttp.ClientSession() as session:
            headers = {"Authorization": f"Bearer {token}"}
            async with session.get(self.url + path, headers=headers) as answer:
                assert answer.status == 200, await answer.text()
                return await answer.json()

    async def post(self, path: str, token: str, body: Mapping[str, Any], key: str) -> Any:
        """POST JSON to /api/v1."""
        async with aiohttp.ClientSession() as session:
            headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
            async with session.post(self.url + path, headers=headers, json=body) as answer:
                assert answer.status in (200, 201), await answer.text()
                return await answer.json()

    def logs(self) -> str:
        """Return all that its processes have logged."""
        return "\n".join(file.read_text(errors="replace") for file in (self.path / "logs").iterdir())

    async def stop(self) -> int:
        """Stop it as Ctrl-C does; returns the exit code."""
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGINT)
        return await asyncio.wait_for(self.process.wait(), 60)


@asynccontextmanager
async def installation(
    *arguments: str, env: Mapping[str, str] | None = None, port: int | None = None, path: Path | None = None
) -> AsyncIterator[Installation]:
    """Start an installation in a folder of its own and stop it at the end. It is ready when this yields."""
    above = Path(tempfile.mkdtemp(prefix="louyu-up-"))
    above.chmod(0o711)
    chosen = port or free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "louyu_cli.main",
        "up",
        "--port",
        str(chosen),
        "--data",
        str(path or above / "data"),
        *arguments,
        env=_clean_environment() | dict(env or {}),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    running = Installation(path or above / "data", chosen, process, [])
    reading = asyncio.create_task(_read(running))
    try:
        async with asyncio.timeout(START_SECONDS):
            while not any("Ctrl-C stops" in line for line in running.output):
                if process.returncode is not None:
                    raise AssertionError("it did not start:\n" + "".join(running.output))
                await asyncio.sleep(0.05)
        yield running
    finally:
        try:
            await running.stop()
        finally:
            reading.cancel()
            if path is None:
                elsewhere = running.path / "postgres"
                if elsewhere.is_symlink():
                    shutil.rmtree(os.path.realpath(elsewhere))
                shutil.rmtree(above)


async def _read(running: Installation) -> None:
    assert running.process.stdout is not None
    async for line in running.process.stdout:
        running.output.append(line.decode())


def _clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("LOUYU_")}


def write_json_lines(path: Path, rows: list[dict[str, object]]) -> None:
    """Write rows as JSON lines."""
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
