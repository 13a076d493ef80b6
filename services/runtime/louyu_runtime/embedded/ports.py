"""Free TCP ports on the loopback address, for databases that keep theirs while they are restarted."""

import random
import socket

_BELOW_EPHEMERAL = range(15_000, 30_000)
"""Outgoing connections never get these ports. A client that keeps asking for the port of a server that is down could
otherwise be given that very port as its own, connect to itself, and keep the server from ever coming back."""


def free_port() -> int:
    """Return a port on 127.0.0.1 that nobody listens on at this moment."""
    # Not the shared generator: two test processes that seed it alike would draw the same ports at the same time.
    for port in random.SystemRandom().sample(_BELOW_EPHEMERAL, 200):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError("no free TCP port between 15000 and 30000 on 127.0.0.1")
