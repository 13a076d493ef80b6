"""/api/v1/groups/{group}/poster: what is printed and hung at doors, so that people join."""

import asyncio
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response

from louyu_gateway.api.asking import ERRORS, SIGNED, Community, checked_id, community_of, reader
from louyu_gateway.gateway import Gateway
from louyu_gateway.posters.pdf import pdf
from louyu_gateway.posters.poster import one_poster, posters
from louyu_gateway.posters.reading import read_posters

MEDIA_TYPES = {"pdf": "application/pdf", "svg": "image/svg+xml", "png": "image/png"}
Named = Annotated[str, Query(max_length=64, description="Its key or name; by default all, or the only one.")]
Unit = Annotated[str, Query(max_length=16, description="Such as 3; by default the building's own and, in a PDF, all.")]
PRIVATE = {"Cache-Control": "private, no-store"}


def poster_routes(gateway: Gateway) -> APIRouter:
    """Return the route of posters."""
    router = APIRouter(prefix="/groups/{group}/poster", tags=["groups"], dependencies=SIGNED, responses=ERRORS)

    @router.get("", response_class=Response, responses={200: {"content": {kind: {} for kind in MEDIA_TYPES.values()}}})
    async def get_poster(
        request: Request,
        group: str,
        community: Community = None,
        kind: Annotated[Literal["pdf", "svg", "png"], Query(alias="format", description="PDF: A4 pages.")] = "pdf",
        building: Named = "",
        unit: Unit = "",
    ) -> Response:
        """Return posters of A4 as PDF, or one QR code as SVG or PNG. For those who look after the group."""
        viewer = await reader(gateway, request)
        found = await read_posters(gateway, viewer, await community_of(viewer, community), checked_id(group, "group"))
        if kind == "pdf":
            content = await asyncio.to_thread(pdf, posters(found.imprint, found.houses, building, unit))
        else:
            content = one_poster(found.imprint, found.houses, building, unit).picture(kind)
        return Response(content, media_type=MEDIA_TYPES[kind], headers=PRIVATE)

    return router
