"""The test installation as a separate process, and what is left of its children."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psutil

from .waiting import until


class RunningInstallation:
    """A started `tests.embedded.installation` whose children are up."""

    def __init__(self, process: asyncio.subprocess.Process, pids: dict[str, int]) -> None:
        self.process = process
        self.pids = pids

    def signal_terminal(self, number: signal.Signals) -> None:
        """Send it as a terminal does: to the whole foreground group, not to the program alone."""
        os.killpg(self.process.pid, number)

    async def rest_of_output(self) -> str:
        """Return what it printed until its end."""
        assert self.process.stdout is not None
        async with asyncio.timeout(30):
            rest = await self.process.stdout.read()
            await self.process.wait()
        return rest.decode()


@contextlib.asynccontextmanager
async def running_installation(path: Path, *options: str) -> AsyncIterator[RunningInstallation]:
    """Start it on the data folder `path`; in the end it is killed, and all of it is gone."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.embedded.installation", str(path), *options),
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[2],
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(60):
            first_line = (await process.stdout.readline()).decode()
        assert first_line.startswith("up "), first_line
        yield RunningInstallation(process, json.loads(first_line.removeprefix("up ")))
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        await until(lambda: not living_in(path))


def living_in(path: Path) -> list[str]:
    """Return the processes that work in the data folder `path` or serve it, as `PID NAME`."""
    here = os.path.realpath(path)
    living = []
    for process in psutil.process_iter(["name", "cmdline", "status"]):
        with contextlib.suppress(psutil.Error):
            in_words = any(here in word for word in process.info["cmdline"] or ())
            if process.info["status"] != psutil.STATUS_ZOMBIE and (in_words or process.cwd().startswith(here)):
                living.append(f"{process.pid} {process.info['name']}")
    return living


def is_alive(pid: int) -> bool:
    """Whether this process exists and is no zombie."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
