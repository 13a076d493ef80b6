"""Translation between the protos and the domain, both ways. Names the field when a request cannot be used."""

from __future__ import annotations

from datetime import UTC

from louyu.messaging.v1 import community_pb2, media_pb2, membership_pb2, message_pb2, messaging_service_pb2
from louyu.routing.v1 import plan_pb2
from louyu_runtime.errors import InvalidArgument
from louyu_runtime.ids import is_uuid
from louyu_runtime.timestamps import timestamp
from louyu_sdk.plugin_state import PluginState

from louyu_messaging.addresses import DeliveryAddress
from louyu_messaging.definition import (
    DefinedAddress,
    DefinedBuilding,
    DefinedGroup,
    DefinedMembership,
    DefinedPerson,
    Definition,
    FormerPerson,
)
from louyu_messaging.door import Arrival, Callback, Departure, Words
from louyu_messaging.door_outcome import (
    AddressLinked,
    DoorOutcome,
    FlatAsked,
    FlatChanged,
    FlatNamed,
    GroupAsked,
    GroupChosen,
    HelpAsked,
    JoinedGroup,
    LeavingAsked,
    LeftGroup,
    NothingChanged,
    NothingToSay,
    OwnQuestionsAsked,
    PostedInGroup,
    Refused,
    RoleHeldThere,
    UnknownSender,
)
from louyu_messaging.media.media import PHOTO, VOICE, Media
from louyu_messaging.message import HIDDEN, RECALLED, REMOVED, SHOWN, NewMessage
from louyu_messaging.places import ChannelAddress, Community, Group, Member, Person
from louyu_messaging.reacting import ME_TOO, THANKS
from louyu_messaging.reading import ReadMessage

_VIA_OF: dict[int, str] = {
    message_pb2.VIA_UNSPECIFIED: "text",
    message_pb2.VIA_TEXT: "text",
    message_pb2.VIA_VOICE: "voice",
    message_pb2.VIA_PHOTO: "photo",
}
_PROTO_STATE = {
    SHOWN: message_pb2.MESSAGE_STATE_SHOWN,
    RECALLED: message_pb2.MESSAGE_STATE_RECALLED,
    HIDDEN: message_pb2.MESSAGE_STATE_HIDDEN,
    REMOVED: message_pb2.MESSAGE_STATE_REMOVED,
}
_REACTION_OF: dict[int, str] = {message_pb2.REACTION_ME_TOO: ME_TOO, message_pb2.REACTION_THANKS: THANKS}
_PROTO_REACTION = {ME_TOO: message_pb2.REACTION_ME_TOO, THANKS: message_pb2.REACTION_THANKS}
_KINDS = {
    "": membership_pb2.MEMBER_KIND_UNSPECIFIED,
    "owner": membership_pb2.MEMBER_KIND_OWNER,
    "tenant": membership_pb2.MEMBER_KIND_TENANT,
    "absent_owner": membership_pb2.MEMBER_KIND_ABSENT_OWNER,
    "staff": membership_pb2.MEMBER_KIND_STAFF,
    "official": membership_pb2.MEMBER_KIND_OFFICIAL,
}
_KIND_OF: dict[int, str] = {value: name for name, value in _KINDS.items()}
_PROTO_VIA = {"text": message_pb2.VIA_TEXT, "voice": message_pb2.VIA_VOICE, "photo": message_pb2.VIA_PHOTO}


def uuid_of(text: str, field: str) -> str:
    """Return a UUID in its usual form. Raises InvalidArgument naming the field."""
    if not is_uuid(text):
        raise InvalidArgument(f"{field} is missing" if not text else f"{field} is not a UUID", field=field)
    return text.lower()


def via_of(via: int, field: str) -> str:
    """Return by which way a message was given."""
    if via not in _VIA_OF:
        raise InvalidArgument(f"{field} is none of the known ways", field=field)
    return _VIA_OF[via]


def reaction_of(reaction: int) -> str:
    """Return in which way somebody reacts."""
    if reaction not in _REACTION_OF:
        raise InvalidArgument("reaction must be me too or thanks", field="reaction")
    return _REACTION_OF[reaction]


def kind_of(kind: int, field: str) -> str:
    """Return a kind of member, "" for none."""
    if kind not in _KIND_OF:
        raise InvalidArgument(f"{field} is none of the known kinds", field=field)
    return _KIND_OF[kind]


def kind_to_proto(kind: str) -> membership_pb2.MemberKind.ValueType:
    """Return a kind of member."""
    return _KINDS[kind]


def message_of(message: message_pb2.NewMessage, sender_id: str | None, path: str = "message") -> NewMessage:
    """Return a message to be posted."""
    said_at = None
    if message.HasField("said_at"):
        try:
            said_at = message.said_at.ToDatetime(tzinfo=UTC)
        except (ValueError, OverflowError) as error:
            raise InvalidArgument("said_at is no time", field=f"{path}.said_at") from error
    return NewMessage(
        sender_id=sender_id,
        text=message.text,
        via=via_of(message.via, f"{path}.via"),
        idempotency_key=message.idempotency_key,
        media_ids=tuple(message.media_ids),
        reply_to_seq=message.reply_to_seq,
        question_id=message.question_id,
        said_at=said_at,
    )


