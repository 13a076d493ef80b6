"""The gRPC service: requests in, the domain called, answers out."""

from __future__ import annotations

import contextlib
import secrets
import uuid
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any

from louyu.messaging.v1 import message_pb2, messaging_service_pb2_grpc
from louyu.messaging.v1 import messaging_service_pb2 as pb
from louyu_runtime.database import Database, Transaction
from louyu_runtime.errors import Aborted, InvalidArgument, LouyuError, Unavailable
from louyu_runtime.idempotency import once
from louyu_runtime.identity import Principal, current_principal
from louyu_runtime.ids import community_id, community_id_of, is_uuid, new_id
from louyu_runtime.paging import decode_token, encode_token, page_size
from louyu_runtime.sealing import Sealer
from louyu_runtime.timestamps import timestamp
from sqlalchemy.exc import IntegrityError

from louyu_messaging import access, addresses, consent, wire
from louyu_messaging.apply_community import apply_community
from louyu_messaging.door import Door
from louyu_messaging.drafts import draft_message
from louyu_messaging.errors import CommunityNotFound, GroupNotFound, JoinCodeUnknown, SenderNotMember
from louyu_messaging.feed import Feed
from louyu_messaging.importing import Tools
from louyu_messaging.joining import Joining, join_group
from louyu_messaging.kinds import OF_HOUSEHOLDS
from louyu_messaging.leaving import leave_group
from louyu_messaging.linking import check_not_told
from louyu_messaging.media.posting_media import claim_media, release_media
from louyu_messaging.places import ChannelAddress
from louyu_messaging.posting import Draft, Posted, Poster
from louyu_messaging.reading import ReadMessage, as_read_by, as_shown
from louyu_messaging.store import joining as joining_store
from louyu_messaging.store import messages, places
from louyu_messaging.store import residency as residency_store

MOST_IN_BATCH = 500
MOST_PERSONS = 500
MOST_CHANGES = 1_000
IMPORT_STATEMENT_MS = 20_000
JOIN_CODE_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"

Context = Any
"""grpc.aio.ServicerContext; its published type names requests and answers, which the base class leaves open."""


