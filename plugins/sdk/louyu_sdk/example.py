"""Examples: texts by which a plugin says what it takes for its own and what not, for the contract's checks.

A plugin's module offers them as `louyu_examples`. They are code that is published: nobody in them is a real person.
"""

import re
from dataclasses import dataclass

from louyu_sdk.bounds import (
    require_key,
    require_member,
    require_number,
    require_optional_text,
    require_text,
)
from louyu_sdk.errors import InvalidField
from louyu_sdk.words import Intent, Urgency, Via

_NUMBER_OF_A_PERSON = re.compile(r"\d(?:[-\s]?\d){6,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A text that concerns one of the plugin's responder types, or none of them."""

    text: str
    """1 to 2,000 characters, as a resident would write it. No phone number: louyu masks them before a plugin sees any."""
    concerns: str | None
    """Key of the type that must match; None: `louyu_match` must return None."""
    least_score: float = 0.5
    """What the score must reach at least."""
    kind: str | None = None
    """Key of the kind of work that must be recognised; None: whichever."""
    classified_for: str | None = "neighbours"
    """What louyu's classifier says of it, as `louyu classify` prints. It knows nothing of your type."""
    confidence: float = 0.5
    """How sure the classifier is. What it gives to `neighbours`, `building_head` or `committee` has this score already:
    your match must be surer to win."""
    intent: Intent = Intent.REPORT
    urgency: Urgency = Urgency.NORMAL
    """Not EMERGENCY: those are routing's."""
    via: Via = Via.TEXT
    asset: str | None = None
    """The thing concerned, such as `lift/28-1`, where your plugin looks at it."""
    building_key: str = "28"
    """Where it is asked."""

    def __post_init__(self) -> None:
        require_text("Example.text", self.text, longest=2_000)
        if _NUMBER_OF_A_PERSON.search(self.text):
            raise InvalidField(
                "Example.text", "holds what looks like a phone number; write `电话***` as louyu masks it"
            )
        if self.concerns is not None:
            require_key("Example.concerns", self.concerns)
        require_number("Example.least_score", self.least_score, least=0.0, most=1.0)
        if self.kind is not None:
            require_key("Example.kind", self.kind)
        if self.classified_for is not None:
            require_key("Example.classified_for", self.classified_for)
        require_number("Example.confidence", self.confidence, least=0.0, most=1.0)
        require_member("Example.intent", self.intent, Intent)
        require_member("Example.urgency", self.urgency, Urgency)
        if self.urgency is Urgency.EMERGENCY:
            raise InvalidField("Example.urgency", "is EMERGENCY; no plugin is asked about those, write HIGH")
        require_member("Example.via", self.via, Via)
        require_optional_text("Example.asset", self.asset, longest=100)
        require_text("Example.building_key", self.building_key, longest=64)
