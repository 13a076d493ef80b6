"""Durable PostMessage beside a bare gRPC echo and beside one commit a message, in one run, in turns.

"x32" is 32 callers at once. "work" is the processor time that a message takes of the server and PostgreSQL together, which
neighbours on the machine change less than its rate; one caller also waits for the disk, whose time stands by itself.
"commit each" numbers and inserts a message in a transaction of its own through SQLAlchemy Core, behind the same bare gRPC
server as the echo. Medians of the rounds; a ratio is one of two medians, since machines drift between one run and the next.
"""

import argparse
import asyncio
import statistics
import sys
from collections import defaultdict
from dataclasses import dataclass

from tests.bench.posting.counting import count_messages
from tests.bench.posting.disk import flush_times
from tests.bench.posting.platform import Platform, platform
from tests.bench.rows import Row

AT_ONCE = (1, 32, 128)


@dataclass(frozen=True)
class Case:
    """One kind of load: on which server, and whether all callers write into one group."""

    name: str
    target: str
    is_hot: bool


ECHO = Case("echo", "echo", is_hot=True)
HOT = Case("post to 1 group", "post", is_hot=True)
SPREAD = Case("post to 13 groups", "post", is_hot=False)
COMMITS = Case("commit each, 13 groups", "commits", is_hot=False)
HOT_COMMITS = Case("commit each, 1 group", "commits", is_hot=True)
CASES = (ECHO, HOT, SPREAD, COMMITS, HOT_COMMITS)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what can be chosen."""
    parser.add_argument("--rounds", type=int, default=5, help="rounds of all cases; 5 by default")
    parser.add_argument("--seconds", type=float, default=2.0, help="length of each case in a round; 2 by default")


async def run(arguments: argparse.Namespace) -> list[Row]:
    """Measure, check that every answered message is there, and return the rows."""
    taken: dict[tuple[Case, int], list[dict[str, float]]] = defaultdict(list)
    async with platform() as running:
        for case in CASES:
            await _measure(running, case, 32, 1.0)
        posted = await count_messages(running.owner_url)
        flushes: list[float] = []
        for number in range(arguments.rounds):
            for at_once in AT_ONCE:
                for case in CASES:
                    taken[case, at_once].append(await _measure(running, case, at_once, arguments.seconds))
            flushes += await asyncio.to_thread(flush_times, running.folder)
            print(f"round {number + 1} of {arguments.rounds} is done", file=sys.stderr)
        answered = sum(found["count"] for (case, _), runs in taken.items() if case.target == "post" for found in runs)
        stored = await count_messages(running.owner_url) - posted
    rows = [row for at_once in AT_ONCE for case in CASES for row in _rows(case, at_once, taken)]
    rows.append(_hot_against_spread(taken))
    rows.append(Row("post", "the disk's flush of a block: p50", statistics.median(flushes), "ms"))
    return [*rows, Row("post", "answered messages that are not there", abs(answered - stored), "faults")]


async def _measure(running: Platform, case: Case, at_once: int, seconds: float) -> dict[str, float]:
    groups = running.groups[:1] if case.is_hot else running.groups
    server = "messaging" if case.target == "post" else case.target
    before = {name: running.cpu_seconds(name) for name in (server, "postgres")}
    found = await running.load(case.target, groups, at_once, seconds)
    for label, name in (("server", server), ("postgres", "postgres")):
        found[f"{label}_us"] = (running.cpu_seconds(name) - before[name]) / found["count"] * 1e6
    found["work_us"] = found["server_us"] + (0.0 if case is ECHO else found["postgres_us"])
    return found | {"rate": found["count"] / found["seconds"]}


def _rows(case: Case, at_once: int, taken: dict[tuple[Case, int], list[dict[str, float]]]) -> list[Row]:
    def median(of: Case, name: str) -> float:
        return statistics.median(found[name] for found in taken[of, at_once])

    def row(name: str, unit: str, title: str, against: Case | None = None) -> Row:
        label, value = f"{case.name}, x{at_once}: {title}", median(case, name)
        if against is None:
            return Row("post", label, value, unit)
        return Row("post", label, value, unit, value / median(against, name), f"{against.name}, x{at_once}: {title}")

    echo = ECHO if case is not ECHO else None
    rows = [row("rate", "msg/s", "rate", echo)]
    if case.target == "post":
        rows.append(row("rate", "msg/s", "rate", HOT_COMMITS if case.is_hot else COMMITS))
    rows += [
        row("p50_ms", "ms", "p50", echo),
        row("p99_ms", "ms", "p99", echo),
        row("server_us", "µs", "server CPU", echo),
    ]
    if case is not ECHO:
        rows += [row("postgres_us", "µs", "PostgreSQL CPU"), row("work_us", "µs", "work", echo)]
    return rows


def _hot_against_spread(taken: dict[tuple[Case, int], list[dict[str, float]]]) -> Row:
    hot, spread = (statistics.median(found["rate"] for found in taken[case, 32]) for case in (HOT, SPREAD))
    return Row("post", f"{HOT.name}, x32: rate", hot, "msg/s", hot / spread, f"{SPREAD.name}, x32: rate")
