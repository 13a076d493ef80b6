"""`louyu plugins`: what is installed and how it fares in the running services; a new plugin; whether one keeps the contract."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from louyu_sdk.errors import ContractBroken
from louyu_sdk.scaffold import KINDS, CannotScaffold

from louyu_cli.errors import FAILED, WRONG_USAGE, CommandError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True)
    listing = actions.add_parser("list", help="show plugins with version, hooks, source, and how the services fare")
    listing.add_argument("--json", action="store_true")
    new = actions.add_parser("new", help="begin a plugin: a folder with project file, hooks, examples and tests")
    new.add_argument("name", metavar="NAME", help="such as bicycle-repair; the folder becomes louyu-bicycle-repair")
    new.add_argument("--kind", choices=KINDS, default="responder", help="what it adds; a responder by default")
    check = actions.add_parser("check", help="run the contract tests on a plugin")
    check.add_argument("path", type=Path, help="folder of the plugin's distribution")


def run(arguments: argparse.Namespace) -> int:
    """List, begin or check."""
    if arguments.action == "list":
        return _list(as_json=arguments.json)
    return _new(arguments.name, arguments.kind) if arguments.action == "new" else _check(arguments.path)


def _list(*, as_json: bool) -> int:
    from louyu_cli.plugin_list import as_text, list_plugins

    found = list_plugins()
    if as_json:
        print("\n".join(found.remarks), end="\n" if found.remarks else "", file=sys.stderr)
        print(json.dumps(found.rows, ensure_ascii=False, indent=2))
    else:
        print(as_text(found))
    return FAILED if any(row["state"] == "failed" for row in found.rows) else 0


def _new(name: str, kind: str) -> int:
    from louyu_sdk.scaffold import scaffold

    try:
        folder = scaffold(name, kind, Path())
    except CannotScaffold as error:
        raise CommandError(str(error), exit_code=WRONG_USAGE if error.is_wrong_usage else FAILED) from error
    print(f"made {folder}; its README says what to change.\n\n  louyu plugins check {folder}")
    return 0


def _check(path: Path) -> int:
    from louyu_sdk.testing.checking import check_folder

    all_good = True
    try:
        for finding in check_folder(path):
            print(finding)
            all_good &= not finding.fault
        return 0 if all_good else FAILED
    except ContractBroken as error:
        raise CommandError(str(error)) from error
