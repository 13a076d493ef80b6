"""Readers with a page open on one gateway: how soon all are told of a message, and what each of them costs.

A whole installation (`louyu up`) with one group in which the readers' people live, five connections each. Times count from
PostMessage's answer to the moment at which a reader's process has read the hint. Memory is what the gateway's process
holds more with the readers than with a hundred of them, by its resident size. "away" are readers that come back with the
`seq` they know after messages were posted; one of them reads what it missed.
"""

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from louyu.messaging.v1 import community_pb2, message_pb2
from louyu.messaging.v1 import messaging_service_pb2 as pb
from louyu_cli.installation import Services
from louyu_cli.token import AUDIENCE
from louyu_runtime import ids
from louyu_runtime.identity import Principal

from tests.bench.rows import Row
from tests.platform.installation import Installation, installation

COMMUNITY, GROUP = "bench-readers", "1"
COMMUNITY_ID = ids.community_id(COMMUNITY)
GROUP_ID = ids.named_id(COMMUNITY_ID, "group", GROUP)
EACH = 5
"""Connections of one person: below what the gateway allows, 30."""
FIRST = 100
MISSED = 1_000
TOKEN_SECONDS = 3600.0
TEXT = "快递放在门卫那里了，谢谢"
START_SECONDS = 60


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what can be chosen."""
    parser.add_argument("--readers", type=int, default=10_000, help="connections that read; 10,000 by default")
    parser.add_argument(
        "--stuck", type=int, default=100, help="connections beside them that read nothing; 100 by default"
    )
    parser.add_argument("--messages", type=int, default=20, help="messages in each case; 20 by default")


async def run(arguments: argparse.Namespace) -> list[Row]:
    """Measure, and return the rows."""
    most = arguments.readers + arguments.stuck + FIRST
    async with (
        installation("--empty", env={"LOUYU_GATEWAY_LIVE_LIMIT": str(most)}) as louyu,
        louyu.services() as services,
    ):
        tokens = await _move_in(services, -(-most // EACH))
        async with _readers(louyu, tokens) as order:
            bench = _Bench(services, order, psutil.Process(louyu.pid_of("gateway")))
            return await bench.run(arguments.readers, arguments.stuck, arguments.messages)


class _Order:
    """The readers' process, to which orders are given."""

    def __init__(self, program: asyncio.subprocess.Process) -> None:
        self._program = program

    async def __call__(self, do: str, name: str, **what: Any) -> dict[str, float]:
        program = self._program
        assert program.stdin is not None and program.stdout is not None
        program.stdin.write(json.dumps({"do": do, "name": name, **what}).encode() + b"\n")
        line = await program.stdout.readline()
        assert line, "the readers stopped; their lines stand above"
        return dict(json.loads(line))


