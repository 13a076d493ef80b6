"""A log streamed in by `louyu replay`, durable message by message, beside inserting hundreds of rows through SQLAlchemy Core.

Each round replays a log of its own, and then, to see that what was posted once stays so, the same log again. The
yardstick numbers nothing, checks nothing and tells nobody. Medians of the rounds.
"""

import argparse
import asyncio
import json
import os
import random
import statistics
import sys
import time
from collections import defaultdict
from pathlib import Path

import psutil
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import create_async_engine

from tests.bench.posting.counting import count_messages
from tests.bench.posting.load import TEXT
from tests.bench.posting.plain_servers import MESSAGES
from tests.bench.posting.platform import Platform, platform
from tests.bench.rows import Row
from tests.platform.demo import demo_community, members_of

HUNDRED = 100


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what can be chosen."""
    parser.add_argument("--rounds", type=int, default=3, help="logs; 3 by default")
    parser.add_argument("--messages", type=int, default=50_000, help="lines of each log; 50,000 by default")


async def run(arguments: argparse.Namespace) -> list[Row]:
    """Measure, check that every line stands in its group once, and return the rows."""
    taken: dict[str, list[float]] = defaultdict(list)
    faults = 0
    async with platform() as running:
        before = await count_messages(running.owner_url)
        await _replay(running, _write_log(running.folder / "first.jsonl", 2000, 0))  # plans, caches, connections
        before += 2000
        for number in range(arguments.rounds):
            log = _write_log(running.folder / f"{number}.jsonl", arguments.messages, number + 1)
            for title, value in (await _measured_replay(running, log, arguments.messages)).items():
                taken[title].append(value)
            taken["again"].append(arguments.messages / (await _replay(running, log))["seconds"])
            taken["hundreds"].append(await _insert_hundreds(running, number, arguments.messages))
            before += arguments.messages
            faults += abs(await count_messages(running.owner_url) - before)
            print(f"round {number + 1} of {arguments.rounds} is done", file=sys.stderr)
    median = {title: statistics.median(values) for title, values in taken.items()}
    yardstick = "hundreds through SQLAlchemy Core"

    def rate(case: str, value: float) -> Row:
        return Row("import", case, value, "msg/s", value / median["hundreds"], yardstick)

    return [
        Row("import", yardstick, median["hundreds"], "msg/s"),
        rate("replay", median["rate"]),
        rate("replay again of what is there", median["again"]),
        *(Row("import", f"replay: {name} CPU", median[name], "µs") for name in ("command", "messaging", "postgres")),
        Row("import", "messages that are not there, or twice", faults, "faults"),
    ]


def _write_log(path: Path, messages: int, seed: int) -> Path:
    """Write a log in which the members of all groups speak in no order."""
    chance = random.Random(seed)
    speakers = [
        (building, person.key)
        for group in demo_community().community.groups
        for building in group.building_keys[:1]
        for person, _ in members_of(group)
    ]
    with path.open("w", encoding="utf-8") as file:
        for number in range(messages):
            building, sender = chance.choice(speakers)
            line = {"building": building, "sender": sender, "text": f"{number}：{TEXT}"}
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
    return path


async def _measured_replay(running: Platform, log: Path, messages: int) -> dict[str, float]:
    before = {name: running.cpu_seconds(name) for name in ("messaging", "postgres")}
    found = await _replay(running, log)
    spent = {name: running.cpu_seconds(name) - before[name] for name in before} | {"command": found["cpu_seconds"]}
    return {"rate": messages / found["seconds"]} | {name: value / messages * 1e6 for name, value in spent.items()}


async def _replay(running: Platform, log: Path) -> dict[str, float]:
    """Run the command, and return the seconds that posting took, and its processor time, reading the log included."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LOUYU_")}
    command = (sys.executable, "-m", "louyu_cli.main", "replay", str(log), "--json")
    before = psutil.Process().cpu_times()
    program = await asyncio.create_subprocess_exec(
        *(*command, "--community", demo_community().key),
        env=kept | running.settings,
        stdout=asyncio.subprocess.PIPE,
    )
    answer, _ = await program.communicate()
    after = psutil.Process().cpu_times()
    found = json.loads(answer)
    assert not found["refused"], f"{found['refused']} lines were refused"
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    return {"seconds": found["seconds"], "cpu_seconds": spent}


async def _insert_hundreds(running: Platform, number: int, messages: int) -> float:
    """Return how many rows a second one connection inserts and commits by the hundred."""
    engine = create_async_engine(running.owner_url.replace("postgresql://", "postgresql+asyncpg://"))
    begun = time.perf_counter()
    async with engine.connect() as connection:
        for start in range(0, messages, HUNDRED):
            rows = [
                {
                    "group_id": running.groups[0],
                    "seq": number * messages + seq,
                    "sender_id": "",
                    "text": TEXT,
                    "key": None,
                }
                for seq in range(start + 1, start + HUNDRED + 1)
            ]
            await connection.execute(insert(MESSAGES), rows)
            await connection.commit()
    seconds = time.perf_counter() - begun
    await engine.dispose()
    return messages / seconds
