"""The console's recordings without words: play, write what is said, done. The words then stand in the group."""

import uuid
from types import SimpleNamespace

from fastapi import APIRouter
from louyu.messaging.v1 import media_service_pb2 as media
from louyu_runtime.errors import PermissionDenied, RemoteError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from louyu_gateway.gateway import Gateway, Viewer, form_fields
from louyu_gateway.own_forms import check_own_form
from louyu_gateway.pages.console import WRITERS_OF_WORDS, console_viewer, render_console
from louyu_gateway.pages.media_views import media_views
from louyu_gateway.wire import moment

AT = "/console/recordings"
MOST = 50


def console_recording_pages(gateway: Gateway) -> APIRouter:
    """Return the routes under /console/recordings."""
    router = APIRouter(prefix=AT, include_in_schema=False)
    pages = gateway.pages

    async def page(
        viewer: Viewer, request: Request, *, problem: str = "", at: str = "", written: str = "", status: int = 200
    ) -> Response:
        texts = pages.texts(request)
        found: media.ListRecordingsResponse = await viewer.ask.media(
            media.ListRecordingsRequest(community_id=viewer.community(), page_size=MOST)
        )
        rows = [
            SimpleNamespace(
                voice=media_views(one.group_id, one.sender_name, [one.media], texts)[0],
                group_id=one.group_id,
                group_name=one.group_name,
                sender=one.sender_name,
                at=moment(one, "posted_at") or gateway.now(),
                seq=one.seq,
                written=written if one.media.id == at else "",
                problem=problem if one.media.id == at else "",
                key=uuid.uuid4().hex,
            )
            for one in found.recordings
        ]
        is_shown = any(row.problem for row in rows)
        return await render_console(
            gateway,
            request,
            viewer,
            "console/recordings.html",
            at=AT,
            status=status,
            recordings=rows,
            has_more=bool(found.next_page_token),
            problem="" if is_shown else problem,
        )

    @router.get("")
    async def recordings(request: Request) -> Response:
        return await page(await _writer(gateway, request), request)

    @router.post("/{group_id}/{media_id}")
    async def write(request: Request, group_id: str, media_id: str) -> Response:
        fields = await form_fields(request)
        check_own_form(request, fields.get("csrf", ""))
        viewer = await _writer(gateway, request)
        is_unintelligible = fields.get("what") == "unintelligible"
        words = "" if is_unintelligible else fields.get("words", "").strip()
        try:
            await viewer.ask.media(
                media.WriteWordsRequest(
                    community_id=viewer.community(),
                    group_id=group_id,
                    media_id=media_id,
                    words=words,
                    is_unintelligible=is_unintelligible,
                    idempotency_key=fields.get("key") or uuid.uuid4().hex,
                )
            )
        except RemoteError as error:
            if error.code.name not in ("INVALID_ARGUMENT", "FAILED_PRECONDITION"):
                raise
            words_for_people = pages.texts(request)(error.resident_text.rstrip("。"))
            return await page(viewer, request, problem=words_for_people, at=media_id, written=words, status=409)
        return RedirectResponse(AT, status_code=303)

    return router


async def _writer(gateway: Gateway, request: Request) -> Viewer:
    viewer = await console_viewer(gateway, request)
    if not viewer.principal.roles & WRITERS_OF_WORDS:
        raise PermissionDenied("recordings are put into words by those who look after a building")
    return viewer
