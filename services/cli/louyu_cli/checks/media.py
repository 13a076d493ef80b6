"""The store of photos and recordings: a small object is written into it, read and deleted, as messaging would."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

import obstore
from louyu_messaging.media.objects import open_store
from louyu_runtime.setting_shapes import MediaUrl
from louyu_runtime.settings import setting_value
from obstore.exceptions import PermissionDeniedError, UnauthenticatedError
from pydantic import TypeAdapter, ValidationError

from louyu_cli.checks.finding import Finding
from louyu_cli.role_settings import settings_class_of

_NAME = "media store"


async def check_media(environ: Mapping[str, str]) -> Finding:
    """Try the store that messaging is given."""
    url, access_key, secret_key = (
        setting_value(settings_class_of("messaging"), field, environ)
        for field in ("media_url", "media_access_key", "media_secret_key")
    )
    if not url:
        return Finding(_NAME, "none is named here: without one, messaging takes no photos and recordings")
    try:
        TypeAdapter(MediaUrl).validate_python(url)
    except ValidationError:
        return Finding(_NAME, "LOUYU_MEDIA_URL is no address of a store", "see docs/operators/media.md")
    if url.startswith("file:"):
        return await _folder(url)
    return await _bucket(url, access_key, secret_key)


async def _folder(url: str) -> Finding:
    path = Path(unquote(urlsplit(url).path))
    # It is not made here: this may be another machine, or another user, than messaging's.
    if not _is_folder(path):
        return Finding(_NAME, f"there is no folder {path} here", "mount or make it, or start messaging, which makes it")
    try:
        await _try(url, "", "")
    except Exception as error:
        return Finding(
            _NAME,
            f"the folder {path} cannot be written: {error.__class__.__name__}",
            "let the user of messaging write there (and this one, to check), and see that the disk is not full",
        )
    return Finding(_NAME, f"the folder {path} is written and read")


def _is_folder(path: Path) -> bool:
    return os.path.isdir(path)  # noqa: PTH112 - unlike Path's, false also where this user may not look


async def _bucket(url: str, access_key: str, secret_key: str) -> Finding:
    bucket = f"the bucket {urlsplit(url).netloc}"
    try:
        await _try(url, access_key, secret_key)
    except FileNotFoundError:
        return Finding(_NAME, f"{bucket} is not there", "make it, or correct LOUYU_MEDIA_URL")
    except (PermissionDeniedError, UnauthenticatedError):
        return Finding(
            _NAME,
            f"{bucket} refuses the keys",
            "correct LOUYU_MEDIA_ACCESS_KEY and LOUYU_MEDIA_SECRET_KEY; they need to read, write and delete there",
        )
    except Exception as error:
        return Finding(
            _NAME,
            f"{bucket} cannot be reached: {error.__class__.__name__}",
            "start the store, or correct the endpoint in LOUYU_MEDIA_URL; a CA of your own is named by SSL_CERT_FILE",
        )
    return Finding(_NAME, f"{bucket} is written and read")


async def _try(url: str, access_key: str, secret_key: str) -> None:
    store, path, content = open_store(url, access_key, secret_key), f"doctor-{secrets.token_hex(8)}", b"louyu doctor"
    await obstore.put_async(store, path, content, mode="create")
    try:
        found = bytes(await (await obstore.get_async(store, path)).bytes_async())
    finally:
        await obstore.delete_async(store, path)
    if found != content:
        raise ValueError("the store gave back something else than it was given")
