"""Announcements: previewed with personal data masked, published once, told to groups, screens and persons.

What is published is what the preview showed. The answer is given when the announcement is durable; its ledger fills
right after, and each household's persons are told as their line is written.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from louyu_runtime import redaction
from louyu_runtime.database import Transaction
from louyu_runtime.identity import Principal
from louyu_runtime.ids import is_uuid, new_id
from louyu_sdk import RecipientKind

from louyu_notify import facts, rights
from louyu_notify.announcement import Announcement, AnnouncementUrgency, NewAnnouncement
from louyu_notify.channel_list import ChannelList
from louyu_notify.errors import AnnouncementNotFound, GroupNotFound, InvalidField
from louyu_notify.store import announcements as store
from louyu_notify.store import deliveries, directory, names

SHOWN_FOR = timedelta(days=7)
SHOWN_AT_MOST = timedelta(days=90)
LONGEST_TITLE = 60
LONGEST_TEXT = 2000
LONGEST_SOURCE = 60
OPERATORS_NAME = "平台值守人员"
"""Who published, where an operator's token names neither a person nor a source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """How an announcement would look, and how many households must know it."""

    announcement: NewAnnouncement
    household_count: int
    warnings: list[str]


async def preview(tx: Transaction, principal: Principal, wanted: NewAnnouncement, channels: ChannelList) -> Preview:
    """Check an announcement and return it as it would be published. Raises InvalidField, GroupNotFound."""
    _check(tx, wanted, channels)
    rights.check_audience(principal, wanted.group_ids)
    if set(wanted.group_ids) - await directory.known_groups(tx, wanted.group_ids):
        raise GroupNotFound("announcement.group_ids")
    known = await names.in_text(tx, wanted.title, wanted.text)
    title, text = redaction.redact(wanted.title.strip(), known), redaction.redact(wanted.text.strip(), known)
    return Preview(
        announcement=replace(
            wanted, title=title.text, text=text.text, source=wanted.source.strip(), channels=_in_order(wanted, channels)
        ),
        household_count=await directory.count_households(tx, wanted.group_ids),
        warnings=redaction.warnings_of(title, text),
    )


async def publish(
    tx: Transaction, principal: Principal, wanted: NewAnnouncement, channels: ChannelList, wake: Callable[[], None]
) -> Announcement:
    """Publish an announcement; `wake` is called once it is durable. Raises as `preview` does."""
    previewed = await preview(tx, principal, wanted, channels)
    found = previewed.announcement
    is_somebody = is_uuid(principal.id)
    announcement = Announcement(
        announcement_id=new_id(),
        community_id=tx.community_id,
        title=found.title,
        text=found.text,
        urgency=found.urgency,
        group_ids=found.group_ids,
        channels=found.channels,
        source=found.source,
        published_at=tx.now,
        valid_until=found.valid_until or tx.now + SHOWN_FOR,
        published_by=found.source or (principal.name if is_somebody else OPERATORS_NAME),
        published_by_id=principal.id if is_somebody else None,
    )
    await store.insert(tx, announcement)
    await deliveries.add_for_places(
        tx,
        announcement.announcement_id,
        group_channels=channels.of(RecipientKind.GROUP, announcement.channels),
        screen_channels=channels.of(RecipientKind.SCREEN, announcement.channels),
    )
    facts.announcement_published(tx, announcement, previewed.household_count)
    tx.after_commit.append(wake)
    return announcement


async def find_visible(
    tx: Transaction, principal: Principal, announcement_id: str, *, locked: bool = False
) -> Announcement:
    """Return an announcement that the principal may see. Raises AnnouncementNotFound."""
    announcement = await store.find(tx, announcement_id, locked=locked)
    if announcement is None:
        raise AnnouncementNotFound
    rights.check_visible(principal, announcement)
    return announcement


def _check(tx: Transaction, wanted: NewAnnouncement, channels: ChannelList) -> None:
    for field, value, longest in (
        ("title", wanted.title, LONGEST_TITLE),
        ("text", wanted.text, LONGEST_TEXT),
        ("source", wanted.source, LONGEST_SOURCE),
    ):
        if len(value) > longest:
            raise InvalidField(f"announcement.{field}", f"has {len(value)} characters; at most {longest} are shown")
        if "\x00" in value:
            raise InvalidField(f"announcement.{field}", "holds a character that cannot be shown (U+0000)")
        if not value.strip() and field != "source":
            raise InvalidField(f"announcement.{field}", "is empty", resident_text="标题和内容都要填写。")
    if wanted.urgency is AnnouncementUrgency.EMERGENCY and not wanted.source.strip():
        raise InvalidField(
            "announcement.source",
            "is empty: an emergency names the office behind it",
            resident_text="紧急通知要写明发布单位。",
        )
    if wanted.valid_until is not None and not tx.now < wanted.valid_until <= tx.now + SHOWN_AT_MOST:
        raise InvalidField(
            "announcement.valid_until",
            "must lie in the future, at most 90 days ahead",
            resident_text="有效时间要在今后 90 天以内。",
        )
    unknown = sorted(set(wanted.channels) - set(channels.keys))
    if unknown:
        raise InvalidField(
            "announcement.channels",
            f"names {unknown[0]!r}, which is not installed; there are {', '.join(channels.keys)}",
        )


def _in_order(wanted: NewAnnouncement, channels: ChannelList) -> tuple[str, ...]:
    return tuple(key for key in channels.keys if not wanted.channels or key in wanted.channels)
