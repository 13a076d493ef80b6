"""Rules: emergencies, what makes them doubtful, and turns of phrase, as `data/rules.yaml` has them.

A rule that fires and is not doubted decides; a doubted one is left to the model. So a joke about fire does not ring
anybody out of bed, and a denied rule can still be overruled by the rest of the message.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from re import Pattern

import yaml

from louyu_routing.classification.labels import RESPONDERS


@dataclass(frozen=True, slots=True)
class EmergencyRule:
    """One kind of danger to life: how it is recognised, who is asked first, and the words shown to people."""

    name: str
    because: str
    responder: str
    any_of: tuple[Pattern[str], ...]
    with_one_of: tuple[Pattern[str], ...]
    unless: tuple[Pattern[str], ...]

    def fires(self, text: str) -> bool:
        """Say whether the rule recognises its danger in the normalised text."""
        return (
            _any_found(self.any_of, text)
            and (not self.with_one_of or _any_found(self.with_one_of, text))
            and not _any_found(self.unless, text)
        )


class Rules:
    """The patterns of `data/rules.yaml`, ready to be asked."""

    def __init__(self, document: dict[str, dict[str, object]]) -> None:
        self._emergencies = tuple(_emergency_rule(name, fields) for name, fields in document["emergencies"].items())
        self._quiet = {name: _patterns(patterns) for name, patterns in document["quiet"].items()}
        self._marks = {name: _patterns(patterns) for name, patterns in document["marks"].items()}

    @classmethod
    def load(cls) -> Rules:
        """Return the rules that come with the package."""
        text = files(__package__).joinpath("data", "rules.yaml").read_text(encoding="utf-8")
        return cls(yaml.safe_load(text))

    def emergency(self, text: str) -> EmergencyRule | None:
        """Return the first emergency rule that fires, in the order of the file, doubted or not."""
        return next((rule for rule in self._emergencies if rule.fires(text)), None)

    def quiet(self, text: str) -> tuple[str, ...]:
        """Return the names of what makes an emergency doubtful in this text."""
        return tuple(name for name, patterns in self._quiet.items() if _any_found(patterns, text))

    def marks(self, text: str) -> tuple[str, ...]:
        """Return the names of the turns of phrase found in this text."""
        return tuple(name for name, patterns in self._marks.items() if _any_found(patterns, text))


def _emergency_rule(name: str, fields: object) -> EmergencyRule:
    if not isinstance(fields, dict) or fields.get("responder") not in RESPONDERS or not fields.get("because"):
        raise ValueError(f"rules.yaml: emergencies.{name} needs `because` and a known `responder`")
    return EmergencyRule(
        name=name,
        because=fields["because"],
        responder=fields["responder"],
        any_of=_patterns(fields["any"]),
        with_one_of=_patterns(fields.get("with", [])),
        unless=_patterns(fields.get("unless", [])),
    )


def _patterns(texts: object) -> tuple[Pattern[str], ...]:
    if not isinstance(texts, list):
        raise ValueError("rules.yaml: patterns are a list")
    return tuple(re.compile(text) for text in texts)


def _any_found(patterns: Iterable[Pattern[str]], text: str) -> bool:
    return any(pattern.search(text) for pattern in patterns)
