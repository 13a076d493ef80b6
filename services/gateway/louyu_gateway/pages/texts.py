"""The words of the pages: written in Chinese where they stand, looked up in a catalogue for English.

A text missing from the catalogue is shown in Chinese; a test compares the catalogue with every text in use.
Which language: the choice kept in the cookie, else Accept-Language, else Chinese.
"""

import json
from functools import cache
from pathlib import Path
from typing import Literal

Language = Literal["zh", "en"]
LANGUAGE_COOKIE = "louyu_lang"

_CATALOGUE = Path(__file__).parent / "en.json"


@cache
def english() -> dict[str, str]:
    """Return the English catalogue: Chinese text to English text, both with the same {names}."""
    texts: dict[str, str] = json.loads(_CATALOGUE.read_text("utf-8"))
    return texts


class Texts:
    """Turns a Chinese text into the reader's language and fills in its {names}."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self._catalogue = english() if language == "en" else {}

    def __call__(self, chinese: str, **values: object) -> str:
        text = self._catalogue.get(chinese, chinese)
        return text.format(**values) if values else text


def choose_language(cookie: str | None, accept_language: str) -> Language:
    """Return "en" only for somebody who chose it or whose browser prefers it to Chinese.

    >>> choose_language(None, "en-US,en;q=0.9,zh-CN;q=0.8")
    'en'
    """
    if cookie == "en":
        return "en"
    if cookie == "zh":
        return "zh"
    ranked: list[tuple[float, Language]] = []
    for part in accept_language.lower().split(",")[:20]:
        tag, _, quality = part.strip().partition(";q=")
        try:
            weight = float(quality) if quality else 1.0
        except ValueError:
            continue
        if tag.startswith("zh"):
            ranked.append((weight, "zh"))
        elif tag.startswith("en"):
            ranked.append((weight, "en"))
    return max(ranked, key=lambda entry: entry[0])[1] if ranked else "zh"
