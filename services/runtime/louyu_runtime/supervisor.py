"""Keeps a set of child processes running, and ends all of them when it is told to or dies.

Stopping is orderly, the last started first: SIGTERM, Ctrl-C or a closed terminal asks each child and waits for it; a
second Ctrl-C does not wait. It knows nothing of what the children do.
"""

import asyncio
import contextlib
import signal
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from louyu_runtime.embedded.child import Child
from louyu_runtime.embedded.child_log import ChildLog
from louyu_runtime.embedded.keeper import ChildFailed, Keeper
from louyu_runtime.embedded.parent_death import OrphanWatch

__all__ = ["Child", "ChildFailed", "Supervisor"]

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Supervisor:
    """Use it as an asynchronous context manager in the main thread: leaving it, for whatever reason, ends all children.

    A signal to stop cancels the task inside the context, wherever that is. The cancellation ends with the context;
    afterwards `stopped_by` tells the signal.
    """

    def __init__(
        self,
        logs: Path,
        tell: Callable[[str], None],
        *,
        patience_seconds: float = 20.0,
    ) -> None:
        """`tell` gets one line for a person whenever a child died and came back, or stays away.

        `logs` is the folder of the children's output, `patience_seconds` how long each may take to stop.
        """
        self.stopped_by: signal.Signals | None = None
        self._logs = logs
        self._tell = tell
        self._patience_seconds = patience_seconds
        self._orphans = OrphanWatch()
        self._keepers: dict[str, Keeper] = {}
        self._hurry = asyncio.Event()

    async def start(self, *children: Child) -> None:
        """Start these together, and return when all are ready. Raises ChildFailed for the first that is not."""
        keepers = {}
        for child in children:
            log = ChildLog(self._logs / f"{child.name}.log")
            keepers[child.name] = Keeper(child, log, self._tell, self._orphans)
        self._keepers |= keepers
        try:
            async with asyncio.TaskGroup() as starts:
                for keeper in keepers.values():
                    starts.create_task(keeper.start())
        except* ChildFailed as failed:
            raise failed.exceptions[0] from None

    def pid(self, name: str) -> int | None:
        """Return the process id of the present run of this child."""
        return self._keepers[name].pid

    async def wait(self) -> None:
        """Keep the children running until a signal comes; ends by being cancelled."""
        keeping = [keeper.keeping for keeper in self._keepers.values() if keeper.keeping is not None]
        ended, _ = await asyncio.wait(keeping, return_when=asyncio.FIRST_COMPLETED)
        for task in ended:
            task.result()  # keeping never ends by itself: raises what broke it

    async def __aenter__(self) -> Self:
        self._task = asyncio.current_task()
        for number in _SIGNALS:
            asyncio.get_running_loop().add_signal_handler(number, self._on_signal, number)
        self._orphans.__enter__()
        self._bounding = asyncio.create_task(self._bound_logs())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if self.stopped_by is not None and self._task is not None:
            self._task.uncancel()
        self._task = None  # from here on a signal means hurry, also where an error ends it
        for keeper in reversed(self._keepers.values()):
            await keeper.stop(self._patience_seconds, self._hurry)
        self._bounding.cancel()
        self._orphans.__exit__(kind, error, trace)
        for number in _SIGNALS:
            asyncio.get_running_loop().remove_signal_handler(number)
        return self.stopped_by is not None and kind is asyncio.CancelledError

    def _on_signal(self, number: signal.Signals) -> None:
        if self.stopped_by is None and self._task is not None:
            self.stopped_by = number
            self._task.cancel()
        else:
            self._hurry.set()

    async def _bound_logs(self) -> None:
        while True:
            await asyncio.sleep(2)
            for keeper in self._keepers.values():
                with contextlib.suppress(OSError):  # a full disk, or a log that somebody removed
                    await asyncio.to_thread(keeper.log.bound)
