"""What somebody who searches means: the words of a query, each with the spellings in which people write it.

A segmenter cuts Chinese into words, so that "电梯坏了" finds "电梯又坏了". Names, numbers, flats and telephone numbers are
found as they stand; of a flat and of a numbered place every usual spelling is looked for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import rjieba
from louyu_runtime.known_names import SURNAMES

from louyu_messaging.errors import QueryFaulty
from louyu_messaging.flats import number_of
from louyu_messaging.search.plain import plain

LONGEST_QUERY = 100
MOST_WORDS = 8

_NUMERAL = "0-9〇零一二两三四五六七八九十百"
_PLACES = "单元|号楼|号院|栋|幢|层|楼|门"
_WORD = re.compile(
    r"(?P<flat>(?:\d{1,3}(?:号楼|号院|楼|栋|幢|#|-))?\d{1,2}(?:单元|门|-)\d{2,4}(?:室(?!内)|(?![0-9a-z\-])))"
    rf"|(?P<place>[{_NUMERAL}]{{1,5}}(?:{_PLACES}))"
    r"|(?P<phone>1\d{2}[- ]\d{4}[- ]\d{4}(?!\d))"
    r"|(?P<run>[0-9a-z]+(?:[-./:@+#][0-9a-z]+)*)"
    r"|(?P<han>[\u3400-\u9fff\uf900-\ufaff〇]+)"
    r"|(?P<other>[^\s\w])"
)
_FLAT = re.compile(r"(?:(\d+)\D+?)?(\d+)(?:单元|门|-)(\d+)室?")
_EMPTY = frozenset("的了吗呢吧啊呀哦嘛么是在有和与也都就很还又再没我你您他她它们这那个把被给")
"""Signs that say nothing alone."""


@dataclass(frozen=True)
class Word:
    """One word of a query: a message has it when it has one of the spellings, each plain text."""

    spellings: tuple[str, ...]


def words_of(query: str) -> tuple[Word, ...]:
    """Return the words of a query, all of which a message must have. Raises QueryFaulty."""
    if len(query) > LONGEST_QUERY:
        raise QueryFaulty(f"at most {LONGEST_QUERY} characters can be searched for; leave some out")
    found: list[Word] = []
    signs: list[Word] = []
    for match in _WORD.finditer(plain(query)):
        kind, text = match.lastgroup, match[0]
        if kind == "han":
            found += [Word((each,)) for each in _chinese_words(text)]
        elif kind == "other":
            signs.append(Word((text,)))
        else:
            found.append(Word(_SPELLINGS[kind or ""](text)))
    words = tuple(dict.fromkeys(found or signs))
    if not words:
        raise QueryFaulty("there is no word to search for; write at least one")
    if len(words) > MOST_WORDS:
        raise QueryFaulty(f"these are {len(words)} words, and at most {MOST_WORDS} are searched for; leave some out")
    return words


def patterns_of(words: Sequence[Word]) -> tuple[list[str], bool]:
    """Return LIKE patterns of which every message with the words fits one, and whether they fit it as it was typed.

    They stand for the one word that is told best by them; none when there is no such word. In words of Chinese signs alone
    nothing is turned to make them plain. A dash or space of a spelling may be another one in the message.
    """
    told = [word for word in words if all(re.fullmatch(r"[0-9a-z\u4e00-\u9fff \-]+", each) for each in word.spellings)]
    if not told:
        return [], True
    best = max(told, key=lambda word: min(map(len, word.spellings)))
    patterns = [f"%{re.sub('[ -]', '_', spelling)}%" for spelling in best.spellings]
    return patterns, all(re.fullmatch(r"[\u4e00-\u9fff]+", each) for each in best.spellings)


def _chinese_words(run: str) -> list[str]:
    cut = _with_names(rjieba.cut(run, hmm=True))
    parts = [part for word in cut for part in (_parts(word) if len(word) > 3 else [word])]
    bare = [word.strip("".join(_EMPTY)) if not rjieba.has_word(word) or len(word) > 2 else word for word in parts]
    telling = [word for word in bare if word and word not in _EMPTY]
    return telling or [run]


def _parts(word: str) -> list[str]:
    """Return the shorter words of which a long one is put together, if they fill it: "停水通知" is also "停水的通知"."""
    parts: list[str] = []
    for part in rjieba.cut_for_search(word, hmm=False):
        if part != word and len(part) > 1 and word.startswith(part, sum(map(len, parts))):
            parts.append(part)
    return parts if "".join(parts) == word else [word]


def _with_names(cut: list[str]) -> list[str]:
    """Join a surname with what follows it, where the segmenter did not see that it is a name: "孙楼长", "李阿姨"."""
    words: list[str] = []
    for word in cut:
        before = words[-1] if words else ""
        is_surname = before[:1] in SURNAMES and len(before) <= 2 and (len(before) == 1 or not rjieba.has_word(before))
        if before and is_surname and len(before + word) <= 3 and word not in _EMPTY:
            words[-1] += word
        else:
            words.append(word)
    return words


def _flat_spellings(text: str) -> tuple[str, ...]:
    match = _FLAT.fullmatch(text)
    if match is None:
        return (text,)
    building, unit, room = match.groups()
    if building is None:
        return (f"{unit}-{room}", f"{unit}单元{room}", f"{unit}门{room}")
    dashed = f"{building}-{unit}-{room}"
    return (
        dashed,
        *(f"{building}{mark}{unit}单元{room}" for mark in ("号楼", "楼", "栋", "#")),
        f"{building}-{unit}单元{room}",
    )


def _place_spellings(text: str) -> tuple[str, ...]:
    match = re.match(rf"[{_NUMERAL}]+", text)
    numeral = match[0] if match else ""
    mark = text[len(numeral) :]
    digits = numeral if numeral.isdigit() and numeral.isascii() else number_of(numeral.replace("两", "二"))
    if not digits or len(digits) > 2:
        return (text,)
    return tuple(dict.fromkeys((text, f"{digits}{mark}", f"{_in_chinese(int(digits))}{mark}")))


def _in_chinese(number: int) -> str:
    """Return the numeral of 0 to 99: 28 is "二十八"."""
    signs = "零一二三四五六七八九"
    tens, ones = divmod(number, 10)
    if not tens:
        return signs[ones]
    return f"{signs[tens] if tens > 1 else ''}十{signs[ones] if ones else ''}"


def _phone_spellings(text: str) -> tuple[str, ...]:
    digits = re.sub(r"[- ]", "", text)
    if not re.fullmatch(r"1\d{10}", digits):
        return (text,)
    return (digits, *(mark.join((digits[:3], digits[3:7], digits[7:])) for mark in " -"))


_SPELLINGS = {
    "flat": _flat_spellings,
    "place": _place_spellings,
    "phone": _phone_spellings,
    "run": _phone_spellings,
}
