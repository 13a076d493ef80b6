"""A lobby screen, what it shows, and its proofs: the words shared by domain, store and API."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ItemKind(StrEnum):
    """What kind of thing a screen shows. Emergencies come before all else."""

    EMERGENCY = "emergency"
    ANNOUNCEMENT = "announcement"
    ANSWER = "answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """A screen. Whoever holds its code can read it."""

    screen_id: str
    community_id: str
    key: str
    group_id: str
    group_name: str
    place: str
    code: str
    version: int = 1
    last_record: int = 0
    last_seen_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenItem:
    """Something that a screen shows until `valid_until`, even without a network."""

    item_key: str
    kind: ItemKind
    title: str
    text: str
    source: str
    published_at: datetime
    valid_from: datetime
    valid_until: datetime
    seconds: int
    question_id: str | None = None
    question_number: int = 0
    announcement_id: str | None = None
    revision: int = 1

    @property
    def item_id(self) -> str:
        """Identity on the wire: the same while the content is the same."""
        return f"{self.item_key}.{self.revision}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Proof that an item was on, from when until when."""

    record: int
    item_id: str
    shown_from: datetime
    shown_until: datetime


def seconds_for(title: str, text: str) -> int:
    """Return for how long an item stays on: 3 s to be noticed and a second for each 4 signs, between 8 and 30 s.

    Source of the figures: reading times of casual readers in signage guides.
    """
    return min(30, max(8, 3 + (len(title) + len(text)) // 4))