class MessagingServicer(messaging_service_pb2_grpc.MessagingServiceServicer):
    """All RPCs of messaging."""

    def __init__(self, database: Database, poster: Poster, feed: Feed, door: Door, sealer: Sealer) -> None:
        self._database = database
        self._poster = poster
        self._feed = feed
        self._door = door
        self._sealer = sealer

    async def ApplyCommunity(self, request: pb.ApplyCommunityRequest, context: Context) -> pb.ApplyCommunityResponse:
        definition = wire.definition_of(request.community)
        tools = Tools(new_join_code, self._sealer.lookup, self._sealer.seal, new_id)
        own_id = community_id(definition.key)
        try:
            async with self._database.transaction(own_id, statement_ms=IMPORT_STATEMENT_MS) as tx:
                found = await apply_community(
                    tx,
                    definition,
                    tools,
                    actor=_actor(current_principal()),
                    is_dry_run=request.is_dry_run,
                    is_pruning=request.is_pruning,
                )
        except IntegrityError as error:  # somebody joined what was to be removed
            raise Aborted("the community has changed meanwhile; nothing was done: import once more") from error
        return pb.ApplyCommunityResponse(
            community_id=own_id,
            created_count=found.created,
            changed_count=found.changed,
            unchanged_count=found.unchanged,
            removed_count=found.removed,
            changes=[
                pb.CommunityChange(kind=one.kind, key=one.key, name=one.name, what=one.what, note=one.note)
                for one in found.changes[:MOST_CHANGES]
            ],
        )

    async def GetCommunity(self, request: pb.GetCommunityRequest, context: Context) -> pb.GetCommunityResponse:
        principal = current_principal()
        if not request.community:
            raise InvalidArgument("community is missing: a UUID or a key", field="community")
        wanted = community_id_of(request.community)
        if not access.sees_all(principal) and principal.community_id != wanted:
            raise CommunityNotFound
        async with self._database.transaction(wanted) as tx:
            found = await places.community(tx)
        if found is None:
            raise CommunityNotFound
        return pb.GetCommunityResponse(community=wire.community_to_proto(found))

    async def ListGroups(self, request: pb.ListGroupsRequest, context: Context) -> pb.ListGroupsResponse:
        principal = current_principal()
        size = page_size(request.page_size)
        after = _after("ListGroups", request, str, uuid.UUID)
        async with self._community(request) as tx:
            seen = await places.groups(
                tx,
                access.reader_of(principal),
                only_own=not access.sees_all(principal),
                after=after,
                limit=size + 1,
            )
        groups = [access.shown(principal, *each)[0] for each in seen[:size]]
        token = encode_token("ListGroups", [groups[-1].name, groups[-1].id]) if len(seen) > size else ""
        return pb.ListGroupsResponse(groups=map(wire.group_to_proto, groups), next_page_token=token)

    async def GetGroup(self, request: pb.GetGroupRequest, context: Context) -> pb.GetGroupResponse:
        group_id = wire.uuid_of(request.group_id, "group_id")
        async with self._community(request) as tx:
            group, _ = await access.group_for(tx, current_principal(), group_id)
        return pb.GetGroupResponse(group=wire.group_to_proto(group))

    async def ListMembers(self, request: pb.ListMembersRequest, context: Context) -> pb.ListMembersResponse:
        group_id = wire.uuid_of(request.group_id, "group_id")
        size = page_size(request.page_size)
        after = _after("ListMembers", request, int, uuid.UUID)
        if after is not None and after[0] not in (0, 1):
            raise InvalidArgument("page_token is not one that was given out; begin without it", field="page_token")
        async with self._community(request) as tx:
            _, with_flats = await access.reading_for(tx, current_principal(), group_id)
            found = await places.members(tx, group_id, after=after, limit=size + 1)
        shown = found[:size]
        token = ""
        if len(found) > size:
            token = encode_token("ListMembers", [int(shown[-1].is_resident), shown[-1].person_id])
        return pb.ListMembersResponse(
            members=[wire.member_to_proto(each, with_flat=with_flats) for each in shown], next_page_token=token
        )

    async def PostMessage(self, request: pb.PostMessageRequest, context: Context) -> pb.PostMessageResponse:
        principal = current_principal()
        draft = await self._draft(principal, request.community_id, request.group_id, request.message)
        try:
            posted = await self._poster.post(draft)
        except LouyuError as error:
            if not isinstance(error, Unavailable):  # of which nothing is known: the repeat finds its own claim
                await self._release_media(draft)
            if isinstance(error, SenderNotMember) and not access.sees_all(principal):
                raise GroupNotFound from None
            raise
        return pb.PostMessageResponse(
            message_id=posted.message_id, seq=posted.seq, posted_at=timestamp(posted.posted_at)
        )

    async def PostMessageBatch(
        self, request: pb.PostMessageBatchRequest, context: Context
    ) -> pb.PostMessageBatchResponse:
        principal = current_principal()
        own_id = wire.uuid_of(request.community_id, "community_id")
        if not 1 <= len(request.messages) <= MOST_IN_BATCH:
            raise InvalidArgument(f"messages must be 1 to {MOST_IN_BATCH}", field="messages")
        drafts: list[Draft] = []
        results = [pb.PostResult() for _ in request.messages]
        accepted = []
        for number, each in enumerate(request.messages):
            try:
                drafts.append(await self._draft(principal, own_id, each.group_id, each.message))
                accepted.append(number)
            except LouyuError as error:
                results[number].refusal = error.reason
        outcomes = await self._poster.post_all(drafts)
        for number, draft, outcome in zip(accepted, drafts, outcomes, strict=True):
            if isinstance(outcome, Posted):
                results[number].message_id, results[number].seq = outcome.message_id, outcome.seq
            else:
                results[number].refusal = outcome.reason
                await self._release_media(draft)
        return pb.PostMessageBatchResponse(results=results)

    async def ListMessages(self, request: pb.ListMessagesRequest, context: Context) -> pb.ListMessagesResponse:
        group_id = wire.uuid_of(request.group_id, "group_id")
        size = page_size(request.page_size)
        if request.after_seq and request.before_seq:
            raise InvalidArgument("set after_seq or before_seq, not both", field="before_seq")
        for field, seq in (("after_seq", request.after_seq), ("before_seq", request.before_seq)):
            if seq < 0:
                raise InvalidArgument(f"{field} must not be negative", field=field)
        direction, seq = ("before", request.before_seq) if request.before_seq else ("after", request.after_seq)
        position = _after("ListMessages", request, str, int, uuid.UUID)
        if position is not None:
            direction, seq, token_group = position
            if token_group != group_id:
                raise InvalidArgument("page_token belongs to another group; begin without it", field="page_token")
        async with self._community(request) as tx:
            group, by_steward = await access.reading_for(tx, current_principal(), group_id)
            read = messages.before if direction == "before" else messages.after
            found = await read(tx, group_id, seq, size + 1)
            has_more = len(found) > size
            if has_more:
                found = found[1:] if direction == "before" else found[:size]
            seen = await as_read_by(tx, group_id, found, current_principal().id, by_steward=by_steward)
        token = ""
        if has_more:
            edge = found[0] if direction == "before" else found[-1]
            token = encode_token("ListMessages", [direction, edge.seq, group_id])
        return pb.ListMessagesResponse(
            messages=map(wire.message_to_proto, seen),
            next_page_token=token,
            last_seq=group.last_seq,
            last_change=group.last_change,
        )

    async def SubscribeMessages(
        self, request: pb.SubscribeMessagesRequest, context: Context
    ) -> AsyncIterator[pb.SubscribeMessagesResponse]:
        group_id = wire.uuid_of(request.group_id, "group_id")
        for field, position in (("after_seq", request.after_seq), ("after_change", request.after_change)):
            if position < 0:
                raise InvalidArgument(f"{field} must not be negative", field=field)
        async with self._community(request) as tx:
            _, by_steward = await access.reading_for(tx, current_principal(), group_id)
        key = (request.community_id.lower(), group_id)
        # closing the generator also when the caller leaves in the middle: the reader gives its place back
        async with contextlib.aclosing(self._feed.subscribe(key, request.after_seq, request.after_change)) as fresh:
            async for news in fresh:
                yield pb.SubscribeMessagesResponse(
                    messages=[
                        wire.message_to_proto(ReadMessage(as_shown(each, by_steward=by_steward)))
                        for each in news.messages
                    ],
                    last_change=news.last_change,
                )

    async def ResolveJoinCode(self, request: pb.ResolveJoinCodeRequest, context: Context) -> pb.ResolveJoinCodeResponse:
        own_id, group_id = await self._opened_by(request.join_code)
        async with self._database.transaction(own_id) as tx:
            community = await places.community(tx)
            seen = await places.group(tx, group_id, reader="")
        if community is None or seen is None:
            raise JoinCodeUnknown
        group = wire.group_to_proto(seen[0])
        group.join_code = request.join_code
        return pb.ResolveJoinCodeResponse(
            community_id=own_id,
            community_name=community.name,
            group=group,
            consent_version=consent.CURRENT_VERSION,
        )

    async def JoinGroup(self, request: pb.JoinGroupRequest, context: Context) -> pb.JoinGroupResponse:
        principal = current_principal()
        consent.check_version(request.consent_version)
        own_id, _ = await self._opened_by(request.join_code)
        joining = Joining(
            join_code=request.join_code,
            flat=request.flat,
            name=request.name.strip(),
            consent_version=request.consent_version,
            way=request.address.channel if request.HasField("address") else "page",
            person_id="" if access.sees_all(principal) else principal.id,
            address=_proven_address(principal, request),
            kind=_own_kind(request),
        )
        if joining.person_id and principal.community_id != own_id:
            raise JoinCodeUnknown

        async def work(tx: Transaction) -> pb.JoinGroupResponse:
            async def join() -> pb.JoinGroupResponse:
                joined = await join_group(tx, joining, self._sealer, new_id)
                person = await places.person(tx, joined.person_id, is_id=True)
                seen = await places.group(tx, joined.group_id, joined.person_id)
                if person is None or seen is None:
                    raise GroupNotFound
                own = Principal("person", person.id, own_id)
                group, _ = access.shown(own, *seen)
                return pb.JoinGroupResponse(person=wire.person_to_proto(person), group=wire.group_to_proto(group))

            key = request.idempotency_key
            return await once(tx, _actor(principal), "JoinGroup", key, request, pb.JoinGroupResponse, join)

        return await self._database.in_transaction(own_id, work)

    async def LeaveGroup(self, request: pb.LeaveGroupRequest, context: Context) -> pb.LeaveGroupResponse:
        principal = current_principal()
        group_id = wire.uuid_of(request.group_id, "group_id")
        if not access.sees_all(principal) and request.person_id not in ("", principal.id):
            raise InvalidArgument("person_id is for services", field="person_id")
        person_id = wire.uuid_of(request.person_id or principal.id, "person_id")

        async def work(tx: Transaction) -> pb.LeaveGroupResponse:
            async def leave() -> pb.LeaveGroupResponse:
                left = await leave_group(tx, group_id, person_id, "page", new_id)
                return pb.LeaveGroupResponse(group_name=left.group_name, has_left_community=left.has_left_community)

            key = request.idempotency_key
            return await once(tx, _actor(principal), "LeaveGroup", key, request, pb.LeaveGroupResponse, leave)

        return await self._database.in_transaction(wire.uuid_of(request.community_id, "community_id"), work)

    async def ListNames(self, request: pb.ListNamesRequest, context: Context) -> pb.ListNamesResponse:
        async with self._community(request) as tx:
            residents, role_holders = await places.names(tx)
        return pb.ListNamesResponse(residents=residents, role_holders=role_holders)

    async def ReceiveFromChannel(
        self, request: pb.ReceiveFromChannelRequest, context: Context
    ) -> pb.ReceiveFromChannelResponse:
        return wire.outcome_to_proto(await self._door.receive(wire.callback_of(request)))

    async def GetPerson(self, request: pb.GetPersonRequest, context: Context) -> pb.GetPersonResponse:
        if not request.person:
            raise InvalidArgument("person is missing: a UUID or a key", field="person")
        async with self._community(request) as tx:
            person = await access.person_for(tx, current_principal(), request.person, is_id=is_uuid(request.person))
            is_kept_from_reading = await residency_store.is_kept_from_reading(tx, person.id)
        response = pb.GetPersonResponse(person=wire.person_to_proto(person))
        response.person.is_kept_from_reading = is_kept_from_reading
        return response

    async def FindPersonsByAddress(
        self, request: pb.FindPersonsByAddressRequest, context: Context
    ) -> pb.FindPersonsByAddressResponse:
        found = await addresses.persons_at(self._database, self._sealer, wire.address_of(request.address))
        return pb.FindPersonsByAddressResponse(persons=map(wire.person_to_proto, found))

    async def ResolveAddresses(
        self, request: pb.ResolveAddressesRequest, context: Context
    ) -> pb.ResolveAddressesResponse:
        if not 1 <= len(request.person_ids) <= MOST_PERSONS:
            raise InvalidArgument(f"person_ids must be 1 to {MOST_PERSONS}", field="person_ids")
        if not request.channel:
            raise InvalidArgument("channel is missing", field="channel")
        person_ids = [wire.uuid_of(each, f"person_ids[{at}]") for at, each in enumerate(request.person_ids)]
        async with self._community(request) as tx:
            found = await addresses.resolve_addresses(
                tx, self._sealer, person_ids, request.channel, actor=_actor(current_principal())
            )
        return pb.ResolveAddressesResponse(addresses=map(wire.address_to_proto, found))

    def _community(self, request: Any) -> AbstractAsyncContextManager[Transaction]:
        """Return a transaction inside the request's community."""
        return self._database.transaction(wire.uuid_of(request.community_id, "community_id"))

    async def _draft(self, principal: Principal, own_id: str, group_id: str, message: message_pb2.NewMessage) -> Draft:
        """Return the draft of a message from whoever may speak: the caller, or whom a service or importer names."""
        checked = wire.message_of(message, _sender(principal, message))
        service = principal.id if principal.is_service else ""
        community_id, group_id = wire.uuid_of(own_id, "community_id"), wire.uuid_of(group_id, "group_id")
        if checked.sender_id == principal.id:
            check_not_told(checked.text)
        draft = draft_message(community_id, group_id, checked, service=service)
        if not checked.media_ids:
            return draft
        via = await claim_media(
            self._database,
            community_id,
            group_id,
            checked.sender_id or "",
            checked.media_ids,
            checked.idempotency_key,
        )
        return draft if via == checked.via else draft_message(community_id, group_id, replace(checked, via=via))

    async def _release_media(self, draft: Draft) -> None:
        message = draft.message
        if message.media_ids:
            await release_media(self._database, draft.community_id, message.media_ids, message.idempotency_key)

    async def _opened_by(self, join_code: str) -> tuple[str, str]:
        """Return community and group of a join code. Raises JoinCodeUnknown."""
        async with self._database.transaction() as tx:
            opened = await joining_store.resolve_join_code(tx, join_code)
        if opened is None:
            raise JoinCodeUnknown
        return opened


