"""`python -m tests.bench [name] [--json FILE]`: run one benchmark, or all, and print a table."""

import argparse
import asyncio
import importlib
import pkgutil
import sys
from pathlib import Path
from types import ModuleType

from tests import bench
from tests.bench.rows import Row, table, write_json


def benches() -> dict[str, ModuleType]:
    """Return the benchmarks by name: the modules beside this one that have `add_arguments` and `run`."""
    names = [found.name for found in pkgutil.iter_modules(bench.__path__) if not found.name.startswith("_")]
    modules = {name: importlib.import_module(f"tests.bench.{name}") for name in names}
    return {name: module for name, module in modules.items() if hasattr(module, "run")}


def main(words: list[str]) -> int:
    """Run what the command line asks for; 1 when a benchmark found something wrong."""
    found = benches()
    output = argparse.ArgumentParser(add_help=False)
    output.add_argument("--json", type=Path, metavar="FILE", default=argparse.SUPPRESS, help="write the rows as JSON")
    parser = argparse.ArgumentParser(prog="./dev bench", description="Run one benchmark, or all.", parents=[output])
    names = parser.add_subparsers(dest="name", metavar="name")
    for name, module in found.items():
        summary = (module.__doc__ or "").partition("\n")[0]
        module.add_arguments(names.add_parser(name, help=summary, description=summary, parents=[output]))
    wanted = parser.parse_args(words)
    rows: list[Row] = []
    for name in [wanted.name] if wanted.name else found:
        arguments = wanted if wanted.name else parser.parse_args([name])
        rows += asyncio.run(found[name].run(arguments))
    print(table(rows))
    if hasattr(wanted, "json"):
        write_json(wanted.json, rows)
    return 1 if any(row.unit == "faults" and row.value for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
