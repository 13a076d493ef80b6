"""Keeps one child running: starts it, sees it die, starts it again, and says so in one line.

The first restart is immediate; then it waits 0.2 s, doubling to 5 s, until the child has served for 30 s. It never
gives up: a database whose disk was full for an hour comes back when there is room.
"""

import asyncio
import logging
import subprocess
import time
from collections.abc import Callable
from typing import Any

from louyu_runtime.embedded.child import Child
from louyu_runtime.embedded.child_log import ChildLog
from louyu_runtime.embedded.child_process import ChildProcess, describe_exit
from louyu_runtime.embedded.parent_death import OrphanWatch

logger = logging.getLogger(__name__)

_HEALTHY_AFTER_SECONDS = 30.0
_SAY_SO_AFTER_SECONDS = 10.0


class ChildFailed(Exception):
    """A child did not come up at its first start."""

    def __init__(self, name: str, how: str, log: ChildLog) -> None:
        said = "".join(f"\n    {line}" for line in log.last_lines()) or " nothing"
        super().__init__(f"{name} {how} before it was ready. Its last words, of {log.path}:{said}")


def restart_delay_seconds(restarts: int) -> float:
    """Return how long to wait before a child is started again that was already started again `restarts` times."""
    return 0.0 if restarts == 0 else min(0.2 * 2 ** (min(restarts, 10) - 1), 5.0)


class Keeper:
    """Keeps `child` running from `start()` to `stop()`."""

    def __init__(self, child: Child, log: ChildLog, tell: Callable[[str], None], orphans: OrphanWatch) -> None:
        self.log = log
        self._child = child
        self._tell = tell
        self._orphans = orphans
        self.keeping: asyncio.Task[None] | None = None
        self._process: ChildProcess | None = None

    @property
    def pid(self) -> int | None:
        """The process id of the present run."""
        return self._process.pid if self._process else None

    async def start(self) -> None:
        """Start it for the first time and return when it is ready. Raises ChildFailed."""
        process = await self._launch()
        if not await self._ready(process, self._child.ready_within_seconds):
            if process.exited.done():
                how = describe_exit(process.exited.result())
            else:
                how = f"took more than {self._child.ready_within_seconds:g} s"
            raise ChildFailed(self._child.name, how, self.log)
        self.keeping = asyncio.create_task(self._keep(process))

    async def stop(self, patience_seconds: float, hurry: asyncio.Event) -> None:
        """End it for good."""
        if self.keeping is not None:
            self.keeping.cancel()
            await asyncio.wait({self.keeping})
        if self._process is not None:
            if not self._process.exited.done():
                await self._process.stop(self._child.stop_signal, patience_seconds=patience_seconds, hurry=hurry)
            self._orphans.forget(self._process.pid)
            await asyncio.to_thread(self._child.clear_leftovers)

    async def _keep(self, process: ChildProcess) -> None:
        restarts = 0
        while True:
            serving_since = time.monotonic()
            how = describe_exit(await asyncio.shield(process.exited))
            died_at = time.monotonic()
            if died_at - serving_since > _HEALTHY_AFTER_SECONDS:
                restarts = 0
            worry = asyncio.get_running_loop().call_later(_SAY_SO_AFTER_SECONDS, self._say_it_stays_away, how)
            try:
                while True:
                    await asyncio.sleep(restart_delay_seconds(restarts))
                    restarts += 1
                    try:
                        process = await self._launch()
                    except (OSError, subprocess.SubprocessError):
                        logger.warning("cannot start a child process", exc_info=True, extra={"child": self._child.name})
                        continue
                    if await self._ready(process):
                        break
            finally:
                worry.cancel()
            self._tell(f"{self._child.name} {how} and is back after {time.monotonic() - died_at:.1f} s")

    def _say_it_stays_away(self, how: str) -> None:
        self._tell(
            f"{self._child.name} {how} and does not come back; it is started again and again; see {self.log.path}"
        )

    async def _launch(self) -> ChildProcess:
        if self._process is not None:
            self._orphans.forget(self._process.pid)
        await asyncio.to_thread(self._child.clear_leftovers)
        self._process = ChildProcess(self._child, self.log)
        self._orphans.watch(self._process.pid, self._child.orphan_signal)
        return self._process

    async def _ready(self, process: ChildProcess, within_seconds: float | None = None) -> bool:
        """Wait until it serves; False when it ended before, or when time is up."""
        asking = asyncio.create_task(self._ask_until_ready())
        either: set[asyncio.Future[Any]] = {asking, process.exited}
        try:
            await asyncio.wait(either, timeout=within_seconds, return_when=asyncio.FIRST_COMPLETED)
            if process.exited.done() or not asking.done():
                return False
            await asking  # raises what the question raised
            return True
        finally:
            asking.cancel()

    async def _ask_until_ready(self) -> None:
        pause_seconds = 0.02
        while not await self._child.ready():
            await asyncio.sleep(pause_seconds)
            pause_seconds = min(pause_seconds * 1.5, 0.25)
