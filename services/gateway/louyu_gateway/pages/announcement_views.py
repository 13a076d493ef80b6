"""Announcements and households as the console shows them."""

from datetime import datetime

from louyu.notify.v1 import announcement_pb2

from louyu_gateway.pages import words
from louyu_gateway.pages.texts import Texts
from louyu_gateway.pages.views import AnnouncementRow, HouseholdRow, LedgerFigures, Tone
from louyu_gateway.wire import moment, reach_word


def announcement_row(
    announcement: announcement_pb2.Announcement, group_names: dict[str, str], now: datetime, texts: Texts
) -> AnnouncementRow:
    """Return an announcement with its figures."""
    figures = LedgerFigures(
        announcement.reached_count,
        announcement.sent_count,
        announcement.waiting_count,
        announcement.unreachable_count,
    )
    label, tone = _state(announcement, figures)
    groups = "、".join(group_names.get(group_id, "") for group_id in announcement.group_ids)
    return AnnouncementRow(
        id=announcement.id,
        title=announcement.title,
        state_label=texts(label),
        tone=tone,
        audience=groups or texts("全社区"),
        at=moment(announcement, "published_at") or now,
        figures=figures,
    )


def _state(announcement: announcement_pb2.Announcement, figures: LedgerFigures) -> tuple[str, Tone]:
    if not announcement.is_ledger_complete:
        return "正在登记各户", "accent"
    if figures.reached == figures.total:
        return "户户知道", "done"
    if figures.waiting or figures.sent:
        return "送达中", "accent"
    return "要上门", "alarm"


def household_row(household: announcement_pb2.HouseholdReach, texts: Texts) -> HouseholdRow:
    """Return a household's line of the ledger."""
    label, tone = words.REACH[reach_word(household.state)]
    channel = texts(words.CHANNELS.get(household.channel, household.channel))
    visit = words.VISITS.get(int(household.last_visit))
    return HouseholdRow(
        id=household.household_id,
        building=household.building_name,
        flat=household.flat,
        state_label=texts(label),
        tone=tone,
        channel=f"{channel} · {texts(visit)}" if visit else channel,
        at=moment(household, "at"),
    )
