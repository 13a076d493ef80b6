"""`louyu plugins`: what is installed, and whether a plugin keeps the contract."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from louyu_cli.errors import CommandError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True)
    listing = actions.add_parser("list", help="show installed plugins with version, hooks and faults")
    listing.add_argument("--json", action="store_true")
    check = actions.add_parser("check", help="run the contract tests on a plugin")
    check.add_argument("path", type=Path, help="folder of the plugin's distribution")


def run(arguments: argparse.Namespace) -> int:
    """List or check."""
    return _list(as_json=arguments.json) if arguments.action == "list" else _check(arguments.path)


def _list(*, as_json: bool) -> int:
    from louyu_sdk.loading import installed_entry_points, load_plugins

    switched_off = [name.strip() for name in os.environ.get("LOUYU_PLUGINS_DISABLED", "").split(",") if name.strip()]
    loaded = load_plugins(installed_entry_points(), switched_off=switched_off)
    rows = [_row(one.name, one.version, "running", one.hooks) for one in loaded.plugins]
    rows += [_row(one.name, one.version, "failed", (), one.error) for one in loaded.faults]
    rows += [_row(name, "", "disabled", ()) for name in loaded.switched_off]
    if as_json:
        print(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        for row in rows:
            print(f"{row['name']:<20}{row['version']:<10}{row['state']:<10}{', '.join(row['hooks'])}")
            if row["fault"]:
                print(f"    {row['fault']}")
        if not rows:
            print("no plugins are installed")
    return 1 if loaded.faults else 0


def _row(name: str, version: str, state: str, hooks: Sequence[str], fault: str = "") -> dict[str, Any]:
    return {"name": name, "version": version, "hooks": list(hooks), "state": state, "fault": fault}


def _check(path: Path) -> int:
    """Run every check of the contract on every plugin that the folder declares."""
    from louyu_sdk.errors import ContractBroken
    from louyu_sdk.testing import CHECKS, plugins_at

    try:
        plugins = plugins_at(path)
    except ContractBroken as error:
        raise CommandError(str(error)) from error
    failures = 0
    for name, plugin in plugins.items():
        for check in CHECKS:
            try:
                check(plugin)
            except Exception as error:  # whatever a plugin raises is what the person wants to see
                failures += 1
                print(f"wrong  {name}: {check.name}: {error or type(error).__name__}")
            else:
                print(f"good   {name}: {check.name}")
    return 1 if failures else 0
