"""Signatures: what an index keeps of messages, so that few need to be looked at, and none that has the words is missed.

A block is a fixed stretch of a group's positions. Every sign and every pair of neighbouring signs of a message sets three
bits in the column of that message (a Bloom filter); the bits of a block are kept by rows, so that a query reads only the
rows of its own pairs and joins them with AND. A column that has all bits may still lack the words: whoever searches looks
at the message itself. Pairs are taken from plain text, not from a segmenter's words, so that the index holds for every
way of cutting, and for names that no dictionary has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

BLOCK = 512
"""Positions of a block: block 0 has 1 to 512."""
SHELVES = 64
"""Pieces in which the rows of a block are stored; all bits of one pair are on one shelf."""
ROWS = 16
"""Rows of a shelf."""
ROW_BYTES = BLOCK // 8
MOST_PAIRS = 6
"""More pairs of a word than this tell hardly more."""

Pair = tuple[int, tuple[int, int, int]]
"""Of one pair of signs: its shelf, and its rows there."""


def block_of(seq: int) -> int:
    """Return the block in which a position is."""
    return (seq - 1) // BLOCK


def first_of(block: int) -> int:
    """Return the first position of a block."""
    return block * BLOCK + 1


def shelves_of(texts: Mapping[int, str]) -> list[bytes]:
    """Return the shelves of a block; `texts` are plain, by their place in the block (0 to 511)."""
    joined = "\n".join(texts.values()) + "\n"
    signs = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)
    lengths = [len(text) + 1 for text in texts.values()]
    columns = np.repeat(np.fromiter(texts, dtype=np.int64, count=len(texts)), lengths)
    is_sign = signs != ord("\n")
    is_pair = is_sign[:-1] & is_sign[1:]
    codes = np.concatenate([_codes(signs[is_sign]), _codes(signs[:-1][is_pair], signs[1:][is_pair])])
    places = np.concatenate([columns[is_sign], columns[:-1][is_pair]])
    shelves, rows = _homes(codes)
    bits = np.zeros((SHELVES, ROWS, BLOCK), dtype=bool)
    for row in rows:
        bits[shelves, row, places] = True
    packed = np.packbits(bits, axis=2)
    return [shelf.tobytes() for shelf in packed]


def pairs_of(spelling: str) -> list[Pair]:
    """Return what tells a spelling, plain text: its pairs of signs, or the sign if it is one alone."""
    signs = np.frombuffer(spelling.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)
    codes = _codes(signs) if len(signs) == 1 else _codes(signs[:-1], signs[1:])
    shelves, rows = _homes(codes[:MOST_PAIRS])
    found = zip(shelves.tolist(), *(row.tolist() for row in rows), strict=True)
    return [(shelf, (first, second, third)) for shelf, first, second, third in found]


def columns_with(
    shelves: Sequence[Mapping[int, bytes]], words: Sequence[Sequence[Sequence[Pair]]]
) -> npt.NDArray[np.bool_]:
    """Return for each block (rows), given as its shelves, which columns may have all words.

    A word is given as the pairs of each of its spellings, of which one is enough. A shelf that is not there is empty.
    """
    nothing = bytes(ROWS * ROW_BYTES)
    stacks: dict[int, npt.NDArray[np.uint8]] = {}
    for shelf in {pair[0] for word in words for spelling in word for pair in spelling}:
        joined = b"".join(each.get(shelf, nothing) for each in shelves)
        stacks[shelf] = np.frombuffer(joined, dtype=np.uint8).reshape(len(shelves), ROWS, ROW_BYTES)
    every = np.full((len(shelves), ROW_BYTES), 0xFF, dtype=np.uint8)
    for word in words:
        some = np.zeros_like(every)
        for spelling in word:
            one = np.full_like(every, 0xFF)
            for shelf, rows in spelling:
                for row in rows:
                    one &= stacks[shelf][:, row]
            some |= one
        every &= some
    return np.unpackbits(every, axis=1).astype(bool)


def _codes(signs: npt.NDArray[np.uint64], following: npt.NDArray[np.uint64] | None = None) -> npt.NDArray[np.uint64]:
    """Return one number for each sign, or pair of a sign and the following one, its bits well mixed (splitmix64)."""
    codes = (signs << np.uint64(21)) | (following if following is not None else np.uint64(0))
    codes = (codes ^ (codes >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    codes = (codes ^ (codes >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: npt.NDArray[np.uint64] = codes ^ (codes >> np.uint64(31))
    return mixed


def _homes(codes: npt.NDArray[np.uint64]) -> tuple[npt.NDArray[np.int64], list[npt.NDArray[np.int64]]]:
    """Return the shelf and the three rows of each code."""
    shelves = (codes % np.uint64(SHELVES)).astype(np.int64)
    return shelves, [((codes >> np.uint64(shift)) % np.uint64(ROWS)).astype(np.int64) for shift in (8, 16, 24)]