def message_to_proto(read: ReadMessage) -> message_pb2.Message:
    """Return a message as a reader sees it."""
    message = read.message
    proto = message_pb2.Message(
        seq=message.seq,
        id=message.id,
        sender_id=message.sender_id,
        sender_name=message.sender_name,
        sender_roles=message.sender_roles,
        text=message.text,
        via=_PROTO_VIA[message.via],
        media_ids=message.media_ids,
        reply_to_seq=message.reply_to_seq,
        is_platform=message.is_platform,
        question_id=message.question_id,
        state=_PROTO_STATE[message.state],
        reactions=[
            message_pb2.ReactionCount(reaction=_PROTO_REACTION[each.kind], count=each.count, is_own=each.is_own)
            for each in read.reactions
        ],
        is_pinned=message.is_pinned,
        posted_at=timestamp(message.posted_at),
    )
    if read.recallable_for is not None:
        proto.recallable_for.FromTimedelta(read.recallable_for)
    proto.media.extend(map(media_to_proto, message.media))
    return proto


MEDIA_KINDS = {PHOTO: media_pb2.MEDIA_KIND_PHOTO, VOICE: media_pb2.MEDIA_KIND_VOICE}


def media_to_proto(media: Media) -> media_pb2.Media:
    """Return a photo or recording."""
    proto = media_pb2.Media(
        id=media.id,
        kind=MEDIA_KINDS[media.kind],
        state=media_pb2.MediaState.Value(f"MEDIA_STATE_{media.state.upper()}"),
        content_type=media.content_type,
        size_bytes=media.size_bytes,
        width=media.width,
        height=media.height,
        words=media.words,
    )
    if media.words_by:
        proto.words_by = media_pb2.WordsBy.Value(f"WORDS_BY_{media.words_by.upper()}")
    if media.duration_ms:
        proto.duration.FromMilliseconds(media.duration_ms)
    return proto


def plugin_to_proto(state: PluginState) -> plan_pb2.PluginState:
    """Return how a plugin fares."""
    return plan_pb2.PluginState(
        name=state.name,
        version=state.version,
        hooks=state.hooks,
        state=state.state,
        fault=state.fault,
        source=state.source,
        failure_count=state.failure_count,
        last_failure=state.last_failure,
        since=None if state.since is None else timestamp(state.since),
        last_failed_at=None if state.last_failed_at is None else timestamp(state.last_failed_at),
    )


def address_of(address: message_pb2.ChannelAddress, field: str = "address") -> ChannelAddress:
    """Return a channel address."""
    for name, value in (("channel", address.channel), ("account", address.account), ("address", address.address)):
        if not 1 <= len(value) <= 128 or not value.isprintable():
            raise InvalidArgument(f"{field}.{name} must have 1 to 128 characters", field=f"{field}.{name}")
    return ChannelAddress(address.channel, address.account, address.address)


def community_to_proto(community: Community) -> community_pb2.Community:
    """Return a community."""
    return community_pb2.Community(
        id=community.id,
        key=community.key,
        name=community.name,
        subdistrict=community.subdistrict,
        district=community.district,
    )


def group_to_proto(group: Group) -> community_pb2.Group:
    """Return a group."""
    return community_pb2.Group(
        id=group.id,
        community_id=group.community_id,
        key=group.key,
        name=group.name,
        buildings=[
            community_pb2.Building(id=each.id, key=each.key, name=each.name, household_count=each.household_count)
            for each in group.buildings
        ],
        join_code=group.join_code,
        last_seq=group.last_seq,
        member_count=group.member_count,
        read_seq=group.read_seq,
    )


def member_to_proto(member: Member, *, with_flat: bool) -> community_pb2.Member:
    """Return a member; the flat only for those who may see it."""
    return community_pb2.Member(
        person_id=member.person_id, name=member.name, roles=member.roles, flat=member.flat if with_flat else ""
    )


def person_to_proto(person: Person) -> community_pb2.Person:
    """Return a person."""
    return community_pb2.Person(
        id=person.id,
        community_id=person.community_id,
        name=person.name,
        memberships=[
            community_pb2.Membership(group_id=each.group_id, group_name=each.group_name, roles=each.roles)
            for each in person.memberships
        ],
        household_id=person.household_id,
        flat=person.flat,
        community_name=person.community_name,
    )


def address_to_proto(found: DeliveryAddress) -> messaging_service_pb2.PersonAddress:
    """Return the address of a person."""
    address = found.address
    proto = messaging_service_pb2.PersonAddress(
        person_id=found.person_id,
        address=message_pb2.ChannelAddress(channel=address.channel, account=address.account, address=address.address),
    )
    if found.since_last_heard is not None:
        proto.since_last_heard.FromTimedelta(found.since_last_heard)
    return proto


