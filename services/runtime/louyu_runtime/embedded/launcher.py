"""Becomes another program that does not outlive whoever started it, and runs as another account if wanted.

Run as a script, `python -I -S launcher.py PARENT_PID DEATH_SIGNAL UID GID PROGRAM [ARGUMENT...]`, by `parent_death`;
it imports nothing of louyu, so that it costs some milliseconds. UID and GID of -1 keep the account.

A program of its own rather than code between fork and exec: the one who starts children has threads, and there only
the simplest calls are safe. The order matters: Linux forgets the death signal when the account changes, and the new
account may not be able to read Python's own files.
"""

import os
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


def main(arguments: list[str]) -> None:
    parent, death_signal, uid, gid = (int(argument) for argument in arguments[:4])
    command = arguments[4:]
    tie_to_parent = _parent_death_setter()
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    tie_to_parent(death_signal)
    if os.getppid() != parent:
        sys.exit("whoever started this is gone already")
    try:
        os.execv(command[0], command)
    except OSError as error:
        sys.exit(f"cannot run {command[0]}: {error.strerror}")


def _parent_death_setter() -> Callable[[int], None]:
    if sys.platform != "linux":
        return lambda _: None
    import ctypes

    prctl = ctypes.CDLL(None, use_errno=True).prctl

    def set_parent_death_signal(number: int) -> None:
        if prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0) != 0:
            sys.exit(f"cannot be tied to the life of the parent: {os.strerror(ctypes.get_errno())}")

    return set_parent_death_signal


if __name__ == "__main__":
    main(sys.argv[1:])
