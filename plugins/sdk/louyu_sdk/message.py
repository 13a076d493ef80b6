"""Messages as a plugin sees them, and what a classifier makes of one."""

from dataclasses import dataclass
from datetime import datetime

from louyu_sdk.bounds import (
    require_aware,
    require_key,
    require_member,
    require_number,
    require_optional_text,
    require_text,
    require_tuple,
)
from louyu_sdk.media import Media
from louyu_sdk.words import Intent, Urgency, Via


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a member posted in a group; the sender is left out, since no classifier needs the person."""

    id: str
    community_id: str
    group_id: str
    text: str
    """0 to 2,000 characters; empty for a photo without caption."""
    via: Via
    at: datetime
    """When it was posted; aware."""
    media: tuple[Media, ...] = ()
    reply_to: str | None = None
    """Id of the message that this one quotes."""

    def __post_init__(self) -> None:
        require_text("Message.id", self.id, longest=64)
        require_text("Message.community_id", self.community_id, longest=64)
        require_text("Message.group_id", self.group_id, longest=64)
        require_text("Message.text", self.text, shortest=0, longest=2_000)
        require_member("Message.via", self.via, Via)
        require_aware("Message.at", self.at)
        require_tuple("Message.media", self.media, Media, most=20)
        require_optional_text("Message.reply_to", self.reply_to, longest=64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Classification:
    """What a message is, whom it concerns, how soon, and how surely: the classifier's word or staff's correction."""

    intent: Intent
    responder_type: str | None
    """Key of a responder type; None when nobody is needed."""
    urgency: Urgency
    confidence: float
    """0.0 to 1.0; 1.0 after a correction by staff."""
    because: tuple[str, ...] = ()
    """Words of the message that decided it, strongest first; may be empty."""

    def __post_init__(self) -> None:
        require_member("Classification.intent", self.intent, Intent)
        if self.responder_type is not None:
            require_key("Classification.responder_type", self.responder_type)
        require_member("Classification.urgency", self.urgency, Urgency)
        require_number("Classification.confidence", self.confidence, least=0.0, most=1.0)
        require_tuple("Classification.because", self.because, str, most=20)
