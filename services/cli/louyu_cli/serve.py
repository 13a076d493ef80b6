"""`louyu serve ROLE`: run one service in this process until SIGTERM."""

from __future__ import annotations

import argparse
import asyncio
import errno
import gc
import importlib

from louyu_runtime.settings import ROLES

from louyu_cli.errors import CommandError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("role", choices=ROLES)


def run(arguments: argparse.Namespace) -> int:
    """Serve; returns when it was told to stop."""
    import uvloop

    service = importlib.import_module(f"louyu_{arguments.role}.main")
    _collect_seldom()
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(service.serve())
    except OSError as error:
        mend = (
            f": stop what serves there, or set LOUYU_{arguments.role.upper()}_LISTEN or _ADMIN_LISTEN"
            if error.errno == errno.EADDRINUSE
            else ""
        )
        raise CommandError(f"{arguments.role} cannot serve: {error.strerror or error}{mend}") from error
    return 0


def _collect_seldom() -> None:
    """Look for garbage in cycles seldom: it took a fifth of the processor time of posting.

    What is loaded by now stays as long as the process, and is never looked through again.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000, 10, 10)
