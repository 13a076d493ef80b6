"""Leaving a group by the resident's page: asked once, then done."""

from fastapi import APIRouter
from louyu.messaging.v1 import messaging_service_pb2 as messaging
from louyu_runtime.errors import RemoteError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from louyu_gateway.gateway import Gateway
from louyu_gateway.pages.conversation import read_group
from louyu_gateway.pages.views import Link


def leaving_pages(gateway: Gateway) -> APIRouter:
    """Return the routes of leaving under /app/groups/."""
    router = APIRouter(prefix="/app/groups", include_in_schema=False)
    pages = gateway.pages

    @router.get("/{group_id}/leave")
    async def ask(request: Request, group_id: str) -> Response:
        viewer = await gateway.viewer(request)
        return pages.render(request, "app/leave.html", group=await read_group(viewer, group_id), problem="")

    @router.post("/{group_id}/leave")
    async def leave(request: Request, group_id: str) -> Response:
        viewer, fields = await gateway.writer(request)
        group = await read_group(viewer, group_id)
        texts = pages.texts(request)
        try:
            left: messaging.LeaveGroupResponse = await viewer.ask.messaging(
                messaging.LeaveGroupRequest(
                    community_id=viewer.community(), group_id=group_id, idempotency_key=fields.get("key", "")
                )
            )
        except RemoteError as error:
            if error.reason != "ROLE_HELD":
                raise
            return pages.render(request, "app/leave.html", status=422, group=group, problem=texts(error.resident_text))
        gateway.people.forget(viewer.principal)
        if not left.has_left_community:
            return RedirectResponse("/app/?list", status_code=303)
        response = pages.render(
            request,
            "app/plain.html",
            heading=texts("您已退出{group}", group=left.group_name),
            words=texts("门牌号和称呼已经删除。再想加入，扫楼门口的二维码就行。"),
            mend="",
            incident="",
            sign="door",
            actions=list[Link](),
        )
        await gateway.sessions.end(request, response)
        return response

    return router
