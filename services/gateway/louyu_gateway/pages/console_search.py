"""The console: searching the history of all groups that somebody looks after."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from louyu_gateway.gateway import Gateway
from louyu_gateway.pages.console import console_viewer, render_console
from louyu_gateway.pages.console_groups import AT
from louyu_gateway.pages.conversation import read_groups
from louyu_gateway.pages.history import read_history


def console_search_pages(gateway: Gateway) -> APIRouter:
    """Return the route of searching under /console/groups."""
    router = APIRouter(prefix=AT, include_in_schema=False)

    @router.get("/search")
    async def search(request: Request) -> Response:
        viewer = await console_viewer(gateway, request)
        names = {group.id: group.name for group in await read_groups(viewer)}
        history = await read_history(gateway, viewer, request, names)
        return await render_console(gateway, request, viewer, "console/search.html", at=AT, history=history)

    return router
