"""Reading what protobuf carries: moments, and the contract's words for enumerations."""

from datetime import UTC, datetime

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from louyu.messaging.v1 import media_pb2, membership_pb2, message_pb2
from louyu.notify.v1 import announcement_pb2
from louyu.routing.v1 import question_pb2


def moment(owner: Message, field: str) -> datetime | None:
    """Return a timestamp field as aware UTC; None if it is unset."""
    if not owner.HasField(field):
        return None
    stamp: Timestamp = getattr(owner, field)
    return stamp.ToDatetime(tzinfo=UTC)


def timestamp(value: datetime) -> Timestamp:
    """Return an aware datetime as protobuf carries it."""
    stamp = Timestamp()
    stamp.FromDatetime(value.astimezone(UTC))
    return stamp


def state_word(state: question_pb2.QuestionState.ValueType) -> str:
    """Return a question's state in the contract's word: open, assigned, acknowledged ..."""
    return question_pb2.QuestionState.Name(state).removeprefix("QUESTION_STATE_").lower()


def state_from_word(word: str) -> question_pb2.QuestionState.ValueType:
    """Return the state of a word. Raises ValueError for another one."""
    return question_pb2.QuestionState.Value(f"QUESTION_STATE_{word.upper()}")


def via_word(via: message_pb2.Via.ValueType) -> str:
    """Return text, voice or photo."""
    return "text" if via == message_pb2.VIA_UNSPECIFIED else message_pb2.Via.Name(via).removeprefix("VIA_").lower()


def via_from_word(word: str) -> message_pb2.Via.ValueType:
    """Return the way of a word. Raises ValueError for another one."""
    return message_pb2.Via.Value(f"VIA_{word.upper()}")


def message_state_word(state: message_pb2.MessageState.ValueType) -> str:
    """Return shown, recalled, hidden or removed."""
    if state == message_pb2.MESSAGE_STATE_UNSPECIFIED:
        return "shown"
    return message_pb2.MessageState.Name(state).removeprefix("MESSAGE_STATE_").lower()


def reaction_word(reaction: message_pb2.Reaction.ValueType) -> str:
    """Return me_too or thanks."""
    return message_pb2.Reaction.Name(reaction).removeprefix("REACTION_").lower()


def reaction_from_word(word: str) -> message_pb2.Reaction.ValueType:
    """Return the reaction of a word. Raises ValueError for another one."""
    return message_pb2.Reaction.Value(f"REACTION_{word.upper()}")


def media_kind_word(kind: media_pb2.MediaKind.ValueType) -> str:
    """Return photo or voice."""
    return media_pb2.MediaKind.Name(kind).removeprefix("MEDIA_KIND_").lower()


def media_state_word(state: media_pb2.MediaState.ValueType) -> str:
    """Return arriving, ready, unusable or erased."""
    return media_pb2.MediaState.Name(state).removeprefix("MEDIA_STATE_").lower()


def words_by_word(by: media_pb2.WordsBy.ValueType) -> str:
    """Return channel, plugin, person or nobody; empty as long as there are no words."""
    return "" if by == media_pb2.WORDS_BY_UNSPECIFIED else media_pb2.WordsBy.Name(by).removeprefix("WORDS_BY_").lower()


def urgency_word(urgency: announcement_pb2.AnnouncementUrgency.ValueType) -> str:
    """Return emergency, important or ordinary."""
    if urgency == announcement_pb2.ANNOUNCEMENT_URGENCY_UNSPECIFIED:
        return "ordinary"
    return announcement_pb2.AnnouncementUrgency.Name(urgency).removeprefix("ANNOUNCEMENT_URGENCY_").lower()


def urgency_from_word(word: str) -> announcement_pb2.AnnouncementUrgency.ValueType:
    """Return the urgency of a word. Raises ValueError for another one."""
    return announcement_pb2.AnnouncementUrgency.Value(f"ANNOUNCEMENT_URGENCY_{word.upper()}")


def reach_word(state: announcement_pb2.ReachState.ValueType) -> str:
    """Return waiting, sent, reached or unreachable."""
    if state == announcement_pb2.REACH_STATE_UNSPECIFIED:
        return "waiting"
    return announcement_pb2.ReachState.Name(state).removeprefix("REACH_STATE_").lower()


def reach_from_word(word: str) -> announcement_pb2.ReachState.ValueType:
    """Return the reach state of a word. Raises ValueError for another one."""
    return announcement_pb2.ReachState.Value(f"REACH_STATE_{word.upper()}")


def visit_from_word(word: str) -> announcement_pb2.VisitResult.ValueType:
    """Return what happened at a door, of told, not_at_home or slip_left. Raises ValueError for another word."""
    return announcement_pb2.VisitResult.Value(f"VISIT_RESULT_{word.upper()}")


def visit_word(result: announcement_pb2.VisitResult.ValueType) -> str:
    """Return told, not_at_home or slip_left."""
    return announcement_pb2.VisitResult.Name(result).removeprefix("VISIT_RESULT_").lower()


def kind_word(kind: membership_pb2.MemberKind.ValueType) -> str:
    """Return owner, tenant, absent_owner, staff, official, or unspecified."""
    return membership_pb2.MemberKind.Name(kind).removeprefix("MEMBER_KIND_").lower()


def kind_from_word(word: str) -> membership_pb2.MemberKind.ValueType:
    """Return the kind of a word. Raises ValueError for another one."""
    return membership_pb2.MemberKind.Value(f"MEMBER_KIND_{word.upper()}")


def residency_word(state: membership_pb2.ResidencyState.ValueType) -> str:
    """Return unconfirmed, confirmed, doubted, or unspecified."""
    return membership_pb2.ResidencyState.Name(state).removeprefix("RESIDENCY_STATE_").lower()


def residency_from_word(word: str) -> membership_pb2.ResidencyState.ValueType:
    """Return the state of a word. Raises ValueError for another one."""
    return membership_pb2.ResidencyState.Value(f"RESIDENCY_STATE_{word.upper()}")
