"""A resident's own page about where they live and as what, and whether that is confirmed."""

import uuid

from fastapi import APIRouter
from louyu.messaging.v1 import membership_service_pb2 as membership
from louyu_runtime.errors import NotFound
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from louyu_gateway.gateway import Gateway
from louyu_gateway.pages import words
from louyu_gateway.pages.console_residents import resident_view
from louyu_gateway.pages.views import Choice
from louyu_gateway.wire import kind_from_word

AT = "/app/residency"


def app_residency_pages(gateway: Gateway) -> APIRouter:
    """Return the routes under /app/residency."""
    router = APIRouter(prefix=AT, include_in_schema=False)
    pages = gateway.pages

    @router.get("")
    async def own(request: Request) -> Response:
        viewer = await gateway.viewer(request)
        texts = pages.texts(request)
        found: membership.GetResidencyResponse = await viewer.ask.membership(
            membership.GetResidencyRequest(community_id=viewer.community(), person_id=viewer.principal.id)
        )
        return pages.render(
            request,
            "app/residency.html",
            own=resident_view(found.residency, texts),
            wanted=found.is_confirmation_wanted,
            kinds=[Choice(key, texts(words.MEMBER_KINDS[key])) for key in words.OWN_KINDS],
            is_saved="saved" in request.query_params,
        )

    @router.post("")
    async def state(request: Request) -> Response:
        viewer, fields = await gateway.writer(request)
        if fields.get("kind") not in words.OWN_KINDS:
            raise NotFound("no such kind of member")
        await viewer.ask.membership(
            membership.SetMemberKindRequest(
                community_id=viewer.community(),
                person_id=viewer.principal.id,
                kind=kind_from_word(fields["kind"]),
                idempotency_key=fields.get("key") or uuid.uuid4().hex,
            )
        )
        return RedirectResponse(f"{AT}?saved=yes", status_code=303)

    return router
