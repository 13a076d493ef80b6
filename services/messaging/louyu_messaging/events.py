"""The events that messaging publishes, as the bytes that others read.

Names and roles of a sender are added to MessagePosted by the statement that posts, position and time by the relay:
protobuf reads what is appended as further fields of the same message.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from louyu.events.v1 import membership_events_pb2, messaging_events_pb2
from louyu_runtime.timestamps import timestamp

from louyu_messaging.availability import Absence, DutyShift
from louyu_messaging.directory import GroupDirectory, HouseholdFacts
from louyu_messaging.message import Message, NewMessage


def said(group_id: str, message: NewMessage) -> bytes:
    """Return what MessagePosted tells of what was said, the same for the same message."""
    return messaging_events_pb2.MessagePosted(
        group_id=group_id,
        sender_id=message.sender_id or "",
        text=message.text,
        via=message.via,
        media_ids=message.media_ids,
        reply_to_seq=message.reply_to_seq,
        is_platform=message.sender_id is None,
        question_id=message.question_id,
    ).SerializeToString(deterministic=True)


def message_payload(said: bytes, message_id: str) -> bytes:
    """Return MessagePosted but for the sender's name and roles, position and time."""
    return said + messaging_events_pb2.MessagePosted(message_id=message_id).SerializeToString()


def posted_event(group_id: str, message: Message) -> messaging_events_pb2.MessagePosted:
    """Return the event of a message that stands in a group."""
    return messaging_events_pb2.MessagePosted(
        group_id=group_id,
        message_id=message.id,
        seq=message.seq,
        sender_id=message.sender_id,
        sender_name=message.sender_name,
        sender_roles=message.sender_roles,
        text=message.text,
        via=message.via,
        media_ids=message.media_ids,
        reply_to_seq=message.reply_to_seq,
        is_platform=message.is_platform,
        question_id=message.question_id,
        posted_at=timestamp(message.posted_at),
    )


def complete_message_payload(payload: bytes, sequence: int, occurred_at: datetime) -> bytes:
    """Return a MessagePosted payload from the outbox with its position and time."""
    added = messaging_events_pb2.MessagePosted(seq=sequence, posted_at=timestamp(occurred_at))
    return payload + added.SerializeToString()


def changed_payload(
    group_id: str, seq: int, change: int, what: str, actor_id: str, actor_name: str
) -> messaging_events_pb2.MessageChanged:
    """Return the event that tells what has become of a message."""
    return messaging_events_pb2.MessageChanged(
        group_id=group_id, seq=seq, change=change, what=what, actor_id=actor_id, actor_name=actor_name
    )


def group_payload(directory: GroupDirectory, version: int) -> messaging_events_pb2.GroupDirectoryChanged:
    """Return the event that tells a group's directory."""
    return messaging_events_pb2.GroupDirectoryChanged(
        group_id=directory.group_id,
        version=version,
        name=directory.name,
        buildings=[
            messaging_events_pb2.GroupBuilding(building_id=building_id, key=key, name=name)
            for building_id, key, name in directory.buildings
        ],
        role_holders=[
            messaging_events_pb2.RoleHolder(
                person_id=holder.person_id,
                role=holder.role,
                name=holder.name,
                responder_key=holder.responder_key,
                is_second=holder.is_second,
            )
            for holder in directory.role_holders
        ],
        member_count=directory.member_count,
        community_key=directory.community_key,
        community_name=directory.community_name,
    )


def household_payload(
    facts: HouseholdFacts, version: int, *, is_removed: bool = False
) -> messaging_events_pb2.HouseholdChanged:
    """Return the event that tells a household's members, or that it is no more."""
    return messaging_events_pb2.HouseholdChanged(
        household_id=facts.household_id,
        version=version,
        building_id=facts.building_id,
        building_key=facts.building_key,
        flat=facts.flat,
        is_removed=is_removed,
        members=[]
        if is_removed
        else [
            messaging_events_pb2.HouseholdMember(
                person_id=member.person_id, channels=member.channels, group_ids=member.group_ids, name=member.name
            )
            for member in facts.members
        ],
    )


def availability_payload(
    version: int, absences: Iterable[Absence], shifts: Iterable[DutyShift]
) -> membership_events_pb2.AvailabilityChanged:
    """Return the event that tells who is away and who is on duty."""
    payload = membership_events_pb2.AvailabilityChanged(version=version)
    for absence in absences:
        away = payload.away_times.add(
            person_id=absence.person_id,
            name=absence.name,
            substitute_id=absence.substitute_id,
            substitute_name=absence.substitute_name,
        )
        away.starts_at.CopyFrom(timestamp(absence.starts_at))
        away.ends_at.CopyFrom(timestamp(absence.ends_at))
    for shift in shifts:
        payload.duty_times.add(
            person_id=shift.person_id,
            name=shift.name,
            role=shift.role,
            responder_key=shift.responder_key,
            weekdays=shift.weekdays,
            date=shift.on_date.isoformat() if shift.on_date else "",
            from_time=f"{shift.from_time:%H:%M}",
            until_time=f"{shift.until_time:%H:%M}",
        )
    return payload


def merged_payload(person_id: str, into_person_id: str) -> membership_events_pb2.PersonMerged:
    """Return the event that tells who somebody turned out to be."""
    return membership_events_pb2.PersonMerged(person_id=person_id, into_person_id=into_person_id)


def membership_payload(
    person_id: str,
    what: str,
    *,
    by_name: str,
    reason: str,
    group_names: Sequence[str],
    role: str,
    is_second: bool,
    span: tuple[datetime, datetime] | None,
    other_name: str,
) -> membership_events_pb2.MembershipChanged:
    """Return the event by which a person is told what was decided about them."""
    payload = membership_events_pb2.MembershipChanged(
        person_id=person_id,
        what=what,
        group_names=group_names,
        role=role,
        is_second=is_second,
        by_name=by_name,
        reason=reason,
        other_name=other_name,
    )
    if span is not None:
        payload.starts_at.CopyFrom(timestamp(span[0]))
        payload.ends_at.CopyFrom(timestamp(span[1]))
    return payload
