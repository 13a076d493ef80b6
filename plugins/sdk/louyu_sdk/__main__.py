"""`python -m louyu_sdk new NAME` and `check PATH`: what `louyu plugins` does, for those who have the SDK alone."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from louyu_sdk.errors import ContractBroken
from louyu_sdk.scaffold import KINDS, CannotScaffold, scaffold
from louyu_sdk.testing.checking import check_folder

FAILED, WRONG_USAGE = 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one of the two and return the exit code: 0 done, 1 failed, 2 wrong usage."""
    parser = argparse.ArgumentParser(prog="python -m louyu_sdk", description="Begin a plugin of louyu, or check one.")
    actions = parser.add_subparsers(dest="action", required=True)
    new = actions.add_parser("new", help="begin a plugin in a new folder here")
    new.add_argument("name", metavar="NAME", help="such as bicycle-repair")
    new.add_argument("--kind", choices=KINDS, default="responder", help="what it adds; a responder by default")
    check = actions.add_parser("check", help="run the contract's checks on the plugin in a folder")
    check.add_argument("path", type=Path)
    given = parser.parse_args(arguments)
    try:
        if given.action == "check":
            findings = []
            for finding in check_folder(given.path):
                print(finding)
                findings.append(finding)
            return FAILED if any(finding.fault for finding in findings) else 0
        folder = scaffold(given.name, given.kind, Path())
    except CannotScaffold as error:
        print(f"louyu_sdk: {error}", file=sys.stderr)
        return WRONG_USAGE if error.is_wrong_usage else FAILED
    except ContractBroken as error:
        print(f"louyu_sdk: {error}", file=sys.stderr)
        return FAILED
    print(f"made {folder}; its README says what to change.\n\n  python -m louyu_sdk check {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
