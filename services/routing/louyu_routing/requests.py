"""Requests: protobuf as the domain's own values. Every fault names its field."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from google.protobuf.duration_pb2 import Duration
from louyu.routing.v1 import plan_pb2, routing_service_pb2
from louyu_runtime.identity import Principal
from louyu_runtime.ids import is_uuid
from louyu_runtime.paging import decode_token, page_size
from louyu_sdk import QuestionState

from louyu_routing.applying import ResponderWanted
from louyu_routing.chase import Chase
from louyu_routing.errors import InvalidField
from louyu_routing.question import URGENCY_RANK
from louyu_routing.quiet_hours import USUAL, QuietHours
from louyu_routing.states import LIVE
from louyu_routing.store.listing import Position, Wanted
from louyu_routing.wire import STATE_FROM_WIRE

LONGEST_TEXT = 2_000
MOST_TEXTS = 100
MOST_POSITIONS = 500
VIAS = ("text", "voice", "photo")

_LONGEST = {
    "neighbour_window": timedelta(hours=24),
    "building_head_window": timedelta(days=7),
    "liaison_window": timedelta(days=7),
    "secretary_window": timedelta(days=7),
    "confirm_window": timedelta(days=30),
    "follow_up_window": timedelta(days=30),
    "ask_back_window": timedelta(days=30),
}
_SHORTEST_PROMISE, _LONGEST_PROMISE = timedelta(minutes=1), timedelta(days=60)


def community(community_id: str) -> str:
    """Return the community's UUID. Raises InvalidField."""
    return identifier("community_id", community_id)


def identifier(field: str, value: str) -> str:
    """Return a UUID. Raises InvalidField."""
    if not is_uuid(value):
        raise InvalidField(field, "is not a UUID" if value else "is missing; give a UUID")
    return value.lower()


def words(field: str, text: str, *, required: bool) -> str:
    """Return the words of an action. Raises InvalidField."""
    stripped = text.strip()
    if required and not stripped:
        raise InvalidField(field, f"is empty; give 1 to {LONGEST_TEXT} characters")
    if len(stripped) > LONGEST_TEXT:
        raise InvalidField(field, f"has {len(stripped)} characters; at most {LONGEST_TEXT} are allowed")
    return stripped


def promise(request: routing_service_pb2.AcknowledgeQuestionRequest) -> timedelta | None:
    """Return within which time it is promised; None: the responder type's usual time."""
    if not request.HasField("promised_within"):
        return None
    span = _span("promised_within", request.promised_within)
    if not _SHORTEST_PROMISE <= span <= _LONGEST_PROMISE:
        raise InvalidField("promised_within", "must be 1 minute to 60 days")
    return span


def chase(definition: plan_pb2.ChaseDefinition) -> Chase:
    """Return how a community's questions are chased."""
    zone = definition.time_zone or "Asia/Shanghai"
    try:
        found = ZoneInfo(zone)
    except (OSError, ValueError, KeyError):
        raise InvalidField("chase.time_zone", f"{zone!r} is not a time zone; write one such as Asia/Shanghai") from None
    quiet = QuietHours(
        begins=_wall_time("chase.quiet_from", definition.quiet_from, USUAL.begins),
        ends=_wall_time("chase.quiet_until", definition.quiet_until, USUAL.ends),
        zone=found,
    )
    return Chase(
        neighbour_window=_window("neighbour_window", definition),
        building_head_window=_window("building_head_window", definition),
        liaison_window=_window("liaison_window", definition),
        secretary_window=_window("secretary_window", definition),
        confirm_window=_window("confirm_window", definition),
        follow_up_window=_window("follow_up_window", definition),
        ask_back_window=_window("ask_back_window", definition),
        quiet=quiet,
    )


def responder(definition: plan_pb2.ResponderDefinition) -> ResponderWanted:
    """Return a responder as the file defines it; `applying` checks it."""
    return ResponderWanted(
        key=definition.key,
        type=definition.type,
        name=definition.name,
        building_keys=tuple(definition.building_keys),
        settings=dict(definition.settings),
    )


