"""Words: the closed vocabularies that questions, plans and plugins share.

The values are those of the wire, of `louyu classify` and of the HTTP API.
"""

from enum import StrEnum


class Intent(StrEnum):
    """What a message wants. Only `QUESTION`, `REPORT` and `EVENT` may become a question of the platform."""

    QUESTION = "question"
    """Asks for information."""
    REPORT = "report"
    """A problem, or a request for a hand, that someone must act on."""
    RESOLVED = "resolved"
    """An earlier matter is settled, or thanks for it."""
    EVENT = "event"
    """Calls for a shared activity, or signs up to one."""
    AD = "ad"
    """Advertising, spam, fraud."""
    CHAT = "chat"
    """Anything else."""


class Urgency(StrEnum):
    """How soon somebody must act."""

    EMERGENCY = "emergency"
    """Danger to life now; ignores quiet hours."""
    HIGH = "high"
    """Harm or great loss soon."""
    NORMAL = "normal"
    """Wants an answer within days."""
    LOW = "low"
    """No time pressure."""


class Via(StrEnum):
    """How a message was made."""

    TEXT = "text"
    VOICE = "voice"
    """The text is a transcript: little punctuation, hesitations, recognition errors."""
    PHOTO = "photo"
    """The text is the caption."""


class Role(StrEnum):
    """What a person is in a group."""

    RESIDENT = "resident"
    BUILDING_HEAD = "building_head"
    """楼长, owns the group."""
    LIAISON = "liaison"
    """包楼居干, the residents' committee's person for the building."""
    SECRETARY = "secretary"
    """书记, the head of the community."""
    HARMONY_PROMOTER = "harmony_promoter"
    """和谐促进员, visits households."""
    STAFF = "staff"
    """Works for a responder."""


class QuestionState(StrEnum):
    """Where a question is in its life. Reopening leads back to `OPEN`."""

    OPEN = "open"
    ASSIGNED = "assigned"
    ACKNOWLEDGED = "acknowledged"
    ASKED_BACK = "asked_back"
    ANSWERED = "answered"
    RESOLVED = "resolved"
    CLOSED = "closed"


class MediaKind(StrEnum):
    """What a piece of media is."""

    PHOTO = "photo"
    VOICE = "voice"
    VIDEO = "video"
    FILE = "file"
