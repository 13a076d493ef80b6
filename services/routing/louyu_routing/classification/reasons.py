"""Reasons: why a message was classified so, in words of the message itself, for staff to judge at a glance."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from louyu_routing.classification.reading import Reading

_MOST: Final = 3
_CONCEPT_PREFIXES: Final = ("concept:", "several:", "opening:", "ending:")
_NO_TELLING_WORDS: Final = "没有特别说明问题的词"
_QUIET_NAMES: Final = {
    "denied": "否认",
    "settled": "已了结",
    "told": "转述",
    "past": "往事",
    "imagined": "假设",
    "forwarded": "转发",
    "joked": "玩笑",
}


def quoted_reasons(reading: Reading, telling_features: Iterable[str]) -> tuple[str, ...]:
    """Return one to three words of the message, quoted, that the strongest features stand for.

    Pairs of signs tell as much, but cut through words ("么时"), and would make nobody the wiser.
    """
    words: list[str] = []
    for word in _words(reading, telling_features):
        if not any(word in known or known in word for known in words):
            words.append(word)
        if len(words) == _MOST:
            break
    return tuple(f"“{word}”" for word in words) or (_NO_TELLING_WORDS,)


def emergency_reason(reading: Reading) -> str | None:
    """Return what the emergency rule says, with what makes it doubtful; None when no rule fires."""
    if reading.emergency is None:
        return None
    if not reading.quiet:
        return f"紧急规则：{reading.emergency.because}"
    doubts = "、".join(_QUIET_NAMES.get(name, name) for name in reading.quiet)
    return f"紧急规则“{reading.emergency.because}”存疑：{doubts}"


def _words(reading: Reading, features: Iterable[str]) -> Iterator[str]:
    for feature in features:
        prefix, _, concept = feature.partition(":")
        if f"{prefix}:" in _CONCEPT_PREFIXES:
            yield from reading.concepts.get(concept, ())
