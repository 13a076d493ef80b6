"""Reading a message: from raw text to normalised text with the concepts, rules and marks found in it.

Never raises, whatever the text holds, and looks at no more than `MAX_CHARACTERS` of it. The lists read by
(`data/spellings.yaml`, `data/concepts.yaml`) are data, meant to be read and edited.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

import yaml

from louyu_routing.classification.rules import EmergencyRule, Rules

MAX_CHARACTERS: Final = 2000
_WHITESPACE: Final = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Reading:
    """What was found in a message before any model looked at it.

    `concepts` maps a concept to the words that stand for it here, in order of appearance. `opening` and `ending` are
    the concepts of the first and last eight characters. `emergency` is the first rule that fires, `quiet` names why
    it is doubted (empty when it is not).
    """

    text: str
    via: str
    concepts: dict[str, tuple[str, ...]]
    opening: tuple[str, ...]
    ending: tuple[str, ...]
    marks: tuple[str, ...]
    emergency: EmergencyRule | None
    quiet: tuple[str, ...]


class Reader:
    """Finds what the package's lists know in a text; holds no state between messages."""

    def __init__(self, spellings: dict[str, list[str]], concepts: dict[str, list[str]], rules: Rules) -> None:
        self._spelt_right = {wrong: right for right, wrongs in spellings.items() for wrong in wrongs}
        self._misspelt = re.compile("|".join(re.escape(w) for w in sorted(self._spelt_right, key=len, reverse=True)))
        self._concepts_of: dict[str, list[str]] = {}
        for concept, words in concepts.items():
            for word in words:
                self._concepts_of.setdefault(word, []).append(concept)
        self._longest = max(map(len, self._concepts_of))
        self._rules = rules

    @classmethod
    def load(cls) -> Reader:
        """Return the reader of the lists that come with the package."""
        data = files(__package__).joinpath("data")
        spellings = yaml.safe_load(data.joinpath("spellings.yaml").read_text(encoding="utf-8"))
        concepts = yaml.safe_load(data.joinpath("concepts.yaml").read_text(encoding="utf-8"))
        return cls(spellings, concepts, Rules.load())

    def read(self, text: str, via: str) -> Reading:
        """Return what is found in the first 2,000 characters of `text`."""
        normalised = self.normalise(text)
        emergency = self._rules.emergency(normalised)
        return Reading(
            text=normalised,
            via=via,
            concepts={concept: tuple(words) for concept, words in self._find_concepts(normalised).items()},
            opening=tuple(self._find_concepts(normalised[:8])),
            ending=tuple(self._find_concepts(normalised[-8:])),
            marks=self._rules.marks(normalised),
            emergency=emergency,
            quiet=self._rules.quiet(normalised),
        )

    def normalise(self, text: str) -> str:
        """Return `text` cut, in half-width small letters, on one line, with known misspellings put right."""
        # Cut twice: NFKC turns single characters into as many as 18.
        folded = unicodedata.normalize("NFKC", text[:MAX_CHARACTERS])[:MAX_CHARACTERS].lower()
        spelt = self._misspelt.sub(lambda match: self._spelt_right[match[0]], folded)
        return _WHITESPACE.sub(" ", spelt).strip()

    def _find_concepts(self, text: str) -> dict[str, dict[str, None]]:
        found: dict[str, dict[str, None]] = {}
        for start in range(len(text)):
            for end in range(start + 1, min(start + self._longest, len(text)) + 1):
                word = text[start:end]
                for concept in self._concepts_of.get(word, ()):
                    found.setdefault(concept, {})[word] = None
        return found