def _sender(principal: Principal, message: message_pb2.NewMessage) -> str | None:
    """Return who speaks, None for the platform."""
    if not access.sees_all(principal):
        for field, own in (("sender_id", principal.id), ("is_platform", False), ("question_id", "")):
            if getattr(message, field) and getattr(message, field) != own:
                raise InvalidArgument(f"{field} is for services", field=f"message.{field}")
        if message.HasField("said_at"):
            raise InvalidArgument("said_at is for services and imports", field="message.said_at")
        return principal.id
    if message.is_platform and principal.is_service:
        if message.sender_id:
            raise InvalidArgument("the platform's words have no sender", field="message.sender_id")
        return None
    if message.is_platform:
        raise InvalidArgument("is_platform is for services", field="message.is_platform")
    return wire.uuid_of(message.sender_id, "message.sender_id")


def _proven_address(principal: Principal, request: pb.JoinGroupRequest) -> ChannelAddress | None:
    """Return the address with which somebody joins: only the gateway can know that it is theirs."""
    if not request.HasField("address"):
        return None
    if not principal.is_service:
        raise InvalidArgument("address is for the gateway, to which a channel has proven it", field="address")
    return wire.address_of(request.address)


def _own_kind(request: pb.JoinGroupRequest) -> str:
    """Return as what somebody who joins belongs to the household; "" when they were not asked."""
    kind = wire.kind_of(request.kind, "kind")
    if kind not in ("", *OF_HOUSEHOLDS):
        raise InvalidArgument("kind must be owner, tenant or absent owner", field="kind")
    return kind


def _actor(principal: Principal) -> str:
    """Return how a caller is named in the audit trail and with idempotency keys."""
    return f"service:{principal.id}" if principal.is_service else principal.id


def _after(method: str, request: Any, *kinds: type) -> Any:
    """Return a page token's position as a tuple of these types, None without a token."""
    position = decode_token(method, request.page_token, *kinds)
    return None if position is None else tuple(position)


def new_join_code() -> str:
    """Return a random join code of ten letters that are not mistaken for each other: 50 bits."""
    return "".join(secrets.choice(JOIN_CODE_LETTERS) for _ in range(10))
