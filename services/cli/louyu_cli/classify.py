"""`louyu classify`: standard input to standard output, by the classifier that routing uses."""

from __future__ import annotations

import argparse
import importlib
import io
import sys
from collections.abc import Iterable, Iterator

from louyu_cli.errors import CommandError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        'Standard input: JSON lines {"id","text","via"}. Standard output, in the same order: '
        '{"id","intent","responder","urgency","confidence"}.'
    )


def run(arguments: argparse.Namespace) -> int:
    """Classify until the input ends."""
    classification = importlib.import_module("louyu_routing.classification")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", line_buffering=True)  # a program may wait for each answer
    return int(classification.classify_stream(_decoded(sys.stdin.buffer), sys.stdout, sys.stderr))


def _decoded(lines: Iterable[bytes]) -> Iterator[str]:
    """Yield the lines as texts, whatever the terminal's language. Raises CommandError naming the line."""
    for number, line in enumerate(lines, start=1):
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise CommandError(f"line {number}: is not UTF-8; give the input as UTF-8") from error
