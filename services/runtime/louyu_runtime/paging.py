"""Paging: opaque tokens that continue a list, and bounds of a page."""

from __future__ import annotations

import base64
import json

from louyu_runtime.errors import InvalidArgument

DEFAULT_PAGE_SIZE = 100
LARGEST_PAGE_SIZE = 500


def page_size(asked: int) -> int:
    """Return how many to give: 100 when unset. Raises InvalidArgument outside 0..500."""
    if not 0 <= asked <= LARGEST_PAGE_SIZE:
        raise InvalidArgument(f"page_size must be 1 to {LARGEST_PAGE_SIZE}", field="page_size")
    return asked or DEFAULT_PAGE_SIZE


def encode_token(method: str, position: list[str | int]) -> str:
    """Return a token that continues a list of `method` after `position`."""
    return base64.urlsafe_b64encode(json.dumps([method, *position], separators=(",", ":")).encode()).decode()


def decode_token(method: str, token: str) -> list[str | int] | None:
    """Return the position in a token, None for the empty one. Raises InvalidArgument for a token of elsewhere."""
    if not token:
        return None
    try:
        named, *found = json.loads(base64.urlsafe_b64decode(token.encode()))
    except (ValueError, TypeError, RecursionError) as error:
        raise InvalidArgument(
            "page_token is not one that was given out; begin without it", field="page_token"
        ) from error
    position = [part for part in found if isinstance(part, str | int)]
    if named != method or len(position) != len(found):
        raise InvalidArgument("page_token belongs to another list; begin without it", field="page_token")
    return position
