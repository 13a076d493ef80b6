"""The labelled messages that the classifier learns from, and the sets it is judged by.

`GIVEN` is the set of 1,000 that cross-validation judges on. `OWN` was written for this project to learn from
and is never judged on. `CHECK` and `FRESH` are never learnt from: the first avoids the commonest words on purpose, the
second is written as neighbours write.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from louyu_routing.classification.labels import INTENTS, RESPONDERS, URGENCIES, VIAS, is_consistent

GIVEN: Final = "messages.jsonl"
OWN: Final = "own_messages.jsonl"
CHECK: Final = "check_messages.jsonl"
FRESH: Final = "fresh_messages.jsonl"

LEARNT: Final = (GIVEN, OWN)


@dataclass(frozen=True, slots=True)
class LabelledMessage:
    """One message with the labels its writer gave it; `also` are further responders that count as right."""

    id: str
    text: str
    via: str
    intent: str
    responder: str | None
    urgency: str
    also: tuple[str, ...]

    def __post_init__(self) -> None:
        known = (
            self.via in VIAS
            and self.intent in INTENTS
            and self.urgency in URGENCIES
            and {self.responder or RESPONDERS[0], *self.also} <= set(RESPONDERS)
        )
        if not known or not is_consistent(self.intent, self.responder, self.urgency):
            raise ValueError(f"labelled message {self.id}: its labels are unknown or contradict each other")


def load_labelled(name: str) -> tuple[LabelledMessage, ...]:
    """Return the messages of one of the package's sets, in the order of the file."""
    text = files(__package__).joinpath("data", name).read_text(encoding="utf-8")
    rows = (json.loads(line) for line in text.splitlines() if line)
    return tuple(LabelledMessage(**{**row, "also": tuple(row["also"])}) for row in rows)
