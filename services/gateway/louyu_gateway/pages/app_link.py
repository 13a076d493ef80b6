"""The page on which somebody gets the words that make them known at the WeChat account as the same person."""

from fastapi import APIRouter
from louyu.messaging.v1 import membership_service_pb2 as membership
from starlette.requests import Request
from starlette.responses import Response

from louyu_gateway.gateway import Gateway
from louyu_gateway.wire import moment

AT = "/app/link"


def app_link_pages(gateway: Gateway) -> APIRouter:
    """Return the routes under /app/link."""
    router = APIRouter(prefix=AT, include_in_schema=False)
    pages = gateway.pages

    @router.get("")
    async def explain(request: Request) -> Response:
        await gateway.viewer(request)
        return pages.render(request, "app/link.html", words="", until=None)

    @router.post("")
    async def create(request: Request) -> Response:
        viewer, _ = await gateway.writer(request)
        made: membership.CreateLinkCodeResponse = await viewer.ask.membership(
            membership.CreateLinkCodeRequest(community_id=viewer.community())
        )
        response = pages.render(
            request,
            "app/link.html",
            words=f"绑定 {made.code[:4]} {made.code[4:]}",
            until=moment(made, "expires_at"),
        )
        response.headers["Cache-Control"] = "no-store"
        return response

    return router
