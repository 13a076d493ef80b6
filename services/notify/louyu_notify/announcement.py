"""An announcement and the ledger of the households that must know it: the words shared by domain, store and API."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class AnnouncementUrgency(StrEnum):
    """How much an announcement may disturb."""

    EMERGENCY = "emergency"
    IMPORTANT = "important"
    ORDINARY = "ordinary"


class ReachState(StrEnum):
    """Where a household stands with an announcement; see `ledger` for what each channel proves."""

    WAITING = "waiting"
    SENT = "sent"
    REACHED = "reached"
    UNREACHABLE = "unreachable"


class VisitResult(StrEnum):
    """What happened at a door."""

    TOLD = "told"
    NOT_AT_HOME = "not_at_home"
    SLIP_LEFT = "slip_left"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAnnouncement:
    """What somebody wishes to announce. Empty `group_ids`: the whole community; empty `channels`: all there are."""

    title: str
    text: str
    urgency: AnnouncementUrgency
    group_ids: tuple[str, ...]
    channels: tuple[str, ...]
    valid_until: datetime | None
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """A published announcement."""

    announcement_id: str
    community_id: str
    title: str
    text: str
    urgency: AnnouncementUrgency
    group_ids: tuple[str, ...]
    channels: tuple[str, ...]
    source: str
    published_at: datetime
    valid_until: datetime
    published_by: str
    published_by_id: str | None
    """None for an operator who is no person of the community, such as another system."""
    is_ledger_complete: bool = False

    @property
    def subject(self) -> str:
        """What its events are about."""
        return f"announcement/{self.announcement_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Households of one ledger by state."""

    waiting: int = 0
    sent: int = 0
    reached: int = 0
    unreachable: int = 0

    @property
    def all(self) -> int:
        return self.waiting + self.sent + self.reached + self.unreachable


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdReach:
    """A household's line in the ledger."""

    household_id: str
    building_name: str
    flat: str
    state: ReachState
    channel: str
    at: datetime | None
    last_visit: VisitResult | None
    state_rank: int = 0
    place_order: str = ""
