"""`louyu import FILE.yaml`: create or update communities."""

from __future__ import annotations

import argparse
import asyncio
import json
from pathlib import Path

from louyu_cli.community.applying import Counts, apply
from louyu_cli.community.reading import Definitions, read_community
from louyu_cli.errors import CommandError
from louyu_cli.installation import Services


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE.yaml")
    parser.add_argument("--check", action="store_true", help="check the files only; needs no running platform")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Read all files first, then apply them."""
    definitions = _read_all(arguments.files)
    if arguments.check:
        for path, found in zip(arguments.files, definitions, strict=True):
            print(json.dumps({"file": str(path), "community": found.key}) if arguments.json else f"{path}: good")
        return 0

    async def work() -> list[Counts]:
        async with Services() as services:
            return [await apply(services, found) for found in definitions]

    for found, counts in zip(definitions, asyncio.run(work()), strict=True):
        if arguments.json:
            print(json.dumps({"community": found.key, **counts.__dict__}, ensure_ascii=False))
        else:
            print(f"{found.name}: {counts.created} created, {counts.changed} changed, {counts.unchanged} unchanged")
    return 0


def _read_all(paths: list[Path]) -> list[Definitions]:
    """Return what the files define. Raises CommandError with the faults of all of them."""
    definitions, faults = [], []
    for path in paths:
        try:
            definitions.append(read_community(path))
        except CommandError as error:
            faults.append(str(error))
    if faults:
        raise CommandError("\n".join(faults))
    return definitions
