"""Protobuf to domain and back, naming the bad field when a request cannot be read."""

from collections.abc import Sequence
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from louyu.notify.v1 import announcement_pb2, delivery_pb2, notify_service_pb2, screen_pb2
from louyu.routing.v1 import plan_pb2
from louyu_runtime.ids import is_uuid
from louyu_sdk.plugin_state import PluginState

from louyu_notify.announcement import (
    Announcement,
    AnnouncementUrgency,
    Counts,
    HouseholdReach,
    NewAnnouncement,
    ReachState,
    VisitResult,
)
from louyu_notify.community import ScreenDefinition
from louyu_notify.delivery import DeliveryState, Undelivered
from louyu_notify.errors import InvalidField
from louyu_notify.quiet_hours import QuietHours
from louyu_notify.screen import Screen, ScreenItem, Shown
from louyu_notify.store.communities import CommunityRow

_URGENCIES = {
    announcement_pb2.ANNOUNCEMENT_URGENCY_UNSPECIFIED: AnnouncementUrgency.ORDINARY,
    announcement_pb2.ANNOUNCEMENT_URGENCY_EMERGENCY: AnnouncementUrgency.EMERGENCY,
    announcement_pb2.ANNOUNCEMENT_URGENCY_IMPORTANT: AnnouncementUrgency.IMPORTANT,
    announcement_pb2.ANNOUNCEMENT_URGENCY_ORDINARY: AnnouncementUrgency.ORDINARY,
}
_URGENCIES_BACK = {domain: wire for wire, domain in _URGENCIES.items() if wire}
_STATES = {
    announcement_pb2.REACH_STATE_WAITING: ReachState.WAITING,
    announcement_pb2.REACH_STATE_SENT: ReachState.SENT,
    announcement_pb2.REACH_STATE_REACHED: ReachState.REACHED,
    announcement_pb2.REACH_STATE_UNREACHABLE: ReachState.UNREACHABLE,
}
_STATES_BACK = {domain: wire for wire, domain in _STATES.items()}
_VISITS = {
    announcement_pb2.VISIT_RESULT_TOLD: VisitResult.TOLD,
    announcement_pb2.VISIT_RESULT_NOT_AT_HOME: VisitResult.NOT_AT_HOME,
    announcement_pb2.VISIT_RESULT_SLIP_LEFT: VisitResult.SLIP_LEFT,
}
_VISITS_BACK = {domain: wire for wire, domain in _VISITS.items()}


_UNDELIVERED = {
    delivery_pb2.UNDELIVERED_STATE_FAILED: DeliveryState.FAILED,
    delivery_pb2.UNDELIVERED_STATE_UNKNOWN: DeliveryState.UNKNOWN,
}
_UNDELIVERED_BACK = {domain: wire for wire, domain in _UNDELIVERED.items()}


def uuid_of(field: str, value: str) -> str:
    """Return an id. Raises InvalidField for what is none."""
    if not is_uuid(value):
        raise InvalidField(field, "must be a UUID")
    return value.lower()


def new_announcement(wire: announcement_pb2.NewAnnouncement) -> NewAnnouncement:
    """Read what shall be announced."""
    urgency = _URGENCIES.get(wire.urgency)
    if urgency is None:
        raise InvalidField("announcement.urgency", "is not one of the known ones")
    groups = [uuid_of(f"announcement.group_ids[{n}]", value) for n, value in enumerate(wire.group_ids)]
    return NewAnnouncement(
        title=wire.title,
        text=wire.text,
        urgency=urgency,
        group_ids=tuple(dict.fromkeys(groups)),
        channels=tuple(dict.fromkeys(wire.channels)),
        valid_until=_moment("announcement.valid_until", wire.valid_until) if wire.HasField("valid_until") else None,
        source=wire.source,
    )


def announcement(found: Announcement, counts: Counts) -> announcement_pb2.Announcement:
    """Write an announcement with its counts."""
    return announcement_pb2.Announcement(
        id=found.announcement_id,
        community_id=found.community_id,
        title=found.title,
        text=found.text,
        urgency=_URGENCIES_BACK[found.urgency],
        group_ids=found.group_ids,
        channels=found.channels,
        published_at=timestamp(found.published_at),
        valid_until=timestamp(found.valid_until),
        published_by=found.published_by,
        household_count=counts.all,
        waiting_count=counts.waiting,
        sent_count=counts.sent,
        reached_count=counts.reached,
        unreachable_count=counts.unreachable,
        is_ledger_complete=found.is_ledger_complete,
        source=found.source,
    )


def reach_states(wire: Sequence[int]) -> list[ReachState]:
    """Read the states that are asked for."""
    for number, value in enumerate(wire):
        if value not in _STATES:
            raise InvalidField(f"states[{number}]", "is not one of the known ones")
    return [_STATES[announcement_pb2.ReachState.ValueType(value)] for value in dict.fromkeys(wire)]


def undelivered_state(wire: int) -> DeliveryState | None:
    """Read the state that is asked for; None for both."""
    if wire == delivery_pb2.UNDELIVERED_STATE_UNSPECIFIED:
        return None
    found = _UNDELIVERED.get(delivery_pb2.UndeliveredState.ValueType(wire))
    if found is None:
        raise InvalidField("state", "is not one of the known ones")
    return found


