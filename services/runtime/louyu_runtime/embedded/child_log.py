"""The file with everything that one child process printed, bounded in size.

The child writes into it directly: its output never waits for the supervisor and survives it. At the limit the file is
copied to `NAME.log.1` and emptied, so lines written in that instant can be lost.
"""

import os
import shutil
from pathlib import Path

LIMIT_BYTES = 10 * 1024 * 1024


class ChildLog:
    """The log of one child, over all its restarts."""

    def __init__(self, path: Path, limit_bytes: int = LIMIT_BYTES) -> None:
        self.path = path
        self._limit_bytes = limit_bytes
        self._start_of_run = 0

    def open(self) -> int:
        """Return a descriptor for the output of a new run; the caller closes it."""
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._start_of_run = os.fstat(descriptor).st_size
        return descriptor

    def bound(self) -> None:
        """Start afresh when the file has grown too large, keeping one earlier file."""
        if self.path.stat().st_size > self._limit_bytes:
            shutil.copyfile(self.path, self.path.with_name(self.path.name + ".1"))
            os.truncate(self.path, 0)
            self._start_of_run = 0

    def last_lines(self, count: int = 8) -> list[str]:
        """Return the last lines that this run has printed."""
        with self.path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(self._start_of_run, size - 16_384))
            return file.read().decode(errors="replace").splitlines()[-count:]
