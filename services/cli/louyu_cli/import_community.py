"""`louyu import FILE.yaml`: create or update communities."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import grpc
from louyu_runtime.errors import RemoteError

from louyu_cli.community.applying import Outcome, apply, preview
from louyu_cli.community.installed_types import responder_faults
from louyu_cli.community.reading import read_community
from louyu_cli.community.translating import Definitions
from louyu_cli.errors import WRONG_USAGE, CommandError
from louyu_cli.installation import CommandSettings, NoInstallation, Services, settings

MOST_LINES = 50
SIGNS = {"removed": "-", "kept": "!", "changed": "~", "created": "+"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE.yaml")
    parser.add_argument(
        "--check",
        action="store_true",
        help="change nothing: check the files and, where a platform runs, show what would be done",
    )
    parser.add_argument("--prune", action="store_true", help="remove what an earlier file named and this one does not")
    parser.add_argument(
        "--removing", type=int, metavar="N", help="with --prune: so much may be removed, even if it is much"
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Read all files first, then apply them."""
    if arguments.removing is not None and not arguments.prune:
        raise CommandError("--removing is for --prune", exit_code=WRONG_USAGE)
    if arguments.removing is not None and len(arguments.files) > 1:
        raise CommandError("--removing is for one file at a time", exit_code=WRONG_USAGE)
    definitions = _read_all(arguments.files)
    if arguments.prune:
        _refuse_parts(definitions)
    if arguments.check:
        return _check(definitions, is_pruning=arguments.prune, as_json=arguments.json)

    async def work() -> int:
        async with Services() as services:
            for found in definitions:
                done = await apply(services, found, is_pruning=arguments.prune, removing=arguments.removing)
                if arguments.json:
                    print(json.dumps({"community": found.key, **asdict(done)}, ensure_ascii=False))
                else:
                    print(f"{found.name}: {_counts(done)}")
                    _print_changes(done, ("removed", "kept"))
        return 0

    return asyncio.run(work())


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


def _refuse_parts(definitions: Sequence[Definitions]) -> None:
    """Raise CommandError for two files of one community: each would remove what the other names."""
    times = Counter(found.key for found in definitions)
    for found in definitions:
        if times[found.key] > 1:
            raise CommandError(
                found.source.fault(
                    ("community",), f"several files define {found.key!r}; with --prune all of it must be in one"
                )
            )


def _check(definitions: Sequence[Definitions], *, is_pruning: bool, as_json: bool) -> int:
    """Say what is wrong with the files; where a platform answers, also what they would change there."""
    outcomes: list[Outcome] | None = None
    try:
        outcomes = asyncio.run(_preview_all(settings(), definitions, is_pruning=is_pruning))
    except NoInstallation:
        note = "no platform runs here"
    except RemoteError as error:
        if error.code is not grpc.StatusCode.UNAVAILABLE:
            raise
        note = "the platform does not answer"
    if outcomes is None:
        faults = responder_faults(definitions)
        if faults:
            raise CommandError("\n".join(faults))
        print(f"louyu import: {note}, so what would change is not known", file=sys.stderr)
    for number, found in enumerate(definitions):
        planned = outcomes[number] if outcomes is not None else None
        if as_json:
            plan = {} if planned is None else asdict(planned)
            print(json.dumps({"file": found.source.file, "community": found.key, **plan}, ensure_ascii=False))
        elif planned is None:
            print(f"{found.source.file}: good")
        else:
            print(f"{found.source.file}: good; would be: {_counts(planned)}")
            _print_changes(planned, tuple(SIGNS))
    return 0


async def _preview_all(
    reached: CommandSettings, definitions: Sequence[Definitions], *, is_pruning: bool
) -> list[Outcome]:
    faults, outcomes = [], []
    async with Services(reached) as services:
        for found in definitions:
            try:
                outcomes.append(await preview(services, found, is_pruning=is_pruning))
            except CommandError as error:
                faults.append(str(error))
    if faults:
        raise CommandError("\n".join(faults))
    return outcomes


def _counts(outcome: Outcome) -> str:
    words = f"{outcome.created} created, {outcome.changed} changed, {outcome.unchanged} unchanged"
    return f"{words}, {outcome.removed} removed" if outcome.removed else words


def _print_changes(outcome: Outcome, kinds: tuple[str, ...]) -> None:
    """Print the changes of these kinds, a line each, and how many more there are."""
    shown = [change for change in outcome.changes if change.what in kinds]
    for change in shown[:MOST_LINES]:
        named = " ".join(word for word in (change.key, change.name) if word)
        note = f" ({change.note})" if change.note else ""
        print(f"  {SIGNS[change.what]} {change.kind} {named}{note}")
    told = Counter(change.what for change in shown[:MOST_LINES])
    known = Counter(change.what for change in shown)
    # of very many changes only the first are listed, but all are counted
    counted = {"removed": outcome.removed, "changed": outcome.changed, "created": outcome.created}
    left = {what: max(counted.get(what, 0), known[what]) - told[what] for what in kinds if what in known}
    if any(left.values()):
        print(f"  ... and {', '.join(f'{number} more {what}' for what, number in left.items() if number)}")
