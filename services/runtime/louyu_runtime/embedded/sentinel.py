"""Ends the children of a supervisor that died, where the kernel cannot do it (macOS has no parent-death signal).

Run as a script, `python -I -S sentinel.py`, with a pipe as its standard input whose other end only the supervisor
holds. Lines `watch PID SIGNAL` and `forget PID` come in; the end of input means that the supervisor is gone.
"""

import contextlib
import os
import sys


def main() -> None:
    watched: dict[int, int] = {}
    for line in sys.stdin:
        match line.split():
            case ["watch", pid, number]:
                watched[int(pid)] = int(number)
            case ["forget", pid]:
                watched.pop(int(pid), None)
    for process, number in watched.items():
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(process, number)


if __name__ == "__main__":
    main()