def undelivered(found: Undelivered) -> delivery_pb2.UndeliveredDelivery:
    """Write a delivery that did not surely arrive."""
    return delivery_pb2.UndeliveredDelivery(
        id=found.delivery_id,
        channel=found.channel,
        state=_UNDELIVERED_BACK[found.state],
        recipient_kind=found.recipient_kind.value,
        recipient_id=found.recipient_id,
        flat=found.flat,
        purpose=found.purpose.value,
        question_id=found.question_id or "",
        question_number=found.question_number or 0,
        announcement_id=found.announcement_id or "",
        announcement_title=found.announcement_title,
        reason_class=found.reason_class,
        reason_code=found.reason_code,
        try_count=found.try_count,
        ended_at=timestamp(found.ended_at),
        can_retry=found.still_matters,
        can_visit=found.can_visit,
    )


def visit_result(wire: int) -> VisitResult:
    """Read what happened at a door."""
    found = _VISITS.get(announcement_pb2.VisitResult.ValueType(wire))
    if found is None:
        raise InvalidField("result", "must say what happened at the door")
    return found


def household_reach(line: HouseholdReach) -> announcement_pb2.HouseholdReach:
    """Write a household's line."""
    return announcement_pb2.HouseholdReach(
        household_id=line.household_id,
        building_name=line.building_name,
        flat=line.flat,
        state=_STATES_BACK[line.state],
        channel=line.channel,
        at=timestamp(line.at) if line.at else None,
        last_visit=_VISITS_BACK[line.last_visit] if line.last_visit else announcement_pb2.VISIT_RESULT_UNSPECIFIED,
    )


def community(wire: notify_service_pb2.ApplyCommunityRequest) -> CommunityRow:
    """Read a community's name and nights."""
    defaults = QuietHours()
    try:
        zone = ZoneInfo(wire.time_zone) if wire.time_zone else defaults.zone
    except (ZoneInfoNotFoundError, ValueError):
        raise InvalidField("time_zone", "is not an IANA time zone such as Asia/Shanghai") from None
    quiet = QuietHours(
        begins=_wall_time("quiet_from", wire.quiet_from, defaults.begins),
        ends=_wall_time("quiet_until", wire.quiet_until, defaults.ends),
        zone=zone,
    )
    if len(wire.community_name) > 60:
        raise InvalidField("community_name", "may have 60 characters at most")
    return CommunityRow(name=wire.community_name, quiet=quiet)


def screen_definitions(wire: Sequence[screen_pb2.ScreenDefinition]) -> list[ScreenDefinition]:
    """Read the screens of a definition."""
    return [
        ScreenDefinition(
            key=one.key, group_key=one.group_key, group_name=one.group_name, place=one.place, code=one.code
        )
        for one in wire
    ]


def screen(found: Screen, community_name: str, *, with_code: bool) -> screen_pb2.Screen:
    """Write a screen; its code only for those who may know it."""
    return screen_pb2.Screen(
        id=found.screen_id,
        key=found.key,
        community_id=found.community_id,
        community_name=community_name,
        group_id=found.group_id,
        group_name=found.group_name,
        place=found.place,
        code=found.code if with_code else "",
        last_seen_at=timestamp(found.last_seen_at) if found.last_seen_at else None,
    )


def screen_item(item: ScreenItem) -> screen_pb2.ScreenItem:
    """Write something that a screen shows."""
    return screen_pb2.ScreenItem(
        id=item.item_id,
        kind=item.kind.value,
        title=item.title,
        text=item.text,
        source=item.source,
        published_at=timestamp(item.published_at),
        valid_from=timestamp(item.valid_from),
        valid_until=timestamp(item.valid_until),
        seconds=item.seconds,
        question_number=item.question_number,
    )


def shown_items(wire: Sequence[screen_pb2.ShownItem]) -> list[Shown]:
    """Read proofs of play."""
    if not 1 <= len(wire) <= 200:
        raise InvalidField("shown", f"holds {len(wire)} proofs; 1 to 200 are taken at once")
    proofs = []
    for number, one in enumerate(wire):
        field = f"shown[{number}]"
        if one.record < 1:
            raise InvalidField(f"{field}.record", "must be 1 or more")
        if not 1 <= len(one.item_id) <= 200 or "\x00" in one.item_id:
            raise InvalidField(f"{field}.item_id", "must name an item of the playlist")
        proofs.append(
            Shown(
                record=one.record,
                item_id=one.item_id,
                shown_from=_moment(f"{field}.shown_from", one.shown_from),
                shown_until=_moment(f"{field}.shown_until", one.shown_until),
            )
        )
    return proofs


def plugin(state: PluginState) -> plan_pb2.PluginState:
    """Return a plugin's state."""
    return plan_pb2.PluginState(
        name=state.name,
        version=state.version,
        hooks=state.hooks,
        state=state.state,
        fault=state.fault,
        since=timestamp(state.since) if state.since else None,
        source=state.source,
        failure_count=state.failure_count,
        last_failure=state.last_failure,
        last_failed_at=timestamp(state.last_failed_at) if state.last_failed_at else None,
    )


def timestamp(moment: datetime) -> Timestamp:
    """Write a moment."""
    stamp = Timestamp()
    stamp.FromDatetime(moment)
    return stamp


def without_key(request: Message) -> Message:
    """Return the request as it counts for idempotency: everything but the key itself."""
    copy = type(request)()
    copy.CopyFrom(request)
    copy.ClearField("idempotency_key")
    return copy


def _moment(field: str, stamp: Timestamp) -> datetime:
    try:
        return stamp.ToDatetime(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise InvalidField(field, "is not a moment between the years 1 and 9999") from None


def _wall_time(field: str, value: str, default: time) -> time:
    if not value:
        return default
    try:
        return time.fromisoformat(value)
    except ValueError:
        raise InvalidField(field, "must be a time such as 22:00") from None
