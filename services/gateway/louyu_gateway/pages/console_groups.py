"""The console's groups, the page with a group's QR code, and the posters to print."""

import asyncio
from types import SimpleNamespace

from fastapi import APIRouter
from louyu_runtime.errors import NotFound
from starlette.requests import Request
from starlette.responses import Response

from louyu_gateway.follow_codes import follow_codes
from louyu_gateway.gateway import Gateway
from louyu_gateway.pages.console import console_viewer, render_console
from louyu_gateway.pages.console_coverage import read_coverage
from louyu_gateway.pages.conversation import read_group, read_groups
from louyu_gateway.pages.render import qr_code
from louyu_gateway.posters.pdf import pdf
from louyu_gateway.posters.poster import posters
from louyu_gateway.posters.reading import read_posters

AT = "/console/groups"


def console_group_pages(gateway: Gateway) -> APIRouter:
    """Return the routes under /console/groups."""
    router = APIRouter(prefix=AT, include_in_schema=False)

    @router.get("")
    async def groups(request: Request) -> Response:
        viewer = await console_viewer(gateway, request)
        coverage = await read_coverage(viewer)
        rows = [
            SimpleNamespace(
                id=group.id,
                name=group.name,
                houses=list(group.buildings),
                buildings="、".join(building.name for building in group.buildings),
                households=sum(building.household_count for building in group.buildings),
                members=group.member_count,
                join_code=group.join_code,
                coverage=coverage.get(group.id),
            )
            for group in await read_groups(viewer)
        ]
        return await render_console(gateway, request, viewer, "console/groups.html", at=AT, groups=rows)

    @router.get("/{group_id}/poster")
    async def poster(request: Request, group_id: str) -> Response:
        viewer = await console_viewer(gateway, request)
        group = await read_group(viewer, group_id)
        if not group.join_code:
            raise NotFound("this group's join code is not yours to see")
        address = gateway.public_url(f"/join/{group.join_code}")
        codes = await follow_codes(gateway, viewer.community(), group.join_code)
        return await render_console(
            gateway,
            request,
            viewer,
            "console/poster.html",
            at=AT,
            group=group,
            qr=qr_code(address),
            follow=[qr_code(code.content) for code in codes],
            join_url=address,
        )

    @router.get("/{group_id}/poster.pdf")
    async def poster_pdf(request: Request, group_id: str, building: str = "", unit: str = "") -> Response:
        viewer = await console_viewer(gateway, request)
        found = await read_posters(gateway, viewer, viewer.community(), group_id)
        content = await asyncio.to_thread(pdf, posters(found.imprint, found.houses, building, unit))
        headers = {"Content-Disposition": "inline; filename=poster.pdf", "Cache-Control": "private, no-store"}
        return Response(content, media_type="application/pdf", headers=headers)

    return router
