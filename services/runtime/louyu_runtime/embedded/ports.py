"""Free TCP ports on the loopback address, for databases that keep theirs while they are restarted.

A port is often listened on only seconds after it was drawn. Until then its number is kept by a lock on one byte of a
file, so that nobody else who draws here at the same time gets it; the kernel frees it when the process ends.
"""

import fcntl
import os
import random
import socket
import tempfile
from functools import cache
from pathlib import Path

_BELOW_EPHEMERAL = range(15_000, 30_000)
"""Outgoing connections never get these ports. A client that keeps asking for the port of a server that is down could
otherwise be given that very port as its own, connect to itself, and keep the server from ever coming back."""

_drawn: set[int] = set()
"""What this process has drawn: its own locks do not stand in its way."""


def free_port() -> int:
    """Return a port on 127.0.0.1 that nobody listens on at this moment, and that nobody else has drawn."""
    # Not the shared generator: two test processes that seed it alike would try the same ports in the same order.
    for port in random.SystemRandom().sample(_BELOW_EPHEMERAL, 200):
        if port in _drawn or not _keep(port):
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            _drawn.add(port)
            return port
    raise OSError("no free TCP port between 15000 and 30000 on 127.0.0.1")


def _keep(port: int) -> bool:
    """Lock the port's byte; False if another process of this user has it. Without the file nothing is kept."""
    locks = _locks(os.getpid())
    if locks is None:
        return True
    try:
        fcntl.lockf(locks, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
    except OSError:
        return False
    return True


@cache
def _locks(_process: int) -> int | None:
    """Return the open file of locks, which is never closed: closing it would give all of them up.

    None where it cannot be opened, as on a read-only or full disk.
    """
    path = Path(tempfile.gettempdir()) / f"louyu-ports-{os.getuid()}"
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError:
        return None
