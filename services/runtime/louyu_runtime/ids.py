"""Identifiers: names from an import file always give the same UUID; what arises at run time gets a time-ordered one."""

from __future__ import annotations

import os
import re
import time
import uuid
from functools import lru_cache

_UUID = re.compile("[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_FREE_BITS = 0xFFFFFFFF_FFFF_0FFF_3FFF_FFFFFFFFFFFF  # all but version and variant of a UUID
_FIXED_BITS = 0x00000000_0000_7000_8000_000000000000
_NAMESPACE = uuid.UUID("6f1f6f0e-5a0c-5e0d-9a39-6c6f75797521")


def community_id(key: str) -> str:
    """Return the UUID of the community with this key."""
    return str(uuid.uuid5(_NAMESPACE, f"community/{key}"))


def community_id_of(id_or_key: str) -> str:
    """Return the UUID of a community named by UUID or by key."""
    return id_or_key if is_uuid(id_or_key) else community_id(id_or_key)


def named_id(community: str, kind: str, key: str) -> str:
    """Return the UUID of a thing of this kind ("building", "group", "person" ...) and key in a community."""
    return str(uuid.uuid5(uuid.UUID(community), f"{kind}/{key}"))


def new_id() -> str:
    """Return a new time-ordered UUID (version 7, RFC 9562)."""
    digits = ((time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10), "big")) & _FREE_BITS | _FIXED_BITS
    text = f"{digits:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def is_uuid(text: str) -> bool:
    """Whether the text is a UUID in its usual form."""
    return len(text) == 36 and _is_uuid(text)


@lru_cache(8192)  # the same few are named again and again
def _is_uuid(text: str) -> bool:
    return _UUID.fullmatch(text) is not None
