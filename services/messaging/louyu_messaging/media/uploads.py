"""Uploads: a file from a member is made into a photo or recording, stored, and waits for the message that posts it.

The row comes first, so that bytes without a row cannot be: what breaks off in between is forgotten with its row after a
day. The same file under the same key is taken once.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import tempfile
from collections.abc import AsyncIterator
from typing import IO

from louyu_runtime.database import Database
from louyu_runtime.errors import InvalidArgument, ResourceExhausted
from louyu_runtime.ids import named_id

from louyu_messaging.errors import MediaFaulty
from louyu_messaging.media.media import ARRIVING, LARGEST_FILE, READY, Made, Media, Unusable
from louyu_messaging.media.objects import Objects
from louyu_messaging.media.workshop import Workshop
from louyu_messaging.store import media as store

MOST_AT_ONCE = 16
MOST_UNPOSTED = 60


class Uploads:
    """Takes files in."""

    def __init__(self, database: Database, workshop: Workshop, objects: Objects) -> None:
        self._database = database
        self._workshop = workshop
        self._objects = objects
        self._count = 0

    async def take(
        self, community_id: str, group_id: str, owner_id: str, key: str, chunks: AsyncIterator[bytes]
    ) -> Media:
        """Return what a file was made into. Raises MediaFaulty, ResourceExhausted, StoreMissing, Unavailable."""
        self._objects.check()
        if self._count >= MOST_AT_ONCE:
            raise ResourceExhausted("too many uploads at once: send the same once more", retry_after_seconds=5.0)
        self._count += 1
        try:
            with tempfile.NamedTemporaryFile(prefix="louyu-upload-") as file:
                digest = await receive(file, chunks)
                return await self._take(community_id, group_id, owner_id, key, file.name, digest)
        finally:
            self._count -= 1

    async def _take(self, community_id: str, group_id: str, owner_id: str, key: str, path: str, digest: bytes) -> Media:
        media_id = named_id(community_id, "media", f"{owner_id}/{key}")
        async with self._database.transaction(community_id) as tx:
            known = await store.one(tx, media_id)
            if known is None and await store.unposted_count(tx, owner_id) >= MOST_UNPOSTED:
                raise ResourceExhausted(
                    f"{MOST_UNPOSTED} uploads of yours wait to be posted: post them, or wait a day",
                    reason="TOO_MANY_UNPOSTED",
                    retry_after_seconds=3600,
                    resident_text="您传了太多还没有发出去的照片，请先把它们发出去。",
                )
        if known is not None:
            _check_same(known, digest, group_id)
            if known.state != ARRIVING:
                return known
        try:
            made = await self._workshop.make(path)
        except Unusable as unusable:
            raise MediaFaulty(unusable.reason) from unusable
        return await self._keep(
            community_id, Media(media_id, group_id, owner_id, made.kind, ARRIVING, digest=digest), made
        )

    async def _keep(self, community_id: str, arriving: Media, made: Made) -> Media:
        name = new_name(community_id)
        async with self._database.transaction(community_id) as tx:
            fresh = Media(
                arriving.id,
                arriving.group_id,
                arriving.owner_id,
                made.kind,
                ARRIVING,
                object_name=name,
                digest=arriving.digest,
            )
            if not await store.insert(tx, fresh):
                known = await store.one(tx, arriving.id, lock=True)
                if known is None or known.state != ARRIVING:
                    _check_same(known or fresh, arriving.digest, arriving.group_id)
                    return known or fresh
                await store.rename(tx, known, name)  # the first attempt broke off, or goes on beside this one
        await self._objects.put(name, made)
        async with self._database.transaction(community_id) as tx:
            done = await store.finish(tx, arriving.id, name, made)
            done = done or await store.one(tx, arriving.id)
        if done is None or done.state != READY:
            raise ResourceExhausted("the same file is being taken in twice: send it once more", retry_after_seconds=1.0)
        return done


def new_name(community_id: str) -> str:
    """Return a new name in the store, which nobody can guess."""
    return f"{community_id}/{secrets.token_hex(16)}"


async def receive(file: IO[bytes], chunks: AsyncIterator[bytes]) -> bytes:
    """Write the chunks into the file and return their digest. Raises MediaFaulty for none or too many."""
    digest = hashlib.sha256()
    size = 0
    async for chunk in chunks:
        size += len(chunk)
        if size > LARGEST_FILE:
            raise MediaFaulty("MEDIA_TOO_LARGE")
        digest.update(chunk)
        await asyncio.to_thread(file.write, chunk)
    if not size:
        raise InvalidArgument("the file is empty", field="chunk", reason="MEDIA_BROKEN")
    await asyncio.to_thread(file.flush)
    return digest.digest()


def _check_same(known: Media, digest: bytes, group_id: str) -> None:
    if known.digest != digest or known.group_id != group_id:
        raise InvalidArgument(
            "this idempotency_key was used with another file or group; take a new one",
            field="idempotency_key",
            reason="IDEMPOTENCY_KEY_REUSED",
        )