@dataclass
class _Bench:
    services: Services
    order: _Order
    gateway: psutil.Process
    number: int = 0

    async def run(self, readers: int, stuck: int, messages: int) -> list[Row]:
        await self.order("open", "first", count=FIRST, after_seq=0, reads=True)
        await self._told("first", messages)
        before, begun = self._bytes(), self._cpu()
        opened = await self.order("open", "all", count=readers, after_seq=self.number, reads=True)
        opening = self._cpu() - begun
        rows = [
            self._row(f"{readers} readers: opening, a second", readers / opened["seconds"], "readers/s"),
            self._row(f"{readers} readers: refused once and come again", opened["refused"], "readers"),
            self._row(f"{readers} readers: opening, gateway CPU of each", opening / readers * 1e6, "µs"),
        ]
        told = await self._told("all", messages)
        rows += self._told_rows(f"{readers} readers", told, readers)
        rows.append(self._row(f"{readers} readers: memory of each", (self._bytes() - before) / readers / 1000, "kB"))
        await self.order("open", "stuck", count=stuck, after_seq=self.number, reads=False)
        told = await self._told("all", messages)
        rows += self._told_rows(f"{readers} readers beside {stuck} that read nothing", told, readers)
        away = self.number
        ended = await self.order("close", "all")
        await self._post_many(MISSED)
        begun_at = time.monotonic()
        await self.order("open", "back", count=FIRST, after_seq=away, reads=True)
        back = await self.order("told", "back", seq=self.number, since=begun_at)
        rows.append(
            self._row(
                f"{FIRST} come back after {MISSED} messages: the last is told where it stands", back["last_ms"], "ms"
            )
        )
        rows.append(
            self._row("messages that one who was away does not get in order", await self._missing(away), "faults")
        )
        rows.append(self._row("connections of readers that ended by themselves", ended["ended"], "faults"))
        return rows

    async def _told(self, name: str, messages: int) -> list[dict[str, float]]:
        """Post one message after another, each when everybody has been told of the one before."""
        found = []
        for _ in range(messages):
            begun = self._cpu()
            await self._post()
            print(f"message {self.number} is posted", file=sys.stderr)
            told = await self.order("told", name, seq=self.number, since=time.monotonic())
            found.append(told | {"cpu": self._cpu() - begun})
        return found

    def _told_rows(self, case: str, told: list[dict[str, float]], readers: int) -> list[Row]:
        def median(name: str) -> float:
            return statistics.median(each[name] for each in told)

        return [
            self._row(f"{case}: told, p50", median("p50_ms"), "ms"),
            self._row(f"{case}: told, p99", median("p99_ms"), "ms"),
            self._row(f"{case}: told, the last", median("last_ms"), "ms"),
            self._row(f"{case}: told, the last of the slowest message", max(each["last_ms"] for each in told), "ms"),
            self._row(f"{case}: gateway CPU of each hint", median("cpu") / readers * 1e6, "µs"),
        ]

    async def _post(self) -> None:
        message = message_pb2.NewMessage(
            text=TEXT, sender_id=_person_id(0), idempotency_key=f"bench/{self.number}", via=message_pb2.VIA_TEXT
        )
        request = pb.PostMessageRequest(community_id=COMMUNITY_ID, group_id=GROUP_ID, message=message)
        answer: pb.PostMessageResponse = await self.services.messaging.call(
            "PostMessage", request, principal=_person(0), timeout=30
        )
        self.number = answer.seq

    async def _post_many(self, count: int) -> None:
        for _ in range(count):
            await self._post()

    async def _missing(self, after_seq: int) -> int:
        """Return how many of the messages after a position a reader does not get, or gets out of their order."""
        wanted = list(range(after_seq + 1, self.number + 1))
        found: list[int] = []
        while not found or found[-1] < self.number:
            request = pb.ListMessagesRequest(
                community_id=COMMUNITY_ID, group_id=GROUP_ID, after_seq=found[-1] if found else after_seq, page_size=500
            )
            page = await self.services.messaging.call("ListMessages", request, principal=_person(1), timeout=30)
            if not page.messages:
                break
            found += [message.seq for message in page.messages]
        astray: int = sum(seq != at for seq, at in zip(found, wanted, strict=False))
        return astray + abs(len(wanted) - len(found))

    def _bytes(self) -> int:
        return int(self.gateway.memory_info().rss)

    def _cpu(self) -> float:
        times = self.gateway.cpu_times()
        return float(times.user + times.system)

    def _row(self, case: str, value: float, unit: str) -> Row:
        return Row("subscribe", case, value, unit)


async def _move_in(services: Services, people: int) -> list[str]:
    """Define a community with so many people in one group, and return their tokens."""
    building = community_pb2.BuildingDefinition(key="1", name="1号楼")
    group = community_pb2.GroupDefinition(key=GROUP, name="1号楼", building_keys=["1"], join_code="LOU1BENCH")
    community = community_pb2.CommunityDefinition(
        key=COMMUNITY,
        name="一号小区",
        subdistrict="一号街道",
        district="一号区",
        buildings=[building],
        groups=[group],
        people=[
            community_pb2.PersonDefinition(
                key=f"reader-{number}",
                name=f"读者{number}",
                memberships=[community_pb2.MembershipDefinition(group_key=GROUP, role="resident")],
            )
            for number in range(people)
        ],
    )
    await services.messaging.call("ApplyCommunity", pb.ApplyCommunityRequest(community=community), timeout=60)
    return [services.signer.sign(_person(number), AUDIENCE, seconds=TOKEN_SECONDS) for number in range(people)]


def _person_id(number: int) -> str:
    return ids.named_id(COMMUNITY_ID, "person", f"reader-{number}")


def _person(number: int) -> Principal:
    return Principal(
        kind="person",
        id=_person_id(number),
        community_id=COMMUNITY_ID,
        name=f"读者{number}",
        roles=frozenset({"resident"}),
        group_ids=frozenset({GROUP_ID}),
    )


@asynccontextmanager
async def _readers(louyu: Installation, tokens: list[str]) -> AsyncIterator[_Order]:
    with tempfile.TemporaryDirectory(prefix="louyu-readers-") as folder:
        plan = Path(folder) / "plan.json"
        plan.write_text(json.dumps({"port": louyu.port, "path": f"/app/groups/{GROUP_ID}/live", "tokens": tokens}))
        program = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.bench.subscribing.readers", str(plan)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            yield _Order(program)
        finally:
            if program.returncode is None:
                program.terminate()
            await program.wait()
