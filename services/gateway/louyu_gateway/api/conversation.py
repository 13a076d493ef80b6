"""/api/v1/groups/{group}/...: what becomes of messages after they were posted, and how far you have read."""

from typing import Any

from fastapi import APIRouter, Request
from louyu.messaging.v1 import conversation_service_pb2 as conversation
from louyu_runtime.errors import NotFound

from louyu_gateway.api import answers, models
from louyu_gateway.api.asking import ERRORS, SIGNED, Community, checked_id, community_of, reader, writer
from louyu_gateway.bounds import MessageSeq
from louyu_gateway.gateway import Gateway
from louyu_gateway.wire import reaction_from_word


def conversation_routes(gateway: Gateway) -> APIRouter:
    """Return the routes of what becomes of messages."""
    router = APIRouter(prefix="/groups/{group}", tags=["groups"], dependencies=SIGNED, responses=ERRORS)

    async def change(request: Request, community: str | None, asked: Any, group: str) -> models.Message:
        viewer = await writer(gateway, request)
        asked.community_id = await community_of(viewer, community)
        asked.group_id = checked_id(group, "group")
        return answers.message(group, (await viewer.ask.conversation(asked)).message, None)

    @router.delete("/messages/{seq}", status_code=204)
    async def recall_message(request: Request, group: str, seq: MessageSeq, community: Community = None) -> None:
        """Take back a message of your own, within two minutes; its words are gone for everybody."""
        await change(request, community, conversation.RecallMessageRequest(seq=seq), group)

    @router.put("/messages/{seq}/reactions/{kind}")
    async def react(
        request: Request, group: str, seq: MessageSeq, kind: models.ReactionKind, community: Community = None
    ) -> models.Message:
        """React to a neighbour's message: `me_too` on a question makes you one of its askers, `thanks` settles it."""
        asked = conversation.ReactToMessageRequest(seq=seq, reaction=reaction_from_word(kind))
        return await change(request, community, asked, group)

    @router.delete("/messages/{seq}/reactions/{kind}")
    async def withdraw_reaction(
        request: Request, group: str, seq: MessageSeq, kind: models.ReactionKind, community: Community = None
    ) -> models.Message:
        """Take your reaction back."""
        asked = conversation.ReactToMessageRequest(seq=seq, reaction=reaction_from_word(kind), is_withdrawn=True)
        return await change(request, community, asked, group)

    @router.put("/messages/{seq}/pin")
    async def pin(request: Request, group: str, seq: MessageSeq, community: Community = None) -> models.Message:
        """Pin a message to the top of the group, for those who look after the building; at most 5."""
        return await change(request, community, conversation.PinMessageRequest(seq=seq), group)

    @router.delete("/messages/{seq}/pin")
    async def unpin(request: Request, group: str, seq: MessageSeq, community: Community = None) -> models.Message:
        """Take a pinned message down."""
        return await change(request, community, conversation.PinMessageRequest(seq=seq, is_withdrawn=True), group)

    @router.get("/pinned")
    async def list_pinned(request: Request, group: str, community: Community = None) -> models.Pinned:
        """List the pinned messages, the latest pinned first."""
        viewer = await reader(gateway, request)
        found: conversation.ListPinnedMessagesResponse = await viewer.ask.conversation(
            conversation.ListPinnedMessagesRequest(
                community_id=await community_of(viewer, community), group_id=checked_id(group, "group")
            )
        )
        return models.Pinned(messages=[answers.message(group, message, None) for message in found.messages])

    @router.put("/read")
    async def mark_read(
        request: Request, group: str, position: models.ReadPosition, community: Community = None
    ) -> models.ReadPosition:
        """Say up to where you have read; it never goes back, and counts in every group's `read_seq`."""
        viewer = await writer(gateway, request)
        found: conversation.MarkReadResponse = await viewer.ask.conversation(
            conversation.MarkReadRequest(
                community_id=await community_of(viewer, community),
                group_id=checked_id(group, "group"),
                seq=position.seq,
            )
        )
        if not found.read_seq:
            raise NotFound("the group has no messages yet", field="seq")
        return models.ReadPosition(seq=found.read_seq)

    return router
