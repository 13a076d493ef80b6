"""The gRPC service of what happens to messages after they were posted: requests in, the domain called, answers out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from louyu.messaging.v1 import conversation_service_pb2 as pb
from louyu.messaging.v1 import conversation_service_pb2_grpc, message_pb2
from louyu_runtime.database import Database, Transaction
from louyu_runtime.errors import InvalidArgument, PermissionDenied
from louyu_runtime.identity import current_principal
from louyu_runtime.paging import page_size

from louyu_messaging import access, wire
from louyu_messaging.errors import MessageNotFound
from louyu_messaging.feed import GroupKey
from louyu_messaging.pinning import pin
from louyu_messaging.reacting import react
from louyu_messaging.reading import as_read_by
from louyu_messaging.recalling import recall
from louyu_messaging.search.answering import answer_search
from louyu_messaging.store import messages, read_positions

Context = Any
"""grpc.aio.ServicerContext; its published type names requests and answers, which the base class leaves open."""

TellChange = Callable[[GroupKey, int], None]
"""Tells the readers of a group, in this process, the number of a change."""


Act = Callable[[Transaction, str, int], Awaitable[int]]
"""(transaction, group, position) -> the number of the change, 0 if nothing has changed."""


class ConversationServicer(conversation_service_pb2_grpc.ConversationServiceServicer):
    """The RPCs about messages that stand already."""

    def __init__(self, database: Database, tell_change: TellChange) -> None:
        self._database = database
        self._tell_change = tell_change

    async def ListChangedMessages(
        self, request: pb.ListChangedMessagesRequest, context: Context
    ) -> pb.ListChangedMessagesResponse:
        group_id = wire.uuid_of(request.group_id, "group_id")
        size = page_size(request.page_size)
        if request.after_change < 0:
            raise InvalidArgument("after_change must not be negative", field="after_change")
        async with self._community(request) as tx:
            group, by_steward = await access.reading_for(tx, current_principal(), group_id)
            found = await messages.changed_after(tx, group_id, request.after_change, size + 1)
            shown = [message for _, message in found[:size]]
            seen = await as_read_by(tx, group_id, shown, current_principal().id, by_steward=by_steward)
        has_more = len(found) > size
        # Without more, whatever was changed up to the group's number has been seen, also what was changed twice.
        last_change = found[size - 1][0] if has_more else max(request.after_change, group.last_change)
        return pb.ListChangedMessagesResponse(
            messages=map(wire.message_to_proto, seen),
            last_change=last_change,
            has_more=has_more,
        )

    async def RecallMessage(self, request: pb.RecallMessageRequest, context: Context) -> pb.RecallMessageResponse:
        async def act(tx: Transaction, group_id: str, seq: int) -> int:
            return await recall(tx, group_id, seq, current_principal().id)

        return pb.RecallMessageResponse(message=await self._change(request, act))

    async def ReactToMessage(self, request: pb.ReactToMessageRequest, context: Context) -> pb.ReactToMessageResponse:
        kind = wire.reaction_of(request.reaction)

        async def act(tx: Transaction, group_id: str, seq: int) -> int:
            me = await access.person_for(tx, current_principal(), access.own_id(current_principal()), is_id=True)
            return await react(tx, group_id, seq, me.id, me.name, kind, is_withdrawn=request.is_withdrawn)

        return pb.ReactToMessageResponse(message=await self._change(request, act))

    async def PinMessage(self, request: pb.PinMessageRequest, context: Context) -> pb.PinMessageResponse:
        async def act(tx: Transaction, group_id: str, seq: int) -> int:
            me = await access.person_for(tx, current_principal(), access.own_id(current_principal()), is_id=True)
            return await pin(tx, group_id, seq, me.id, me.name, is_withdrawn=request.is_withdrawn)

        return pb.PinMessageResponse(message=await self._change(request, act, stewards_only=True))

    async def ListPinnedMessages(
        self, request: pb.ListPinnedMessagesRequest, context: Context
    ) -> pb.ListPinnedMessagesResponse:
        group_id = wire.uuid_of(request.group_id, "group_id")
        async with self._community(request) as tx:
            _, by_steward = await access.reading_for(tx, current_principal(), group_id)
            found = await messages.pinned(tx, group_id)
            seen = await as_read_by(tx, group_id, found, current_principal().id, by_steward=by_steward)
        return pb.ListPinnedMessagesResponse(messages=map(wire.message_to_proto, seen))

    async def MarkRead(self, request: pb.MarkReadRequest, context: Context) -> pb.MarkReadResponse:
        group_id = wire.uuid_of(request.group_id, "group_id")
        _check_seq(request.seq)
        async with self._community(request) as tx:
            await access.reading_for(tx, current_principal(), group_id)
            read_seq = await read_positions.move_on(tx, group_id, access.own_id(current_principal()), request.seq)
        return pb.MarkReadResponse(read_seq=read_seq)

    async def SearchMessages(self, request: pb.SearchMessagesRequest, context: Context) -> pb.SearchMessagesResponse:
        async with self._community(request) as tx:
            return await answer_search(tx, current_principal(), request)

    async def _change(self, request: Any, act: Act, *, stewards_only: bool = False) -> message_pb2.Message:
        """Do something to the message that the request names, tell its readers, and return it as it is then."""
        principal = current_principal()
        group_id = wire.uuid_of(request.group_id, "group_id")
        _check_seq(request.seq)
        async with self._community(request) as tx:
            _, by_steward = await access.reading_for(tx, principal, group_id)
            if stewards_only and not by_steward:
                raise PermissionDenied("only those who look after the building may do this")
            change = await act(tx, group_id, request.seq)
            found = await messages.at(tx, group_id, request.seq)
            if found is None:
                raise MessageNotFound
            (seen,) = await as_read_by(tx, group_id, [found], principal.id, by_steward=by_steward)
            key = (tx.community_id, group_id)
            tx.after_commit.append(lambda: self._tell_change(key, change))
        return wire.message_to_proto(seen)

    def _community(self, request: Any) -> AbstractAsyncContextManager[Transaction]:
        """Return a transaction inside the request's community."""
        return self._database.transaction(wire.uuid_of(request.community_id, "community_id"))


def _check_seq(seq: int) -> None:
    if seq < 1:
        raise InvalidArgument("seq is missing: the position of a message", field="seq")
