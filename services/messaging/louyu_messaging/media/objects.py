"""Objects: the bytes of photos and recordings, in a folder or in a store that speaks S3.

Names are given once, at random, and never written twice; who may read what is decided before anything is read here.
LOUYU_MEDIA_URL says where: `file:///var/lib/louyu/media`, or `s3://bucket/prefix?endpoint=https://…&region=…`, with
`style=virtual` where the bucket is part of the host's name. Nothing but the named endpoint is spoken with.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import obstore
from louyu_runtime.errors import FailedPrecondition, NotFound, Unavailable
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import LocalStore, S3Store

from louyu_messaging.media.media import PHOTO, Made

logger = logging.getLogger(__name__)

READ_BYTES = 128 * 1024
SUFFIXES = {PHOTO: ".jpg", "voice": ".mp3"}
THUMBNAIL = ".thumbnail.jpg"


class StoreMissing(FailedPrecondition):
    """No store is configured."""

    reason = "MEDIA_STORE_MISSING"

    def __init__(self) -> None:
        super().__init__(
            "this installation keeps no photos and recordings: set LOUYU_MEDIA_URL for messaging",
            resident_text="这里还没有开通照片和语音，请用文字说。",
        )


class ObjectMissing(NotFound):
    """A row names an object that the store does not have, after a restore of one without the other, for example."""

    reason = "MEDIA_LOST"

    def __init__(self) -> None:
        super().__init__(
            "the store does not have the bytes of this photo or recording: restore it from the backup",
            resident_text="这张照片或语音已经找不到了。",
        )


def open_store(url: str, access_key: str, secret_key: str) -> LocalStore | S3Store:
    """Return the store at this address; a folder is made if there is none.

    Raises ValueError for another address, OSError for a folder that cannot be made.
    """
    parts = urlsplit(url)
    if parts.scheme == "file":
        return LocalStore(Path(unquote(parts.path)), mkdir=True)
    if parts.scheme != "s3":
        raise ValueError("must begin with file:/// or s3://")
    asked = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    endpoint = asked.get("endpoint", "").rstrip("/")
    is_virtual = asked.get("style") == "virtual"
    if is_virtual:
        scheme, _, host = endpoint.partition("://")
        endpoint = f"{scheme}://{parts.netloc}.{host}"
    return S3Store(
        parts.netloc,
        prefix=parts.path.strip("/") or None,
        endpoint=endpoint,
        region=asked.get("region", "us-east-1"),
        access_key_id=access_key,
        secret_access_key=secret_key,
        virtual_hosted_style_request=is_virtual,
        client_options={
            "allow_http": endpoint.startswith("http://"),
            "connect_timeout": timedelta(seconds=3),
            "timeout": timedelta(seconds=30),
        },
        retry_config={"max_retries": 2, "retry_timeout": timedelta(seconds=10)},
    )


class Objects:
    """The store of one installation; without a store every call raises StoreMissing."""

    def __init__(self, store: LocalStore | S3Store | None) -> None:
        self._store = store

    def check(self) -> None:
        """Raise StoreMissing if there is no store."""
        self._opened()

    async def put(self, name: str, made: Made) -> None:
        """Write what was made under a new name. Raises Unavailable; nothing is ever written over."""
        await self._put(name + SUFFIXES[made.kind], made.data)
        if made.thumbnail:
            await self._put(name + THUMBNAIL, made.thumbnail)

    async def size(self, path: str) -> int:
        """Return the size of what stands under a path. Raises Unavailable and ObjectMissing."""
        async with _answering():
            return int((await obstore.head_async(self._opened(), path))["size"])

    async def read(self, path: str, offset: int, length: int) -> AsyncIterator[bytes]:
        """Yield the bytes from `offset` on, in pieces. Raises Unavailable and ObjectMissing."""
        async with _answering():
            found = await obstore.get_async(
                self._opened(), path, options={"range": (offset, offset + length)} if length else {}
            )
            async for piece in found.stream(min_chunk_size=READ_BYTES):
                data = bytes(piece)
                for at in range(0, len(data), READ_BYTES):
                    yield data[at : at + READ_BYTES]

    async def delete(self, name: str) -> None:
        """Delete all that stands under a name; fine when nothing does. Raises Unavailable."""
        for suffix in (*SUFFIXES.values(), THUMBNAIL):
            async with _answering():
                with contextlib.suppress(FileNotFoundError):  # gone already
                    await obstore.delete_async(self._opened(), name + suffix)

    async def _put(self, path: str, data: bytes) -> None:
        async with _answering():
            try:
                await obstore.put_async(self._opened(), path, data, mode="create")
            except AlreadyExistsError:
                # Names are random: what stands there is this very object, whose first answer was lost.
                if await self.size(path) != len(data):
                    raise
            except FileNotFoundError as error:
                raise _away(error) from error  # there is no such bucket

    def _opened(self) -> LocalStore | S3Store:
        if self._store is None:
            raise StoreMissing
        return self._store


@contextlib.asynccontextmanager
async def _answering() -> AsyncIterator[None]:
    """Let faults of the store be ones that pass; its words may name buckets and keys and go to the log alone."""
    try:
        yield
    except FileNotFoundError as error:
        raise ObjectMissing from error
    except (BaseError, OSError) as error:
        raise _away(error) from error


def _away(error: Exception) -> Unavailable:
    logger.warning("the store of photos and recordings failed", extra={"error": str(error)[:500]})
    return Unavailable("the store of photos and recordings does not answer", reason="MEDIA_STORE_AWAY")
