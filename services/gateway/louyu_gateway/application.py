"""The HTTP application: every route of the edge, put together."""

from collections.abc import Callable

from fastapi import FastAPI
from louyu_runtime.errors import PermissionDenied
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from louyu_gateway import faults
from louyu_gateway.api.announcements import announcement_routes
from louyu_gateway.api.conversation import conversation_routes
from louyu_gateway.api.deliveries import delivery_routes
from louyu_gateway.api.groups import group_routes
from louyu_gateway.api.media import media_routes
from louyu_gateway.api.posters import poster_routes
from louyu_gateway.api.questions import question_routes
from louyu_gateway.api.search import search_routes
from louyu_gateway.assets import asset_routes
from louyu_gateway.edge import Edge
from louyu_gateway.gateway import Gateway
from louyu_gateway.official_account import receiver
from louyu_gateway.pages.app import app_pages
from louyu_gateway.pages.app_link import app_link_pages
from louyu_gateway.pages.app_messages import message_pages
from louyu_gateway.pages.app_questions import app_question_pages
from louyu_gateway.pages.app_residency import app_residency_pages
from louyu_gateway.pages.app_search import app_search_pages
from louyu_gateway.pages.console_absences import console_absence_pages
from louyu_gateway.pages.console_announcements import console_announcement_pages
from louyu_gateway.pages.console_coverage import console_coverage_pages
from louyu_gateway.pages.console_deliveries import console_delivery_pages
from louyu_gateway.pages.console_duty import console_duty_pages
from louyu_gateway.pages.console_groups import console_group_pages
from louyu_gateway.pages.console_permissions import console_permission_pages
from louyu_gateway.pages.console_questions import console_question_pages
from louyu_gateway.pages.console_recordings import console_recording_pages
from louyu_gateway.pages.console_residents import console_resident_pages
from louyu_gateway.pages.console_roles import console_role_pages
from louyu_gateway.pages.console_search import console_search_pages
from louyu_gateway.pages.console_system import console_system_pages
from louyu_gateway.pages.display import display_pages
from louyu_gateway.pages.join import join_pages
from louyu_gateway.pages.leaving import leaving_pages
from louyu_gateway.pages.render import ASSETS
from louyu_gateway.pages.signing_in import signing_in_pages
from louyu_gateway.pages.wechat_login import wechat_login_pages
from louyu_gateway.wechat.http import wechat_router

DESCRIPTION = """Groups, questions and announcements of a building council, as JSON.

Authorise with `Authorization: Bearer <token>` (`louyu token` prints one). Writing requests may carry an
`Idempotency-Key`. Errors are `{code, field, message, mend, incident}`."""


def application(gateway: Gateway, not_ready: Callable[[], list[str]]) -> FastAPI:
    """Return the application. `not_ready` names what this replica lacks; empty means ready."""
    app = FastAPI(
        title="louyu",
        version="1",
        description=DESCRIPTION,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    answer = faults.answering(gateway.pages, gateway.channels)
    faults.install(app, answer)
    app.add_middleware(Edge, public_url=gateway.settings.public_url, answer=answer)
    for pages in (
        signing_in_pages,
        wechat_login_pages,
        app_pages,
        message_pages,
        app_question_pages,
        app_residency_pages,
        app_link_pages,
        app_search_pages,
        console_announcement_pages,
        console_delivery_pages,
        console_group_pages,
        console_recording_pages,
        console_coverage_pages,
        console_resident_pages,
        console_role_pages,
        console_absence_pages,
        console_duty_pages,
        console_permission_pages,
        console_search_pages,
        console_system_pages,
        console_question_pages,
        display_pages,
        join_pages,
        leaving_pages,
    ):
        app.include_router(pages(gateway))
    for routes in (
        group_routes,
        poster_routes,
        conversation_routes,
        search_routes,
        media_routes,
        question_routes,
        announcement_routes,
        delivery_routes,
    ):
        app.include_router(routes(gateway), prefix="/api/v1")
    app.include_router(asset_routes(ASSETS, gateway.pages.version))
    accounts = gateway.channels.wechat_official_accounts
    app.include_router(wechat_router(accounts, receiver(gateway.services, gateway.settings.public_url.rstrip("/"))))

    @app.get("/livez", include_in_schema=False)
    async def livez() -> Response:
        return JSONResponse({"status": "alive"})

    @app.get("/readyz", include_in_schema=False)
    async def readyz() -> Response:
        missing = not_ready()
        status = "not ready" if missing else "ready"
        return JSONResponse({"status": status, "missing": missing}, status_code=503 if missing else 200)

    @app.get("/metrics", include_in_schema=False)
    async def metrics(request: Request) -> Response:
        # This port is the public one; Prometheus reads the admin port, which is not.
        if not (await gateway.people.of(request)).is_operator:
            raise PermissionDenied("metrics are for operators; Prometheus reads them at the admin address")
        return Response(generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return app
