"""Kills of every kind of process during replays of 1,000 messages, and whether anything was lost or doubled."""

import argparse
import sys
import tempfile
from pathlib import Path
from random import Random

from tests.bench.rows import Row
from tests.chaos.killing import DATABASES, SERVICES, kill_during_replay
from tests.platform.installation import installation

MESSAGES = 1000
SECONDS = 30.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what can be chosen."""
    parser.add_argument("--seed", type=int, help="of the first round; the next ones follow. Random when left out")
    parser.add_argument("--rounds", type=int, default=6, help="replays, each with kills of its own; 6 by default")
    parser.add_argument("--kills", type=int, default=8, help="kills in each replay; 8 by default")


async def run(arguments: argparse.Namespace) -> list[Row]:
    """Replay and kill, and return the rows; faults are also told as they are found."""
    first = Random().randrange(10**6) if arguments.seed is None else arguments.seed
    rows: list[Row] = []
    async with installation() as louyu:
        await louyu.clock.set_local_time("2026-01-15 18:00")
        with tempfile.TemporaryDirectory(prefix="louyu-chaos-") as folder:
            for number in range(arguments.rounds):
                seed = first + number
                victims = Random(seed).choices((*SERVICES, *DATABASES), k=arguments.kills)
                _say(f"round {number + 1} of {arguments.rounds}, seed {seed}: kills {', '.join(victims)}")
                outcome = await kill_during_replay(
                    louyu, Path(folder), seed=seed, victims=victims, messages=MESSAGES, seconds=SECONDS
                )
                for fault in outcome.faults:
                    _say(f"  {fault}")
                case = f"seed {seed}, {len(outcome.kills)} kills"
                rows.append(Row("chaos", f"{case}: at rest after the last message", outcome.seconds_to_rest, "s"))
                rows.append(Row("chaos", f"{case}: lost, doubled, stuck or told", len(outcome.faults), "faults"))
    return rows


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
