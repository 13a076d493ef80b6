"""A delivery: one recipient on one channel, from the wish to tell somebody to what became of it.

`waiting` until due, `sending` from before the call until its result is recorded, then one of the endings. `unknown` says
that nobody can tell whether it arrived; `skipped` that this channel cannot lead there, which is no failure.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from louyu_sdk import RecipientKind, Urgency

from louyu_notify.quiet_hours import QuietHours


class DeliveryState(StrEnum):
    """Where a delivery is."""

    WAITING = "waiting"
    SENDING = "sending"
    DELIVERED = "delivered"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


class Purpose(StrEnum):
    """Why somebody is told."""

    STEP = "step"
    ACKNOWLEDGED = "acknowledged"
    ASKED_BACK = "asked_back"
    ANSWER = "answer"
    OUTCOME = "outcome"
    EMERGENCY = "emergency"
    ANNOUNCEMENT = "announcement"
    MEMBERSHIP = "membership"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Somebody to be told something, on one channel."""

    recipient_kind: RecipientKind
    recipient_id: str
    channel: str
    other_channels: tuple[str, ...] = ()
    """Tried one after the other when this channel does not lead there."""
    purpose: Purpose
    text: str
    title: str | None = None
    url: str | None = None
    source: str | None = None
    valid_until: datetime | None = None
    urgency: Urgency = Urgency.NORMAL
    ignores_quiet_hours: bool = False
    is_reply: bool = False
    """Answers somebody, who may be told at night while they are plainly awake."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A delivery that this worker is to send. `text` is complete but for the mark of a possible duplicate."""

    community_id: str
    delivery_id: str
    attempt_id: str
    was_sending: bool
    """True when an earlier worker began to send it and never said what became of it."""
    recipient_kind: RecipientKind
    recipient_id: str
    channel: str
    other_channels: tuple[str, ...]
    purpose: Purpose
    urgency: Urgency
    ignores_quiet_hours: bool
    is_reply: bool
    title: str | None
    text: str
    url: str | None
    source: str | None
    valid_until: datetime | None
    question_id: str | None
    question_number: int | None
    announcement_id: str | None
    try_count: int
    is_possible_duplicate: bool
    traceparent: str
    created_at: datetime
    quiet_hours: QuietHours
    bundle_id: str | None = None
    """Given to what was held for the morning: deliveries with the same one are told in one message."""

    @property
    def is_emergency(self) -> bool:
        return self.urgency is Urgency.EMERGENCY


@dataclass(frozen=True, slots=True, kw_only=True)
class Undelivered:
    """A delivery that did not surely arrive."""

    delivery_id: str
    channel: str
    state: DeliveryState
    recipient_kind: RecipientKind
    recipient_id: str
    flat: str
    purpose: Purpose
    question_id: str | None
    question_number: int | None
    announcement_id: str | None
    announcement_title: str
    reason_class: str
    reason_code: str
    try_count: int
    ended_at: datetime
    still_matters: bool

    @property
    def can_visit(self) -> bool:
        """Whether a door stands in a ledger for it."""
        return bool(self.announcement_id and self.flat and self.still_matters)
