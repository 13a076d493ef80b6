"""Identifiers: names from an import file always give the same UUID; what arises at run time gets a time-ordered one."""

from __future__ import annotations

import os
import time
import uuid

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
    value = bytearray((time.time_ns() // 1_000_000).to_bytes(6, "big") + os.urandom(10))
    value[6] = value[6] & 0x0F | 0x70
    value[8] = value[8] & 0x3F | 0x80
    return str(uuid.UUID(bytes=bytes(value)))


def is_uuid(text: str) -> bool:
    """Whether the text is a UUID in its usual form."""
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False
