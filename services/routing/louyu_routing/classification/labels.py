"""The words a classification is made of: intents, responders, urgencies.

The values are those of the labelled messages and of `louyu classify`. What must always hold between them stands
here once: nobody is needed for chat, resolved and ad, and these are never urgent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

INTENTS: Final = ("question", "report", "event", "resolved", "ad", "chat")
RESPONDERS: Final = ("neighbours", "committee", "property", "quality_inspection", "volunteer_squad")
URGENCIES: Final = ("emergency", "high", "normal", "low")
VIAS: Final = ("text", "voice", "photo")

INTENTS_NEEDING_SOMEBODY: Final = frozenset({"question", "report", "event"})
INTENTS_NEEDING_AN_ANSWER: Final = frozenset({"question", "report"})


@dataclass(frozen=True, slots=True)
class Classification:
    """What one message is, as far as its own words tell.

    `responder` is None exactly for chat, resolved and ad, and `urgency` is low for these. `confidence` is between
    0 and 1: the share of the model's belief that lies on this pair of intent and responder; where an emergency rule
    decided, the rule's. `reasons` are one to four short Chinese texts fit to show to staff, strongest first.
    """

    intent: str
    responder: str | None
    urgency: str
    confidence: float
    reasons: tuple[str, ...]


def is_consistent(intent: str, responder: str | None, urgency: str) -> bool:
    """Say whether the three may stand together in one classification."""
    if intent not in INTENTS_NEEDING_SOMEBODY:
        return responder is None and urgency == "low"
    return responder is not None and (urgency != "emergency" or intent == "report")
