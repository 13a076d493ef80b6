"""The lobby screen's page: its shell, its state, hints, and proofs of play.

The code in the address is the screen's identity; it opens public notices and nothing else. The page and its worker keep
going without us, so every answer here is small and may be asked for again.
"""

from datetime import UTC, datetime

from fastapi import APIRouter
from louyu.messaging.v1 import messaging_service_pb2 as messaging
from louyu.notify.v1 import notify_service_pb2 as notify
from louyu.notify.v1 import screen_pb2
from louyu_runtime.errors import RemoteError
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from louyu_gateway import hints
from louyu_gateway.bounds import Position, Version
from louyu_gateway.gateway import Gateway
from louyu_gateway.pages.render import qr_code
from louyu_gateway.pages.slides import slides_of
from louyu_gateway.wire import moment, timestamp

_SHELL = (
    "css/display.css",
    "img/icon.svg",
    "js/display.js",
    "js/live.js",
    "js/playlist.js",
    "js/proofs.js",
    "js/slide.js",
)
_LATEST_MS = 4_102_444_800_000  # the year 2100: no proof is of a later moment


class Shown(BaseModel):
    """One proof: what was on, from when until when (milliseconds since 1970)."""

    model_config = ConfigDict(extra="forbid")
    record: int = Field(ge=1, le=2**53)  # the largest that a script counts to
    item: str = Field(min_length=1, max_length=200)
    from_: int = Field(alias="from", ge=0, le=_LATEST_MS)
    until: int = Field(ge=0, le=_LATEST_MS)


class Proofs(BaseModel):
    """A batch of proofs."""

    model_config = ConfigDict(extra="forbid")
    playlist_version: Version
    shown: list[Shown] = Field(min_length=1, max_length=200)


def display_pages(gateway: Gateway) -> APIRouter:
    """Return the routes under /display/."""
    router = APIRouter(prefix="/display", include_in_schema=False)
    pages = gateway.pages

    async def read_screen(code: str) -> notify.GetScreenResponse:
        answer: notify.GetScreenResponse = await gateway.services.calls(None).notify(notify.GetScreenRequest(code=code))
        return answer

    async def join_code(screen: screen_pb2.Screen) -> str:
        """Return the group's join code for the QR code below; none while messaging is away."""
        try:
            answer: messaging.GetGroupResponse = await gateway.services.calls(None, seconds=2).messaging(
                messaging.GetGroupRequest(community_id=screen.community_id, group_id=screen.group_id)
            )
        except RemoteError:
            return ""
        return answer.group.join_code

    @router.get("/worker.js")
    async def worker(request: Request) -> Response:
        script = pages.text(
            request,
            "display/worker.js",
            cache_name=f"louyu-screen-{pages.version}",
            shell=[pages.asset(path) for path in _SHELL],
        )
        return Response(script, media_type="text/javascript", headers={"Cache-Control": "no-cache"})

    @router.get("/{code}")
    async def screen_page(request: Request, code: str) -> Response:
        found = await read_screen(code)
        joining = await join_code(found.screen)
        return pages.render(
            request,
            "display/screen.html",
            screen=found.screen,
            code=code,
            join_qr=qr_code(gateway.public_url(f"/join/{joining}")) if joining else "",
        )

    @router.get("/{code}/state")
    async def state(request: Request, code: str) -> Response:
        found = await read_screen(code)
        now = moment(found, "now") or gateway.now()
        tag = f'"{found.version}-{pages.version}"'
        headers = {"ETag": tag, "Cache-Control": "no-store", "X-Louyu-Now": now.isoformat()}
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        return JSONResponse({"version": found.version, "slides": slides_of(list(found.items))}, headers=headers)

    @router.get("/{code}/live")
    async def live(code: str, version: Position = 0) -> Response:
        await read_screen(code)
        return gateway.live.stream(hints.screen_of(gateway, code, version), owner=f"screen/{code}")

    @router.post("/{code}/shown")
    async def shown(code: str, proofs: Proofs) -> Response:
        answer: notify.ReportShownResponse = await gateway.services.calls(None).notify(
            notify.ReportShownRequest(
                code=code,
                playlist_version=proofs.playlist_version,
                shown=[
                    screen_pb2.ShownItem(
                        record=proof.record,
                        item_id=proof.item,
                        shown_from=timestamp(datetime.fromtimestamp(proof.from_ / 1000, UTC)),
                        shown_until=timestamp(datetime.fromtimestamp(proof.until / 1000, UTC)),
                    )
                    for proof in proofs.shown
                ],
            )
        )
        return JSONResponse({"accepted_up_to": answer.accepted_up_to})

    return router
