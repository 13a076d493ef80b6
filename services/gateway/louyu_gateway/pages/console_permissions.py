"""Who may do what, on one page for the office."""

from types import SimpleNamespace

from fastapi import APIRouter
from louyu_runtime.errors import PermissionDenied
from starlette.requests import Request
from starlette.responses import Response

from louyu_gateway.gateway import Gateway
from louyu_gateway.pages import words
from louyu_gateway.pages.console import console_viewer, render_console
from louyu_gateway.pages.permission_table import AREAS, ROLES
from louyu_gateway.pages.role_views import AT as RAIL
from louyu_gateway.pages.role_views import is_office, tabs

AT = "/console/permissions"


def console_permission_pages(gateway: Gateway) -> APIRouter:
    """Return the route /console/permissions."""
    router = APIRouter(prefix=AT, include_in_schema=False)
    pages = gateway.pages

    @router.get("")
    async def permissions(request: Request) -> Response:
        viewer = await console_viewer(gateway, request)
        if not is_office(viewer.principal):
            raise PermissionDenied("this page is for liaisons, secretaries and operators")
        texts = pages.texts(request)
        return await render_console(
            gateway,
            request,
            viewer,
            "console/permissions.html",
            at=RAIL,
            tabs=tabs(viewer, texts, AT),
            roles=[texts(words.ROLES[role]) for role in ROLES],
            areas=[
                SimpleNamespace(
                    name=texts(area.name),
                    deeds=[
                        SimpleNamespace(
                            what=texts(deed.what),
                            within=texts(deed.within) if deed.within else "",
                            may=[role in deed.roles for role in ROLES],
                        )
                        for deed in area.deeds
                    ],
                )
                for area in AREAS
            ],
        )

    return router
