"""Searching: the newest messages that have all words of a query, in one group or in several.

Of each group what is not indexed yet is read as it stands, so that the word of a second ago is found; then come the
blocks of the index, from the newest on, in growing stretches, until there is enough for a page. Whatever the index
offers is looked at before it counts: a message that can no longer be read is found by nothing.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from louyu_runtime.database import Transaction

from louyu_messaging.search.hits import Part, Span, snippet_of, spans_of
from louyu_messaging.search.signatures import Pair, block_of, columns_with, first_of, pairs_of
from louyu_messaging.search.words import Word, patterns_of
from louyu_messaging.store import search as store
from louyu_messaging.store.search import Said, Window

FIRST_STRETCH = 8
GROWTH = 8
MOST_SHELVES = 4096
"""Shelves of 1 KiB read at once."""
LOOKED_AT = 200
"""Messages looked at in one go."""


@dataclass(frozen=True)
class Hit:
    """A message that has the words."""

    group_id: str
    seq: int
    posted_at: datetime
    snippet: tuple[Part, ...]


@dataclass
class _Search:
    """How far one group has been searched: everything from `before` on."""

    group_id: str
    before: int
    blocks: int
    hits: list[tuple[Said, list[Span]]] = field(default_factory=list)

    @property
    def is_open_part(self) -> bool:
        """Whether what comes next is not indexed."""
        return self.before > first_of(self.blocks)

    def look_at(self, query: _Query, said: Iterable[Said]) -> None:
        """Add those that have the words, given the newest first."""
        for each in said:
            if spans := spans_of(each.text, query.words):
                self.hits.append((each, spans))


class _Query:
    """The words, and what tells them in the index."""

    def __init__(self, words: Sequence[Word]) -> None:
        self.words = words
        self.pairs: list[list[list[Pair]]] = [[pairs_of(each) for each in word.spellings] for word in words]
        self.shelves = {pair[0] for word in self.pairs for spelling in word for pair in spelling}
        self.patterns, self.is_raw = patterns_of(words)


async def search(
    tx: Transaction, words: Sequence[Word], befores: Mapping[str, int | None], size: int
) -> tuple[list[Hit], dict[str, int]]:
    """Return at most `size` hits, the newest first, and for each group before which position to go on: 0 for nowhere.

    `befores` are the groups, each with the position before which is searched; None for the newest.
    """
    query = _Query(words)
    positions = await store.positions(tx, befores.keys())
    searches = [
        _Search(group_id, last_seq + 1 if befores[group_id] is None else befores[group_id] or 0, blocks)
        for group_id, (blocks, last_seq) in positions.items()
    ]
    while open_ones := [each for each in searches if each.is_open_part and len(each.hits) <= size]:
        await _read_open_parts(tx, query, open_ones)
    stretch = FIRST_STRETCH
    while wanting := [each for each in searches if each.before > 1 and len(each.hits) <= size]:
        for some, windows in _bounded(wanting, stretch, max(1, MOST_SHELVES // len(query.shelves))):
            await _read_blocks(tx, query, some, windows, size + 1)
        stretch *= GROWTH
    shown = _newest(searches, size)
    return (
        [Hit(said.group_id, said.seq, said.posted_at, tuple(snippet_of(said.text, spans))) for said, spans in shown],
        _rest(searches, shown),
    )


async def _read_open_parts(tx: Transaction, query: _Query, searches: Sequence[_Search]) -> None:
    """Look at the newest messages that are not indexed and may fit."""
    stretches = [(each.group_id, first_of(each.blocks), each.before) for each in searches]
    found: dict[str, list[Said]] = {each.group_id: [] for each in searches}
    for said in await store.before(tx, stretches, query.patterns, LOOKED_AT, is_raw=query.is_raw):
        found[said.group_id].append(said)
    for each in searches:
        some = found[each.group_id]
        each.look_at(query, some)
        each.before = some[-1].seq if len(some) == LOOKED_AT else first_of(each.blocks)


def _bounded(wanting: Sequence[_Search], stretch: int, most: int) -> Iterator[tuple[list[_Search], list[Window]]]:
    """Yield the groups with their next stretches, in lots of at most so many blocks."""
    some: list[_Search] = []
    windows: list[Window] = []
    count = 0
    for each in wanting:
        last = block_of(each.before - 1)
        first = max(0, last - min(stretch, most) + 1)
        if some and count + last - first + 1 > most:
            yield some, windows
            some, windows, count = [], [], 0
        some.append(each)
        windows.append((each.group_id, first, last))
        count += last - first + 1
    if some:
        yield some, windows


async def _read_blocks(
    tx: Transaction, query: _Query, searches: Sequence[_Search], windows: Sequence[Window], wanted: int
) -> None:
    """Look at what the index offers in a stretch of blocks of each group."""
    shelves = await store.shelves(tx, windows, query.shelves)
    keys = sorted(shelves, reverse=True)
    offered: dict[str, list[int]] = {}
    if keys:
        columns = columns_with([shelves[key] for key in keys], query.pairs)
        for row, (group_id, block) in enumerate(keys):
            places = np.flatnonzero(columns[row])[::-1]
            offered.setdefault(group_id, []).extend((places + first_of(block)).tolist())
    ends = {group_id: first_of(first) for group_id, first, _ in windows}
    queues = {each.group_id: [seq for seq in offered.get(each.group_id, ()) if seq < each.before] for each in searches}
    while True:
        open_ones = [each for each in searches if queues[each.group_id] and len(each.hits) < wanted]
        if not open_ones:
            break
        lot = max(1, LOOKED_AT // len(open_ones))
        looked_at = [(each.group_id, seq) for each in open_ones for seq in queues[each.group_id][:lot]]
        said = await store.said_at(tx, looked_at)
        for each in open_ones:
            some = queues[each.group_id][:lot]
            each.look_at(query, [said[each.group_id, seq] for seq in some if (each.group_id, seq) in said])
            each.before = some[-1]
            del queues[each.group_id][:lot]
    for each in searches:
        if not queues[each.group_id]:
            each.before = ends[each.group_id]


def _newest(searches: Sequence[_Search], size: int) -> list[tuple[Said, list[Span]]]:
    """Return the newest hits of all groups; those of one group stay in its order."""
    heads = [(-each.hits[0][0].posted_at.timestamp(), number, 0) for number, each in enumerate(searches) if each.hits]
    heapq.heapify(heads)
    shown: list[tuple[Said, list[Span]]] = []
    while heads and len(shown) < size:
        _, number, at = heapq.heappop(heads)
        hits = searches[number].hits
        shown.append(hits[at])
        if at + 1 < len(hits):
            heapq.heappush(heads, (-hits[at + 1][0].posted_at.timestamp(), number, at + 1))
    return shown


def _rest(searches: Sequence[_Search], shown: Sequence[tuple[Said, list[Span]]]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for said, _ in shown:
        counts[said.group_id] = counts.get(said.group_id, 0) + 1
    rest: dict[str, int] = {}
    for each in searches:
        count = counts.get(each.group_id, 0)
        if count < len(each.hits):
            rest[each.group_id] = each.hits[count][0].seq + 1
        else:
            rest[each.group_id] = each.before if each.before > 1 else 0
    return rest
