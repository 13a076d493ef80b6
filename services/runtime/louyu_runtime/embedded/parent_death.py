"""Ties child processes to this one, so that none goes on when it dies, even by `kill -9`.

Linux: the kernel does it (see `launcher`). Elsewhere a small process of ours waits for the end of a pipe that only
this process holds (see `sentinel`).
"""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from louyu_runtime.embedded import launcher, sentinel
from louyu_runtime.embedded.account import Account

KERNEL_ENDS_ORPHANS = sys.platform == "linux"


def tied_to_me(command: Sequence[str], *, account: Account | None, orphan_signal: signal.Signals) -> list[str]:
    """Return the command line that runs `command` as `account`, and gets `orphan_signal` if this process dies.

    Linux sends it already when the thread ends that started the child: start children that shall last from the main
    thread.
    """
    uid, gid = (account.uid, account.gid) if account else (-1, -1)
    number = int(orphan_signal) if KERNEL_ENDS_ORPHANS else 0
    return [*_script(launcher.__file__), str(os.getpid()), str(number), str(uid), str(gid), *command]


class OrphanWatch:
    """Where the kernel ends no orphans: knows the living children and has them ended by the sentinel."""

    def __init__(self) -> None:
        self._sentinel: subprocess.Popen[str] | None = None

    def watch(self, pid: int, orphan_signal: signal.Signals) -> None:
        """From now on this child is ended with `orphan_signal` when this process dies."""
        self._tell(f"watch {pid} {int(orphan_signal)}")

    def forget(self, pid: int) -> None:
        """This child has ended; its number may soon be another's."""
        self._tell(f"forget {pid}")

    def __enter__(self) -> Self:
        if not KERNEL_ENDS_ORPHANS:
            self._sentinel = subprocess.Popen(
                _script(sentinel.__file__), stdin=subprocess.PIPE, text=True, start_new_session=True
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._sentinel is not None:
            self._sentinel.communicate()  # closes the pipe and waits for its end

    def _tell(self, line: str) -> None:
        if self._sentinel is not None and self._sentinel.stdin is not None:
            with contextlib.suppress(BrokenPipeError):  # somebody killed it: the next start clears leftovers anyway
                self._sentinel.stdin.write(line + "\n")
                self._sentinel.stdin.flush()


def _script(file: str) -> list[str]:
    return [sys.executable, "-I", "-S", str(Path(file).absolute())]
