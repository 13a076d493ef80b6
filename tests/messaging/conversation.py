"""The service of conversations as tests call it, always as a person."""

from typing import Any

from louyu.messaging.v1 import conversation_service_pb2 as pb
from louyu.messaging.v1 import conversation_service_pb2_grpc, message_pb2
from louyu_runtime.rpc.client import Client

from tests.messaging.community import COMMUNITY, GROUP_28, Messaging, person


class Conversation:
    """The service, beside that of messages."""

    def __init__(self, messaging: Messaging, client: Client[conversation_service_pb2_grpc.ConversationServiceStub]):
        self.messaging = messaging
        self._client = client

    async def _call(self, method: str, request: Any, who: str) -> Any:
        return await self._client.call(method, request, principal=person(who), timeout=15.0)

    async def recall(self, seq: int, *, who: str = "zhang", group: str = GROUP_28) -> message_pb2.Message:
        request = pb.RecallMessageRequest(community_id=COMMUNITY, group_id=group, seq=seq)
        found: message_pb2.Message = (await self._call("RecallMessage", request, who)).message
        return found

    async def changed(
        self, after_change: int, *, who: str = "louzhang", page_size: int = 0
    ) -> pb.ListChangedMessagesResponse:
        request = pb.ListChangedMessagesRequest(
            community_id=COMMUNITY, group_id=GROUP_28, after_change=after_change, page_size=page_size
        )
        answer: pb.ListChangedMessagesResponse = await self._call("ListChangedMessages", request, who)
        return answer

    async def react(
        self, seq: int, reaction: message_pb2.Reaction.ValueType, *, who: str, is_withdrawn: bool = False
    ) -> message_pb2.Message:
        request = pb.ReactToMessageRequest(
            community_id=COMMUNITY, group_id=GROUP_28, seq=seq, reaction=reaction, is_withdrawn=is_withdrawn
        )
        found: message_pb2.Message = (await self._call("ReactToMessage", request, who)).message
        return found

    async def pin(self, seq: int, *, who: str = "louzhang", is_withdrawn: bool = False) -> message_pb2.Message:
        request = pb.PinMessageRequest(community_id=COMMUNITY, group_id=GROUP_28, seq=seq, is_withdrawn=is_withdrawn)
        found: message_pb2.Message = (await self._call("PinMessage", request, who)).message
        return found

    async def pinned(self, *, who: str = "zhang") -> list[int]:
        request = pb.ListPinnedMessagesRequest(community_id=COMMUNITY, group_id=GROUP_28)
        return [message.seq for message in (await self._call("ListPinnedMessages", request, who)).messages]

    async def mark_read(self, seq: int, *, who: str = "zhang") -> int:
        request = pb.MarkReadRequest(community_id=COMMUNITY, group_id=GROUP_28, seq=seq)
        return int((await self._call("MarkRead", request, who)).read_seq)
