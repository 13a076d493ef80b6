"""The gRPC service of what happens to messages after they were posted: requests in, the domain called, answers out."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from louyu.messaging.v1 import conversation_service_pb2 as pb
from louyu.messaging.v1 import conversation_service_pb2_grpc
from louyu_runtime.database import Database, Transaction
from louyu_runtime.errors import InvalidArgument
from louyu_runtime.identity import current_principal
from louyu_runtime.paging import page_size

from louyu_messaging import access, wire
from louyu_messaging.feed import GroupKey
from louyu_messaging.recalling import recall
from louyu_messaging.store import messages

Context = Any
"""grpc.aio.ServicerContext; its published type names requests and answers, which the base class leaves open."""

TellChange = Callable[[GroupKey, int], None]
"""Tells the readers of a group, in this process, the number of a change."""


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
            group, by_steward = await access.group_for(tx, current_principal(), group_id)
            found = await messages.changed_after(tx, group_id, request.after_change, size + 1)
        has_more = len(found) > size
        # Without more, whatever was changed up to the group's number has been seen, also what was changed twice.
        last_change = found[size - 1][0] if has_more else max(request.after_change, group.last_change)
        return pb.ListChangedMessagesResponse(
            messages=[wire.message_to_proto(each, by_steward=by_steward) for _, each in found[:size]],
            last_change=last_change,
            has_more=has_more,
        )

    async def RecallMessage(self, request: pb.RecallMessageRequest, context: Context) -> pb.RecallMessageResponse:
        principal = current_principal()
        group_id = wire.uuid_of(request.group_id, "group_id")
        if request.seq < 1:
            raise InvalidArgument("seq is missing: the position of a message", field="seq")
        async with self._community(request) as tx:
            await access.group_for(tx, principal, group_id)
            message, change = await recall(tx, group_id, request.seq, principal.id)
            key = (tx.community_id, group_id)
            tx.after_commit.append(lambda: self._tell_change(key, change))
        return pb.RecallMessageResponse(message=wire.message_to_proto(message, by_steward=False))

    def _community(self, request: Any) -> AbstractAsyncContextManager[Transaction]:
        """Return a transaction inside the request's community."""
        return self._database.transaction(wire.uuid_of(request.community_id, "community_id"))
