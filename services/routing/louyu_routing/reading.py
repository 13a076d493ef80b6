"""Reading: what the classifier makes of a message, in the platform's own words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from louyu_sdk import Intent, Urgency

NEEDS_SOMEBODY = frozenset({Intent.QUESTION, Intent.REPORT, Intent.EVENT})


SURE = 0.6
SURELY_CHAT = 0.8


class Classified(Protocol):
    """What a classifier returns."""

    @property
    def intent(self) -> str: ...
    @property
    def responder(self) -> str | None: ...
    @property
    def urgency(self) -> str: ...
    @property
    def confidence(self) -> float: ...
    @property
    def reasons(self) -> Sequence[str]: ...


class TextClassifier(Protocol):
    """Understands one text at a time; quick enough to be called on the event loop."""

    def classify(self, text: str, via: str) -> Classified:
        """Return what the text is. `via` is "text", "voice" or "photo"."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a message is, whom it concerns, how soon, how surely, and why."""

    intent: Intent
    responder: str | None
    urgency: Urgency
    confidence: float
    reasons: tuple[str, ...]

    @property
    def needs_somebody(self) -> bool:
        """Whether the message, taken by itself, is a question of the platform."""
        return self.intent in NEEDS_SOMEBODY and self.responder is not None

    @property
    def is_settled(self) -> bool:
        """Whether it surely says that an earlier matter is settled."""
        return self.intent is Intent.RESOLVED and self.confidence >= SURE

    @property
    def is_mere_chat(self) -> bool:
        """Whether it is surely nothing but talk."""
        return self.intent is Intent.CHAT and self.confidence >= SURELY_CHAT

    @property
    def is_emergency(self) -> bool:
        """Whether the asker must be told 119, 110 or 120 at once."""
        return self.needs_somebody and self.urgency is Urgency.EMERGENCY


def read(classifier: TextClassifier, text: str, via: str) -> Reading:
    """Classify a text."""
    found = classifier.classify(text, via)
    return Reading(
        intent=Intent(found.intent),
        responder=found.responder or None,
        urgency=Urgency(found.urgency),
        confidence=float(found.confidence),
        reasons=tuple(found.reasons),
    )
