"""Facts: notify's events as protobuf, appended to the transaction's outbox, so that change and event are one commit."""

from louyu.events.v1 import notify_events_pb2 as events
from louyu_runtime.database import Transaction, append_event

from louyu_notify.announcement import Announcement


def announcement_published(tx: Transaction, announcement: Announcement, household_count: int) -> None:
    """An announcement was published."""
    append_event(
        tx,
        events.AnnouncementPublished(
            announcement_id=announcement.announcement_id,
            title=announcement.title,
            urgency=announcement.urgency.value,
            household_count=household_count,
        ),
        subject=announcement.subject,
    )


def household_reached(tx: Transaction, announcement_id: str, household_id: str, channel: str) -> None:
    """A household was reached for the first time."""
    event = events.HouseholdReached(announcement_id=announcement_id, household_id=household_id, channel=channel)
    event.reached_at.FromDatetime(tx.now)
    append_event(tx, event, subject=f"announcement/{announcement_id}")


def screen_changed(tx: Transaction, screen_id: str, version: int) -> None:
    """What a screen must show has changed."""
    append_event(tx, events.ScreenChanged(screen_id=screen_id, version=version), subject=f"screen/{screen_id}")
