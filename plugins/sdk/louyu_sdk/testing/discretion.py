"""Discretion: what a plugin writes for others to read names nobody and holds no number of a person."""

from collections.abc import Iterable

from louyu_sdk.errors import ContractBroken
from louyu_sdk.question import Question


def require_discreet(hook: str, question: Question, texts: Iterable[str]) -> None:
    """Raise ContractBroken when one of the texts repeats the asker's name, flat or id."""
    asker = question.asker
    for text in texts:
        for private in (asker.name, asker.flat, asker.person_id):
            if private and private in text:
                raise ContractBroken(f"{hook} repeats the asker's name, flat or id in words that others read")