def callback_of(request: messaging_service_pb2.ReceiveFromChannelRequest) -> Callback:
    """Return what came over a channel."""
    if not 1 <= len(request.callback_key) <= 256:
        raise InvalidArgument("callback_key must have 1 to 256 characters", field="callback_key")
    content: Words | Arrival | Departure
    match request.WhichOneof("content"):
        case "message":
            said = request.message
            content = Words(said.text, via_of(said.via, "message.via"), tuple(said.media_ids))
        case "arrival":
            content = Arrival(request.arrival.join_code)
        case "departure":
            content = Departure()
        case _:
            raise InvalidArgument("content is missing: a message, an arrival or a departure", field="content")
    return Callback(address_of(request.address), request.callback_key, content)


def outcome_to_proto(outcome: DoorOutcome) -> messaging_service_pb2.ReceiveFromChannelResponse:
    """Return what became of a callback."""
    response = messaging_service_pb2.ReceiveFromChannelResponse()
    match outcome:
        case UnknownSender(is_code_invalid=is_code_invalid):
            response.unknown_sender.is_code_invalid = is_code_invalid
            response.unknown_sender.SetInParent()
        case FlatAsked(group_name=group_name, consent_version=version, problem=problem):
            response.flat_asked.group_name = group_name
            response.flat_asked.consent_version = version
            response.flat_asked.problem = problem
            response.flat_asked.is_repeated = bool(problem)
        case JoinedGroup():
            joined = response.joined
            joined.community_id, joined.group_id = outcome.community_id, outcome.group_id
            joined.group_name, joined.flat = outcome.group_name, outcome.flat
            joined.person_id, joined.was_member = outcome.person_id, outcome.was_member
        case GroupAsked(group_names=names, is_only_choice=is_only_choice):
            response.group_asked.group_names.extend(names)
            response.group_asked.is_only_choice = is_only_choice
        case PostedInGroup():
            posted = response.posted
            posted.community_id, posted.group_id = outcome.community_id, outcome.group_id
            posted.group_name, posted.person_id, posted.seq = outcome.group_name, outcome.person_id, outcome.seq
        case NothingToSay():
            response.nothing_to_say.SetInParent()
        case Refused(reason=reason):
            response.refused.reason = reason
        case _:
            _account_outcome_to_proto(outcome, response)
    return response


def _account_outcome_to_proto(outcome: DoorOutcome, response: messaging_service_pb2.ReceiveFromChannelResponse) -> None:
    """Fill in what became of words for the account itself."""
    match outcome:
        case HelpAsked(group_name=group_name, is_in_several=is_in_several):
            response.help_asked.group_name, response.help_asked.is_in_several = group_name, is_in_several
            response.help_asked.SetInParent()
        case OwnQuestionsAsked(persons=parts):
            for community_id, person_id in zip(parts[::2], parts[1::2], strict=True):
                response.own_questions_asked.persons.add(community_id=community_id, person_id=person_id)
        case GroupChosen(group_name=group_name, is_only=is_only):
            response.group_chosen.group_name, response.group_chosen.is_only = group_name, is_only
        case LeavingAsked(group_name=group_name, is_in_several=is_in_several):
            response.leaving_asked.group_name, response.leaving_asked.is_in_several = group_name, is_in_several
        case LeftGroup(group_name=group_name, is_last=is_last):
            response.left.group_name, response.left.is_last = group_name, is_last
        case RoleHeldThere(group_name=group_name, roles=roles, successors=successors):
            response.role_held.group_name = group_name
            response.role_held.roles.extend(roles)
            response.role_held.successors.extend(successors)
        case FlatNamed(group_name=group_name, own_flat=own, named_flat=named, is_own=is_own):
            response.flat_named.group_name, response.flat_named.is_own = group_name, is_own
            response.flat_named.own_flat, response.flat_named.named_flat = own, named
        case FlatChanged(group_name=group_name, flat=flat):
            response.moved.group_name, response.moved.flat = group_name, flat
        case NothingChanged():
            response.nothing_changed.SetInParent()
        case AddressLinked(name=name, flat=flat):
            response.linked.name, response.linked.flat = name, flat


def definition_of(community: community_pb2.CommunityDefinition) -> Definition:
    """Return a community as an import file defines it."""
    return Definition(
        key=community.key,
        name=community.name,
        subdistrict=community.subdistrict,
        district=community.district,
        buildings=tuple(DefinedBuilding(each.key, each.name, tuple(each.flats)) for each in community.buildings),
        groups=tuple(
            DefinedGroup(each.key, each.name, tuple(each.building_keys), each.join_code) for each in community.groups
        ),
        people=tuple(
            DefinedPerson(
                each.key,
                each.name,
                each.building_key,
                each.flat,
                tuple(DefinedMembership(m.group_key, m.role, m.responder_key, m.is_second) for m in each.memberships),
                tuple(DefinedAddress(a.channel, a.account, a.address) for a in each.addresses),
                each.is_key_derived,
                FormerPerson(each.was.key, each.was.building_key, each.was.flat, each.was.name)
                if each.HasField("was")
                else None,
                kind_of(each.kind, f"community.people[{number}].kind"),
            )
            for number, each in enumerate(community.people)
        ),
        confirm_residency=community.confirm_residency,
        doubted_may_not_read=community.doubted_may_not_read,
        keep_messages_days=community.keep_messages_days if community.HasField("keep_messages_days") else None,
    )
