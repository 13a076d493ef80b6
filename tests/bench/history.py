"""A district's history: posting, paging and searching with 20 million messages, beside an installation with none.

Both installations run at once and are measured in turns, so that a ratio is of one minute of one machine. One caller reads
at a time; places and words are drawn at random, so that most of what is read was not read before. "work" is the processor
time that a call takes of messaging and PostgreSQL together, which neighbours on the machine change less than its time.
"""

import argparse
import asyncio
import random
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from pathlib import Path

from louyu.messaging.v1 import conversation_service_pb2 as conversation
from louyu.messaging.v1 import conversation_service_pb2_grpc, messaging_service_pb2_grpc
from louyu.messaging.v1 import messaging_service_pb2 as messaging
from louyu_messaging.search.indexing import Indexing
from louyu_messaging.store import retention
from louyu_runtime import ids
from louyu_runtime.database import Database
from louyu_runtime.forgetting import BATCH
from louyu_runtime.identity import TokenSigner
from louyu_runtime.rpc.client import Client

from tests.bench.district.filling import RARE, Place, fill, room, settle
from tests.bench.posting.platform import OPERATOR, Platform, platform
from tests.bench.rows import Row
from tests.platform.demo import demo_community

QUERIES = {
    "a common word": "电梯",
    "a sentence": "暖气不热",
    "a flat": "3单元501",
    "a name and a word": "张秀英 停水",
    "a part of a number": "13888",
    "a rare word": RARE,
    "what nobody said": "犀牛过河",
}
PAGE = 60
BATCHES = 20
Read = Callable[[random.Random], Awaitable[object]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what can be chosen."""
    parser.add_argument("--messages", type=int, default=20_000_000, help="how many messages; 20,000,000 by default")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of posting and reading; 5 by default")
    parser.add_argument("--seconds", type=float, default=3.0, help="length of posting in a round; 3 by default")


async def run(arguments: argparse.Namespace) -> list[Row]:
    """Fill one of two installations, measure both, and return the rows."""
    async with platform() as empty, platform() as full:
        rows, places = await _fill(full, arguments.messages)
        rates: dict[str, list[float]] = defaultdict(list)
        taken = Taken()
        for running in (empty, full):
            await running.load("post", running.groups, 32, 1.0)
        with_history, without = Reader(full, places), Reader(empty, _own_places(empty))
        for number in range(arguments.rounds):
            for name, running in (("empty", empty), ("full", full)):
                found = await running.load("post", running.groups, 32, arguments.seconds)
                rates[name].append(found["count"] / found["seconds"])
            for name, reader in (("empty", without), ("full", with_history)):
                await taken.measure(reader, f"page, {name}", reader.page, 200)
            for words, query in QUERIES.items():
                await taken.measure(with_history, f"group: {words}", with_history.search_in_group(query), 30)
                await taken.measure(with_history, f"community: {words}", with_history.search_in_community(query), 10)
            print(f"round {number + 1} of {arguments.rounds} is done", file=sys.stderr)
        await with_history.close()
        await without.close()
        forgotten = await _forget(full, places[0].community_id)
    return rows + _posting_rows(rates) + _reading_rows(taken) + [forgotten]


async def _fill(full: Platform, count: int) -> tuple[list[Row], list[Place]]:
    begun = time.perf_counter()
    places = await fill(full.owner_url, count, _own_places(full))
    filled = time.perf_counter()
    print(f"filled in {filled - begun:,.0f} s", file=sys.stderr)
    database = Database(full.owner_url, "messaging")
    try:
        # beside the service's own, which rests; a group is indexed by one of them at a time
        while any(await asyncio.gather(*(Indexing(database, pace=0).index_once() for _ in range(2)))):
            pass
    finally:
        await database.close()
    indexed = time.perf_counter()
    print(f"indexed in {indexed - filled:,.0f} s", file=sys.stderr)
    await settle(full.owner_url)
    return [
        Row("history", "messages", count, "messages"),
        Row("history", "written into the table", count / (filled - begun), "messages/s"),
        Row("history", "indexed for searching", count / (indexed - filled), "messages/s"),
        Row("history", "table and indexes of a message", await room(full.owner_url, "message") / count, "bytes"),
        Row("history", "signatures of a message", await room(full.owner_url, "search_shelf") / count, "bytes"),
    ], places


async def _forget(full: Platform, community_id: str) -> Row:
    """Let a community keep half of its year, and forget some batches of the other half."""
    database = Database(full.owner_url, "messaging")
    times = []
    try:
        async with database.transaction(community_id) as tx:
            await retention.set_message_days(tx, 180)
        for _ in range(BATCHES):
            begun = time.perf_counter()
            async with database.transaction() as tx:
                count = await tx.value("SELECT forget('message', '0', :batch)", batch=BATCH)
            times.append((time.perf_counter() - begun) * 1000)
            assert count == BATCH, f"{count} messages were forgotten, not {BATCH}"
    finally:
        await database.close()
    return Row("history", f"forgetting {BATCH} messages: p50", statistics.median(times), "ms")


def _own_places(running: Platform) -> list[Place]:
    community_id = ids.community_id(demo_community().community.key)
    return [Place(community_id, group_id) for group_id in running.groups]


class Reader:
    """Reads an installation's groups as an operator, one call at a time."""

    def __init__(self, running: Platform, places: list[Place]) -> None:
        signer = TokenSigner(Path(running.settings["LOUYU_SIGNING_KEY_FILE"]).read_text("utf-8"))
        address = running.settings["LOUYU_MESSAGING_ADDR"]
        self._places = places
        self._messages = Client(messaging_service_pb2_grpc.MessagingServiceStub, "messaging", address, signer, OPERATOR)
        self._conversations = Client(
            conversation_service_pb2_grpc.ConversationServiceStub, "messaging", address, signer, OPERATOR
        )
        self._last_seqs: dict[Place, int] = {}
        self._running = running

    def cpu_seconds(self) -> float:
        """Return the processor time of messaging and PostgreSQL until now."""
        return self._running.cpu_seconds("messaging") + self._running.cpu_seconds("postgres")

    async def page(self, chance: random.Random) -> object:
        """Read a page somewhere in a group."""
        place = chance.choice(self._places)
        last_seq = self._last_seqs.get(place, 2)
        answer = await self._messages.call(
            "ListMessages",
            messaging.ListMessagesRequest(
                community_id=place.community_id,
                group_id=place.group_id,
                before_seq=chance.randint(2, max(2, last_seq)),
                page_size=PAGE,
            ),
            timeout=10.0,
        )
        self._last_seqs[place] = answer.last_seq
        return answer

    def search_in_group(self, query: str) -> Read:
        return lambda chance: self._search(chance.choice(self._places), query, in_group=True)

    def search_in_community(self, query: str) -> Read:
        return lambda chance: self._search(chance.choice(self._places), query, in_group=False)

    async def _search(self, place: Place, query: str, *, in_group: bool) -> object:
        request = conversation.SearchMessagesRequest(
            community_id=place.community_id, group_id=place.group_id if in_group else "", query=query
        )
        answer = await self._conversations.call("SearchMessages", request, timeout=10.0)
        assert answer.hits or query != RARE, f"{query} was not found"
        return answer

    async def close(self) -> None:
        await self._messages.close()
        await self._conversations.close()


class Taken:
    """What calls took, by case: milliseconds of each, and of the processors altogether."""

    def __init__(self) -> None:
        self.times: dict[str, list[float]] = defaultdict(list)
        self._work: dict[str, float] = defaultdict(float)
        self._chance = random.Random(7)

    async def measure(self, reader: Reader, case: str, read: Read, count: int) -> None:
        """Make so many calls, one after the other."""
        before = reader.cpu_seconds()
        for _ in range(count):
            begun = time.perf_counter()
            await read(self._chance)
            self.times[case].append((time.perf_counter() - begun) * 1000)
        self._work[case] += (reader.cpu_seconds() - before) * 1000

    def figures(self, case: str) -> dict[str, float]:
        """Return median, 99th percentile and work of a call."""
        cuts = statistics.quantiles(self.times[case], n=100)
        return {"p50": cuts[49], "p99": cuts[98], "work": self._work[case] / len(self.times[case])}


def _posting_rows(rates: dict[str, list[float]]) -> list[Row]:
    empty, full = (statistics.median(rates[name]) for name in ("empty", "full"))
    title = "post to 13 groups, x32, {}: rate"
    return [
        Row("history", title.format("empty table"), empty, "msg/s"),
        Row("history", title.format("full table"), full, "msg/s", full / empty, title.format("empty table")),
    ]


def _reading_rows(taken: Taken) -> list[Row]:
    rows = []
    for case in taken.times:
        for title, value in taken.figures(case).items():
            if case == "page, full":
                against = taken.figures("page, empty")[title]
                rows.append(Row("history", f"{case}: {title}", value, "ms", value / against, f"page, empty: {title}"))
            else:
                rows.append(Row("history", f"{case}: {title}", value, "ms"))
    for scope in ("group", "community"):
        every = [each for case, times in taken.times.items() if case.startswith(f"{scope}:") for each in times]
        rows.append(
            Row("history", f"search in a {scope}, all words: p99", statistics.quantiles(every, n=100)[98], "ms")
        )
    return rows
