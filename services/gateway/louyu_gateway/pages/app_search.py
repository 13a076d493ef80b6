"""The resident's page: searching the history of a group."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from louyu_gateway.gateway import Gateway
from louyu_gateway.pages.conversation import read_group
from louyu_gateway.pages.history import read_history


def app_search_pages(gateway: Gateway) -> APIRouter:
    """Return the route of searching under /app/."""
    router = APIRouter(prefix="/app/groups/{group_id}", include_in_schema=False)

    @router.get("/search")
    async def search(request: Request, group_id: str) -> Response:
        viewer = await gateway.viewer(request)
        group = await read_group(viewer, group_id)
        history = await read_history(gateway, viewer, request, {}, group_id)
        return gateway.pages.render(request, "app/search.html", group=group, history=history)

    return router
