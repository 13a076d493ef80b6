"""One running child process: started so that it cannot outlive the supervisor, and ended for certain.

Each child has a session and process group of its own, so that Ctrl-C in the terminal reaches the supervisor alone,
which then decides the order.
"""

import asyncio
import contextlib
import os
import signal
import subprocess
import threading
from typing import Any

from louyu_runtime.embedded.child import Child
from louyu_runtime.embedded.child_log import ChildLog
from louyu_runtime.embedded.parent_death import tied_to_me


class ChildProcess:
    """A started child. `exited` is done, with the exit status in the form of `subprocess`, when it has ended."""

    def __init__(self, child: Child, log: ChildLog) -> None:
        output = log.open()
        try:
            self._process = subprocess.Popen(
                tied_to_me(child.command, account=child.account, orphan_signal=child.orphan_signal),
                env=child.env,
                cwd=child.cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        finally:
            os.close(output)
        self.pid = self._process.pid
        self.exited: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        threading.Thread(target=self._await_exit, name=f"exit of {child.name}", daemon=True).start()

    async def stop(self, number: signal.Signals, *, patience_seconds: float, hurry: asyncio.Event) -> None:
        """Ask it to end; kill it when patience is over or somebody is in a hurry. Returns when it has ended."""
        self._process.send_signal(number)
        hurried = asyncio.ensure_future(hurry.wait())
        either: set[asyncio.Future[Any]] = {self.exited, hurried}
        try:
            await asyncio.wait(either, timeout=patience_seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            hurried.cancel()
        if not self.exited.done():
            self._kill_group()
            await self.exited

    def _await_exit(self) -> None:
        status = self._process.wait()
        with contextlib.suppress(RuntimeError):  # the loop was closed: nobody waits any more
            self.exited.get_loop().call_soon_threadsafe(self._report_exit, status)

    def _report_exit(self, status: int) -> None:
        self._kill_group()  # whatever the child itself had started
        if not self.exited.done():
            self.exited.set_result(status)

    def _kill_group(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)


def describe_exit(status: int) -> str:
    """Return what an exit status means, in words."""
    if status < 0:
        return f"was killed by signal {-status}"
    return f"ended with exit code {status}"