def wanted(request: routing_service_pb2.ListQuestionsRequest, principal: Principal) -> Wanted:
    """Return which questions a list is to hold, of those that the caller may see."""
    states: list[QuestionState] = []
    for position, number in enumerate(request.states):
        if number not in STATE_FROM_WIRE:
            raise InvalidField(f"states[{position}]", "is not a state")
        states.append(STATE_FROM_WIRE[number])
    sees_all = principal.is_service or principal.is_operator
    return Wanted(
        states=frozenset(states) or LIVE,
        group_id=_optional("group_id", request.group_id),
        responder_type=request.responder_type,
        waiting_for=_optional("waiting_for_person_id", request.waiting_for_person_id),
        asked_by=_optional("asked_by_person_id", request.asked_by_person_id),
        seen_by=None if sees_all else identifier("principal", principal.id),
        seen_groups=tuple(sorted(principal.group_ids)),
    )


def list_position(request: routing_service_pb2.ListQuestionsRequest) -> tuple[Position | None, int]:
    """Return where the page begins, and how long it is."""
    size = page_size(request.page_size)
    token = decode_token("ListQuestions", request.page_token, int, str, uuid.UUID)
    if token is None:
        return None, size
    rank, opened, question_id = token
    try:
        if rank not in URGENCY_RANK.values():
            raise ValueError(rank)
        return (int(rank), datetime.fromisoformat(str(opened)).astimezone(UTC), str(question_id)), size
    except (ValueError, OverflowError):
        raise InvalidField("page_token", "is not one that was given out; begin without it") from None


def positions(request: routing_service_pb2.ListMessageOutcomesRequest) -> tuple[int, int]:
    """Return from which to which message outcomes are wanted."""
    if request.last_seq - request.first_seq >= MOST_POSITIONS:
        raise InvalidField("last_seq", f"is too far from first_seq; at most {MOST_POSITIONS} positions are allowed")
    return request.first_seq, request.last_seq


def wait(request: routing_service_pb2.GetMessageOutcomeRequest) -> timedelta:
    """Return how long the caller would wait."""
    return _span("wait", request.wait)


def texts(request: routing_service_pb2.ClassifyRequest) -> list[tuple[str, str]]:
    """Return the texts to classify, each with the way by which it was given."""
    if not 1 <= len(request.texts) <= MOST_TEXTS:
        raise InvalidField("texts", f"has {len(request.texts)} entries; 1 to {MOST_TEXTS} are allowed")
    found = []
    for position, one in enumerate(request.texts):
        if len(one.text) > LONGEST_TEXT:
            raise InvalidField(f"texts[{position}].text", f"is longer than {LONGEST_TEXT} characters")
        if (one.via or "text") not in VIAS:
            raise InvalidField(f"texts[{position}].via", f"{one.via!r} is none of {', '.join(VIAS)}")
        found.append((one.text, one.via or "text"))
    return found


def _optional(field: str, value: str) -> str:
    return identifier(field, value) if value else ""


def _window(name: str, definition: plan_pb2.ChaseDefinition) -> timedelta | None:
    if not definition.HasField(name):  # type: ignore[arg-type]  # one of the names above
        return None
    span = _span(f"chase.{name}", getattr(definition, name))
    if not timedelta(seconds=1) <= span <= _LONGEST[name]:
        raise InvalidField(f"chase.{name}", f"must be 1 second to {_LONGEST[name]}")
    return span


def _span(field: str, duration: Duration) -> timedelta:
    try:
        return duration.ToTimedelta()
    except (ValueError, OverflowError):
        raise InvalidField(field, "is not a duration that can be kept") from None


def _wall_time(field: str, text: str, standard: time) -> time:
    if not text:
        return standard
    parse: Callable[[str], time] = time.fromisoformat
    try:
        if len(text) != len("HH:MM"):
            raise ValueError(text)
        return parse(text)
    except ValueError:
        raise InvalidField(field, f"{text!r} is not a time of day; write HH:MM") from None
