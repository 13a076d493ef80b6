"""`louyu serve ROLE`: run one service in this process until SIGTERM."""

from __future__ import annotations

import argparse
import asyncio
import importlib

from louyu_runtime.settings import ROLES

from louyu_cli.errors import CommandError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("role", choices=ROLES)


def run(arguments: argparse.Namespace) -> int:
    """Serve; returns when it was told to stop."""
    import uvloop

    service = importlib.import_module(f"louyu_{arguments.role}.main")
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(service.serve())
    except OSError as error:
        raise CommandError(f"{arguments.role} cannot serve: {error.strerror or error}") from error
    return 0
