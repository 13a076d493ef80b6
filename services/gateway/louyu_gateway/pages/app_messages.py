"""The resident's page: what becomes of messages that stand in the conversation, and how far it has been read."""

from typing import Any

from fastapi import APIRouter
from louyu.messaging.v1 import conversation_service_pb2 as conversation
from louyu_runtime.errors import InvalidArgument
from louyu_runtime.permissions import LEADERS
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from louyu_gateway.bounds import MessageSeq, Position, whole_number
from louyu_gateway.gateway import Gateway
from louyu_gateway.pages.conversation import read_changed, read_pinned
from louyu_gateway.wire import reaction_from_word


def message_pages(gateway: Gateway) -> APIRouter:
    """Return the routes under /app/groups/{group_id}."""
    router = APIRouter(prefix="/app/groups/{group_id}", include_in_schema=False)
    pages = gateway.pages

    async def change(request: Request, group_id: str, asked: Any) -> Response:
        """Do what a tap on a message asks for; a page without scripts is led back to it."""
        viewer, _ = await gateway.writer(request)
        asked.community_id, asked.group_id = viewer.community(), group_id
        await viewer.ask.conversation(asked)
        if "application/json" in request.headers.get("accept", ""):
            return JSONResponse({"seq": asked.seq})
        return RedirectResponse(f"/app/groups/{group_id}#m{asked.seq}", status_code=303)

    @router.get("/changed")
    async def changed_messages(request: Request, group_id: str, after_change: Position) -> Response:
        viewer = await gateway.viewer(request)
        entries, last_change = await read_changed(gateway, viewer, request, group_id, after_change)
        return pages.render(
            request,
            "app/pulled_changed.html",
            entries=entries,
            last_change=last_change,
            is_leader=bool(viewer.principal.roles & LEADERS),
        )

    @router.get("/pinned")
    async def pinned(request: Request, group_id: str) -> Response:
        viewer = await gateway.viewer(request)
        return pages.render(
            request, "app/pulled_pinned.html", pinned=await read_pinned(gateway, viewer, request, group_id)
        )

    @router.post("/messages/{seq}/recall")
    async def recall(request: Request, group_id: str, seq: MessageSeq) -> Response:
        return await change(request, group_id, conversation.RecallMessageRequest(seq=seq))

    @router.post("/messages/{seq}/{kind}")
    async def react(request: Request, group_id: str, seq: MessageSeq, kind: str, withdrawn: bool = False) -> Response:
        if kind == "pin":
            return await change(request, group_id, conversation.PinMessageRequest(seq=seq, is_withdrawn=withdrawn))
        try:
            reaction = reaction_from_word(kind)
        except ValueError as error:
            raise InvalidArgument("a message can be given me_too, thanks or pin", field="kind") from error
        asked = conversation.ReactToMessageRequest(seq=seq, reaction=reaction, is_withdrawn=withdrawn)
        return await change(request, group_id, asked)

    @router.post("/read")
    async def read(request: Request, group_id: str) -> Response:
        viewer, fields = await gateway.writer(request)
        found: conversation.MarkReadResponse = await viewer.ask.conversation(
            conversation.MarkReadRequest(
                community_id=viewer.community(), group_id=group_id, seq=whole_number(fields, "seq")
            )
        )
        return JSONResponse({"seq": found.read_seq})

    return router
