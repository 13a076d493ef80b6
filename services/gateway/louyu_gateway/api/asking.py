"""Who asks /api/v1: a bearer token, or a browser's session that proves with a header that our own page is writing."""

import uuid
from typing import Annotated

from fastapi import Header, Query, Security
from fastapi.security import HTTPBearer
from louyu.messaging.v1 import messaging_service_pb2 as messaging
from louyu_runtime.errors import InvalidArgument, PermissionDenied, RemoteError
from louyu_runtime.ids import is_uuid
from starlette.requests import Request

from louyu_gateway.api import models
from louyu_gateway.gateway import Gateway, Viewer
from louyu_gateway.own_forms import HEADER, check_own_form
from louyu_gateway.people import bearer_token

SIGNED = [Security(HTTPBearer(auto_error=False, description="A token of `louyu token`."))]
ERRORS: dict[int | str, dict[str, object]] = {
    status: {"model": models.Error} for status in (401, 403, 404, 409, 413, 422, 429, 500, 503, 504)
}
Community = Annotated[str | None, Query(max_length=64, description="The community's key or UUID; by default your own.")]
Page = Annotated[str, Query(max_length=2048, description="`next_page` of the answer before.")]
Limit = Annotated[int, Query(ge=1, le=500, description="At most so many.")]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=128,
        description="The same key gives the first answer again. Without it each request stands for itself.",
    ),
]


async def reader(gateway: Gateway, request: Request) -> Viewer:
    """Return who reads. Raises Unauthenticated."""
    return await gateway.viewer(request)


async def writer(gateway: Gateway, request: Request) -> Viewer:
    """Return who writes. Raises PermissionDenied for a browser that does not show the secret of our own pages."""
    if bearer_token(request) is None:
        check_own_form(request, request.headers.get(HEADER, ""))
    return await gateway.viewer(request)


async def speaker(gateway: Gateway, request: Request) -> Viewer:
    """Return who writes as themselves. Raises PermissionDenied also for an operator, who is in no group."""
    viewer = await writer(gateway, request)
    if not is_uuid(viewer.principal.id):
        raise PermissionDenied(
            "only a person of the group can do this, and your token names none", reason="NOT_A_PERSON"
        )
    return viewer


async def community_of(viewer: Viewer, given: str | None) -> str:
    """Return the UUID of the community that is asked about.

    To an operator every community is open, one that does not exist too: a slip of the pen must not look like an empty
    one. While messaging is away the word is taken as it is. Raises RemoteError with COMMUNITY_NOT_FOUND.
    """
    if given and viewer.principal.is_operator:
        try:
            await viewer.ask.messaging(messaging.GetCommunityRequest(community=given))
        except RemoteError as error:
            if error.code.name not in ("UNAVAILABLE", "DEADLINE_EXCEEDED"):
                raise
    return viewer.community(given)


def key_or_new(given: str | None) -> str:
    """Return the idempotency key, a new one if none was given."""
    return given or uuid.uuid4().hex


def checked_id(value: str, field: str) -> str:
    """Return an id that looks like one. Raises InvalidArgument naming the field."""
    if not is_uuid(value):
        raise InvalidArgument(f"{field} must be a UUID", field=field)
    return value
