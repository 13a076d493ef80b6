"""Features: what of a reading the linear model weighs.

Two blocks, each scaled to length one on its own so that a long message does not drown its concepts: characters
(single ones and pairs, digits folded into 0) and signs (concepts, turns of phrase, place, length, punctuation).
Emergency rules are no features: a model that sees them fire on its own training messages trusts them blindly and
looks at nothing else.
"""

from __future__ import annotations

import re
from typing import Final

from louyu_routing.classification.reading import Reading

_DIGITS: Final = re.compile(r"[0-9]+")
_TELLING_PUNCTUATION: Final = "?!。@[【:~"


def character_features(reading: Reading) -> list[str]:
    """Return every character and pair of neighbouring characters, `^` and `$` marking the ends."""
    text = "^" + _DIGITS.sub("0", reading.text) + "$"
    return [*text, *(text[i : i + 2] for i in range(len(text) - 1))]


def sign_features(reading: Reading) -> list[str]:
    """Return the names of the signs found, each once: `concept:lift`, `mark:done`, `via:voice`, ..."""
    return [
        *(f"concept:{name}" for name in reading.concepts),
        *(f"several:{name}" for name, words in reading.concepts.items() if len(words) > 1),
        *(f"mark:{name}" for name in reading.marks),
        *(f"quiet:{name}" for name in reading.quiet),
        *(f"opening:{name}" for name in reading.opening),
        *(f"ending:{name}" for name in reading.ending),
        f"via:{reading.via}",
        f"length:{min(6, len(reading.text) // 10)}",
        *(f"has:{sign}" for sign in _TELLING_PUNCTUATION if sign in reading.text),
        *(["ends:?"] if reading.text.endswith("?") else []),
    ]
