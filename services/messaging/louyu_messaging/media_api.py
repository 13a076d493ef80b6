"""The gRPC service of media: requests in, the domain called, answers out."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from typing import Any

from louyu.messaging.v1 import media_service_pb2 as pb
from louyu.messaging.v1 import media_service_pb2_grpc
from louyu_runtime.database import Database, Transaction
from louyu_runtime.errors import InvalidArgument
from louyu_runtime.idempotency import once
from louyu_runtime.identity import current_principal
from louyu_runtime.ids import is_uuid
from louyu_runtime.paging import decode_token, encode_token
from louyu_runtime.timestamps import timestamp
from louyu_sdk.plugin_state import PluginState

from louyu_messaging import access, wire
from louyu_messaging.errors import GroupNotFound, MediaNotFound
from louyu_messaging.media.media import LONGEST_WORDS, PHOTO, READY
from louyu_messaging.media.objects import SUFFIXES, THUMBNAIL, Objects
from louyu_messaging.media.uploads import Uploads
from louyu_messaging.media.words import write_words
from louyu_messaging.reading import as_shown
from louyu_messaging.roles import STEWARDS
from louyu_messaging.store import media as store
from louyu_messaging.store import messages, places

MOST_CHUNK_BYTES = 256 * 1024
DEFAULT_PAGE, LARGEST_PAGE = 50, 200
MOST_GROUPS = 500

Context = Any
"""As in `api`."""


class MediaServicer(media_service_pb2_grpc.MediaServiceServicer):
    """All RPCs of media."""

    def __init__(
        self,
        database: Database,
        uploads: Uploads,
        objects: Objects,
        plugin_states: Callable[[], Sequence[PluginState]],
    ) -> None:
        self._database = database
        self._uploads = uploads
        self._objects = objects
        self._plugin_states = plugin_states

    async def UploadMedia(
        self, requests: AsyncIterator[pb.UploadMediaRequest], context: Context
    ) -> pb.UploadMediaResponse:
        principal = current_principal()
        first = await anext(aiter(requests))
        community_id = wire.uuid_of(first.community_id, "community_id")
        group_id = wire.uuid_of(first.group_id, "group_id")
        if not 1 <= len(first.idempotency_key) <= 128:
            raise InvalidArgument("idempotency_key must have 1 to 128 characters", field="idempotency_key")
        async with self._database.transaction(community_id) as tx:
            # An operator belongs to no group, and a service has no photos.
            seen = await places.group(tx, group_id, principal.id) if is_uuid(principal.id) else None
            if seen is None or seen[1] is None:
                raise GroupNotFound
        media = await self._uploads.take(
            community_id, group_id, principal.id, first.idempotency_key, _chunks(first, requests)
        )
        return pb.UploadMediaResponse(media=wire.media_to_proto(media))

    async def ReadMedia(self, request: pb.ReadMediaRequest, context: Context) -> AsyncIterator[pb.ReadMediaResponse]:
        principal = current_principal()
        group_id = wire.uuid_of(request.group_id, "group_id")
        media_id = wire.uuid_of(request.media_id, "media_id")
        for field in ("offset", "length"):
            if getattr(request, field) < 0:
                raise InvalidArgument(f"{field} must not be negative", field=field)
        async with self._database.transaction(wire.uuid_of(request.community_id, "community_id")) as tx:
            _, by_steward = await access.group_for(tx, principal, group_id)
            media = await store.one(tx, media_id)
            message = await messages.at(tx, group_id, media.seq) if media is not None and media.seq else None
        if message is not None and media_id not in as_shown(message, by_steward=by_steward).media_ids:
            raise MediaNotFound  # taken back, or hidden
        is_shown = media is not None and (media.seq > 0 or media.owner_id == principal.id)
        if media is None or not is_shown or media.group_id != group_id or media.state != READY:
            raise MediaNotFound
        is_thumbnail = request.rendering == pb.RENDERING_THUMBNAIL
        if is_thumbnail and media.kind != PHOTO:
            raise InvalidArgument("a recording has no thumbnail", field="rendering")
        path = media.object_name + (THUMBNAIL if is_thumbnail else SUFFIXES[media.kind])
        size = await self._objects.size(path) if is_thumbnail else media.size_bytes
        yield pb.ReadMediaResponse(content_type=media.content_type, size_bytes=size, kind=wire.MEDIA_KINDS[media.kind])
        if request.offset < size:
            async for piece in self._objects.read(path, request.offset, request.length or size - request.offset):
                yield pb.ReadMediaResponse(chunk=piece)

    async def ListRecordings(self, request: pb.ListRecordingsRequest, context: Context) -> pb.ListRecordingsResponse:
        principal = current_principal()
        size = min(request.page_size or DEFAULT_PAGE, LARGEST_PAGE)
        if size < 0:
            raise InvalidArgument("page_size must not be negative", field="page_size")
        after = _after(request.page_token)
        async with self._database.transaction(wire.uuid_of(request.community_id, "community_id")) as tx:
            seen = await places.groups(
                tx, access.reader_of(principal), only_own=not access.sees_all(principal), after=None, limit=MOST_GROUPS
            )
            led = [group.id for group, roles in seen if access.sees_all(principal) or STEWARDS & set(roles or ())]
            found = await store.wordless(tx, led, after, size + 1)
        response = pb.ListRecordingsResponse()
        for media, row in found[:size]:
            response.recordings.add(
                group_id=media.group_id,
                group_name=row.group_name,
                seq=media.seq,
                sender_name=row.sender_name,
                media=wire.media_to_proto(media),
                posted_at=timestamp(row.posted_at),
            )
        if len(found) > size:
            media, row = found[size - 1]
            response.next_page_token = encode_token("ListRecordings", [row.posted_at.isoformat(), media.id])
        return response

    async def WriteWords(self, request: pb.WriteWordsRequest, context: Context) -> pb.WriteWordsResponse:
        principal = current_principal()
        group_id = wire.uuid_of(request.group_id, "group_id")
        media_id = wire.uuid_of(request.media_id, "media_id")
        words = request.words.strip()
        if bool(words) == request.is_unintelligible:
            raise InvalidArgument("give words, or say that nothing can be understood", field="words")
        if len(words) > LONGEST_WORDS:
            raise InvalidArgument(f"words has {len(words)} characters; at most {LONGEST_WORDS}", field="words")

        async def work(tx: Transaction) -> pb.WriteWordsResponse:
            async def write() -> pb.WriteWordsResponse:
                _, is_steward = await access.group_for(tx, principal, group_id)
                if not is_steward:
                    raise MediaNotFound
                person = None if access.sees_all(principal) else principal.id
                return pb.WriteWordsResponse(seq=await write_words(tx, media_id, group_id, words, "person", person))

            return await once(
                tx, principal.id, "WriteWords", request.idempotency_key, request, pb.WriteWordsResponse, write
            )

        return await self._database.in_transaction(wire.uuid_of(request.community_id, "community_id"), work)

    async def ListPlugins(self, request: pb.ListPluginsRequest, context: Context) -> pb.ListPluginsResponse:
        return pb.ListPluginsResponse(plugins=map(wire.plugin_to_proto, self._plugin_states()))


def _after(token: str) -> tuple[datetime, str] | None:
    position = decode_token("ListRecordings", token, str, uuid.UUID)
    if position is None:
        return None
    try:
        return datetime.fromisoformat(str(position[0])), str(position[1])
    except ValueError as error:
        raise InvalidArgument(
            "page_token is not one that was given out; begin without it", field="page_token"
        ) from error


async def _chunks(first: pb.UploadMediaRequest, rest: AsyncIterator[pb.UploadMediaRequest]) -> AsyncIterator[bytes]:
    if first.chunk:
        yield _checked(first.chunk)
    async for request in rest:
        yield _checked(request.chunk)


def _checked(chunk: bytes) -> bytes:
    if len(chunk) > MOST_CHUNK_BYTES:
        raise InvalidArgument(f"chunk has {len(chunk)} bytes; at most {MOST_CHUNK_BYTES}", field="chunk")
    return chunk
