"""The resident's page: groups, and a group's conversation with live updates and a composer."""

import re
import uuid

from fastapi import APIRouter
from louyu.messaging.v1 import message_pb2
from louyu.messaging.v1 import messaging_service_pb2 as messaging
from louyu_runtime.errors import RemoteError
from louyu_runtime.permissions import LEADERS
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from louyu_gateway import hints
from louyu_gateway.bounds import Position, whole_number
from louyu_gateway.gateway import Gateway
from louyu_gateway.pages.conversation import (
    read_community_name,
    read_conversation,
    read_group,
    read_groups,
    read_marks,
    read_open_questions,
    read_pinned,
    read_questions,
)
from louyu_gateway.pages.render import name_of
from louyu_gateway.pages.views import GroupCard

MOST_MARKED = 400
"""Marks are read anew for so many messages at most, the newest on the page."""


def app_pages(gateway: Gateway) -> APIRouter:
    """Return the routes under /app/."""
    router = APIRouter(prefix="/app", include_in_schema=False)
    pages = gateway.pages

    @router.get("/")
    async def groups(request: Request) -> Response:
        viewer = await gateway.viewer(request)
        found = await read_groups(viewer)
        mine = [group for group in found if group.id in viewer.principal.group_ids] or found
        if len(mine) == 1 and not request.query_params:
            return RedirectResponse(f"/app/groups/{mine[0].id}", status_code=303)
        community_name = await read_community_name(viewer)
        cards = [
            GroupCard(
                group.id, group.name, plate_of(group.name), community_name, max(0, group.last_seq - group.read_seq)
            )
            for group in mine
        ]
        return pages.render(
            request,
            "app/groups.html",
            groups=cards,
            name=name_of(viewer.principal, pages.texts(request)),
            has_account=bool(gateway.channels.wechat_official_accounts),
        )

    @router.get("/groups/{group_id}")
    async def group(request: Request, group_id: str, before: Position = 0) -> Response:
        viewer = await gateway.viewer(request)
        shown = await read_group(viewer, group_id)
        try:
            found = await read_conversation(gateway, viewer, request, group_id, before_seq=before)
        except RemoteError as error:
            if error.reason != "RESIDENCY_DOUBTED":
                raise
            own = await read_questions(gateway, viewer, request, "", most=20)
            return pages.render(
                request, "app/asking.html", group=shown, own=own, problem=pages.texts(request)(error.resident_text)
            )
        response = pages.render(
            request,
            "app/group.html",
            group=shown,
            community_name=await read_community_name(viewer),
            entries=found.entries,
            last_seq=found.last_seq,
            last_change=found.last_change,
            earlier=found.earlier,
            later=found.later,
            open_questions=await read_open_questions(gateway, viewer, request, group_id),
            pinned=await read_pinned(gateway, viewer, request, group_id),
            read_seq=shown.read_seq,
            is_leader=bool(viewer.principal.roles & LEADERS),
        )
        response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(self), payment=()"
        return response

    @router.get("/groups/{group_id}/messages")
    async def newer_messages(request: Request, group_id: str, after_seq: Position, day: str = "") -> Response:
        viewer = await gateway.viewer(request)
        found = await read_conversation(gateway, viewer, request, group_id, after_seq=after_seq)
        return pages.render(
            request,
            "app/pulled_messages.html",
            entries=found.entries,
            before=day,
            is_leader=bool(viewer.principal.roles & LEADERS),
        )

    @router.get("/groups/{group_id}/marks")
    async def marks(request: Request, group_id: str, first: Position, last: Position) -> Response:
        viewer = await gateway.viewer(request)
        found = await read_marks(gateway, viewer, request, group_id, max(first, last - MOST_MARKED), last)
        return pages.render(request, "app/pulled_marks.html", marks=found)

    @router.get("/groups/{group_id}/open")
    async def open_questions(request: Request, group_id: str) -> Response:
        viewer = await gateway.viewer(request)
        group = await read_group(viewer, group_id)
        found = await read_open_questions(gateway, viewer, request, group_id)
        return pages.render(request, "app/pulled_open.html", group=group, open_questions=found)

    @router.get("/groups/{group_id}/live")
    async def live(request: Request, group_id: str, after_seq: Position = 0, after_change: Position = 0) -> Response:
        viewer = await gateway.viewer(request)
        await read_group(viewer, group_id)
        who, community_id = viewer.principal, viewer.community()
        source = hints.conversation_of(gateway, who, community_id, group_id, after_seq, after_change)
        return gateway.live.stream(source, owner=who.id)

    @router.post("/groups/{group_id}/messages")
    async def post(request: Request, group_id: str) -> Response:
        viewer, fields = await gateway.writer(request)
        gateway.keep_pace(request, viewer)
        message = message_pb2.NewMessage(
            text=fields.get("text", "").strip(),
            via=message_pb2.VIA_TEXT,
            media_ids=fields.get("media", "").split(),
            reply_to_seq=whole_number(fields, "reply_to"),
            idempotency_key=fields.get("key") or uuid.uuid4().hex,
        )
        posted: messaging.PostMessageResponse = await viewer.ask.messaging(
            messaging.PostMessageRequest(community_id=viewer.community(), group_id=group_id, message=message)
        )
        if "application/json" in request.headers.get("accept", ""):
            return JSONResponse({"seq": posted.seq, "next_key": uuid.uuid4().hex}, status_code=201)
        return RedirectResponse(f"/app/groups/{group_id}#m{posted.seq}", status_code=303)

    return router


def plate_of(name: str) -> str:
    """Return what stands on a group's plate: its building numbers, else the first two signs of its name.

    >>> plate_of("5、6号楼")
    '5·6'
    """
    return "·".join(re.findall(r"\d+", name)[:2]) or name[:2]
