"""Hits: whether a message has the words that are searched for, and the stretch of it that shows them.

A number is found whole, so that "3单元" is not in "13单元", nor "101" in "1101"; only of a long number, a telephone's, a
part is enough. A Chinese word is not found across the border of two others: there is no "上海" in "晚上海鲜到了".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import rjieba

from louyu_messaging.search.plain import origins, plain
from louyu_messaging.search.words import Word

LONG_NUMBER = 7
LEAST_PART = 3
MOST_LOOKS = 30
"""So often a spelling is looked for in one message: "哈哈" can stand in it a thousand times."""
BEFORE, AFTER = 18, 60
"""How many signs of a message are shown before and after the first hit."""

Span = tuple[int, int]


@dataclass(frozen=True)
class Part:
    """A piece of a snippet."""

    text: str
    is_hit: bool


def spans_of(text: str, words: Sequence[Word]) -> list[Span]:
    """Return where in `text` the words stand, in order and apart; empty when one of them is missing."""
    compared = plain(text)
    found: list[Span] = []
    for word in words:
        spans = [span for spelling in word.spellings for span in _occurrences(compared, spelling)]
        if not spans:
            return []
        found += spans
    places = origins(text) if len(compared) != len(text) else range(len(text) + 1)
    joined: list[Span] = []
    for start, end in sorted(found):
        first, last = places[start], places[end - 1] + 1
        if joined and first <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return joined


def snippet_of(text: str, spans: Sequence[Span]) -> list[Part]:
    """Return the stretch of a text about its first hit, as pieces; an ellipsis where something is left out."""
    begin = max(0, spans[0][0] - BEFORE)
    end = min(len(text), max(spans[0][1], spans[0][0] + AFTER))
    parts = [Part("……", is_hit=False)] if begin else []
    at = begin
    for start, stop in spans:
        if start >= end:
            break
        parts += [Part(text[at:start], is_hit=False), Part(text[start : min(stop, end)], is_hit=True)]
        at = min(stop, end)
    parts += [Part(text[at:end], is_hit=False), Part("……" if end < len(text) else "", is_hit=False)]
    return [Part(" ".join(part.text.splitlines()), part.is_hit) for part in parts if part.text]


def _occurrences(text: str, spelling: str) -> Iterator[Span]:
    at = -1
    for _ in range(MOST_LOOKS):
        at = text.find(spelling, at + 1)
        if at < 0:
            return
        end = at + len(spelling)
        if _has_whole_numbers(text, at, end) and not (len(spelling) == 2 and _is_across_words(text, at, end)):
            yield at, end


def _has_whole_numbers(text: str, start: int, end: int) -> bool:
    return _ends_well(text, start, end, start) and _ends_well(text, start, end, end)


def _ends_well(text: str, start: int, end: int, edge: int) -> bool:
    """Whether no number is cut in two at an edge of a hit, or one of which a part is enough."""
    if not 0 < edge < len(text) or not (text[edge - 1].isdigit() and text[edge].isdigit()):
        return True
    first, last = edge, edge
    while first and text[first - 1].isdigit():
        first -= 1
    while last < len(text) and text[last].isdigit():
        last += 1
    return last - first >= LONG_NUMBER and min(last, end) - max(first, start) >= LEAST_PART


def _is_across_words(text: str, start: int, end: int) -> bool:
    """Whether a hit of two signs begins in the middle of one word and ends in the middle of the next."""
    middle = start + 1
    if not ("\u3400" <= text[start] <= "\u9fff" and "\u3400" <= text[middle] <= "\u9fff"):
        return False
    near = max(0, start - 6)
    at, borders = near, []
    for word in rjieba.cut(text[near : end + 6], hmm=False):
        borders.append((at, at + len(word)))
        at += len(word)
    return any(first < start and last == middle for first, last in borders) and any(
        first == middle and last > end for first, last in borders
    )
