"""/api/v1/groups/{group}/media: photos and recordings, in and out, never whole in memory.

What is served was written anew by messaging and is of two media types; all the same it is served so that no browser could
take it for a page, and kept by the reader's own browser alone.
"""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Annotated

from fastapi import APIRouter, Header
from louyu.messaging.v1 import media_pb2
from louyu.messaging.v1 import media_service_pb2 as media
from louyu_runtime.errors import Unavailable
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from louyu_gateway.api import answers, models
from louyu_gateway.api.asking import ERRORS, SIGNED, Community, IdempotencyKey, checked_id, key_or_new, reader, writer
from louyu_gateway.api.byte_range import ByteRange, asked_range
from louyu_gateway.gateway import Gateway, Viewer

CHUNK_BYTES = 128 * 1024
READ_SECONDS = 120.0
UPLOAD_SECONDS = 140.0
FRESH_SECONDS = 3600
EXTENSIONS = {"image/jpeg": "jpg", "audio/mpeg": "mp3"}


def media_routes(gateway: Gateway) -> APIRouter:
    """Return the routes of media."""
    router = APIRouter(prefix="/groups/{group}/media", tags=["media"], dependencies=SIGNED, responses=ERRORS)

    @router.post(
        "",
        status_code=201,
        openapi_extra={"requestBody": {"required": True, "content": {"application/octet-stream": {}}}},
    )
    async def upload_media(
        request: Request,
        response: Response,
        group: str,
        community: Community = None,
        idempotency_key: IdempotencyKey = None,
    ) -> models.Media:
        """Take in one photo or recording, the file itself as the body; its `id` goes into `media` of one message.

        JPEG, PNG, WebP or HEIC; AMR, SILK, MP3, M4A, WAV, OGG or WebM sound; at most 20 MiB and 5 minutes. What no
        message posts within a day is forgotten.
        """
        viewer = await writer(gateway, request)
        first = media.UploadMediaRequest(
            community_id=viewer.community(community),
            group_id=checked_id(group, "group"),
            idempotency_key=key_or_new(idempotency_key),
        )
        taken: media.UploadMediaResponse = await viewer.ask.upload(
            gateway.services.media, "UploadMedia", _requests(first, request), seconds=UPLOAD_SECONDS
        )
        response.headers["Location"] = answers.media_url(group, taken.media.id)
        return answers.media(group, taken.media)

    @router.get(
        "/{media_id}", response_class=Response, responses={200: {"content": {"image/jpeg": {}, "audio/mpeg": {}}}}
    )
    async def read_media(
        request: Request,
        group: str,
        media_id: str,
        community: Community = None,
        range_asked: Annotated[str, Header(alias="Range", max_length=200)] = "",
    ) -> Response:
        """Return a photo or recording, or the part of it that `Range` names."""
        viewer = await reader(gateway, request)
        return await _answer(
            gateway, viewer, request, community, group, media_id, media.RENDERING_UNSPECIFIED, range_asked
        )

    @router.get("/{media_id}/thumbnail", response_class=Response, responses={200: {"content": {"image/jpeg": {}}}})
    async def read_thumbnail(request: Request, group: str, media_id: str, community: Community = None) -> Response:
        """Return a photo small: at most 480 pixels a side."""
        viewer = await reader(gateway, request)
        return await _answer(gateway, viewer, request, community, group, media_id, media.RENDERING_THUMBNAIL, "")

    return router


async def _requests(first: media.UploadMediaRequest, request: Request) -> AsyncIterator[media.UploadMediaRequest]:
    yield first
    async for piece in request.stream():
        for at in range(0, len(piece), CHUNK_BYTES):
            yield media.UploadMediaRequest(chunk=piece[at : at + CHUNK_BYTES])


async def _answer(
    gateway: Gateway,
    viewer: Viewer,
    request: Request,
    community: str | None,
    group: str,
    media_id: str,
    rendering: media.Rendering.ValueType,
    range_asked: str,
) -> Response:
    asked = asked_range(range_asked)
    parts = viewer.ask.stream(
        gateway.services.media,
        media.ReadMediaRequest(
            community_id=viewer.community(community),
            group_id=checked_id(group, "group"),
            media_id=checked_id(media_id, "media"),
            rendering=rendering,
            offset=asked.first if asked is not None else 0,
            length=asked.length if asked is not None else 0,
        ),
        seconds=READ_SECONDS,
    )
    first: media.ReadMediaResponse | None = await anext(parts, None)
    if first is None:
        raise Unavailable("nothing came")
    headers = _headers(first, media_id, rendering)
    etag = f'"{media_id}-{rendering}"'
    headers["ETag"] = etag
    if request.headers.get("if-none-match") == etag and asked is None:
        await parts.aclose()
        return Response(status_code=304, headers=headers)
    if asked is not None and asked.first >= first.size_bytes:
        await parts.aclose()
        return Response(status_code=416, headers={"Content-Range": f"bytes */{first.size_bytes}"})
    headers |= _length(first.size_bytes, asked)
    return StreamingResponse(
        _chunks(parts), status_code=200 if asked is None else 206, headers=headers, media_type=first.content_type
    )


async def _chunks(parts: AsyncIterator[media.ReadMediaResponse]) -> AsyncIterator[bytes]:
    async with aclosing(parts) as opened:  # type: ignore[type-var]  # an async generator
        async for part in opened:
            yield part.chunk


def _headers(first: media.ReadMediaResponse, media_id: str, rendering: media.Rendering.ValueType) -> dict[str, str]:
    kind = "photo" if first.kind == media_pb2.MEDIA_KIND_PHOTO else "voice"
    small = "-small" if rendering == media.RENDERING_THUMBNAIL else ""
    return {
        "Content-Disposition": f'inline; filename="{kind}-{media_id}{small}.{EXTENSIONS.get(first.content_type, "bin")}"',
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": f"private, max-age={FRESH_SECONDS}",
        "Vary": "Authorization, Cookie",
        "Accept-Ranges": "bytes",
    }


def _length(size: int, asked: ByteRange | None) -> dict[str, str]:
    if asked is None:
        return {"Content-Length": str(size)}
    last = min(asked.last, size - 1) if asked.last is not None else size - 1
    return {"Content-Length": str(last - asked.first + 1), "Content-Range": f"bytes {asked.first}-{last}/{size}"}
