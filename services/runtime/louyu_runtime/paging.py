"""Paging: opaque tokens that continue a list, and bounds of a page."""

from __future__ import annotations

import base64
import json
import uuid

from louyu_runtime.errors import InvalidArgument
from louyu_runtime.ids import is_uuid

DEFAULT_PAGE_SIZE = 100
LARGEST_PAGE_SIZE = 500
LARGEST_INTEGER = 2**63 - 1


def page_size(asked: int) -> int:
    """Return how many to give: 100 when unset. Raises InvalidArgument outside 0..500."""
    if not 0 <= asked <= LARGEST_PAGE_SIZE:
        raise InvalidArgument(f"page_size must be 1 to {LARGEST_PAGE_SIZE}", field="page_size")
    return asked or DEFAULT_PAGE_SIZE


def encode_token(method: str, position: list[str | int]) -> str:
    """Return a token that continues a list of `method` after `position`."""
    return base64.urlsafe_b64encode(json.dumps([method, *position], separators=(",", ":")).encode()).decode()


def decode_token(method: str, token: str, *kinds: type) -> list[str | int] | None:
    """Return the position in a token, None for the empty one. Raises InvalidArgument for a token of elsewhere.

    With `kinds`, the position has these types; `uuid.UUID` stands for the text of one.
    """
    if not token:
        return None
    try:
        named, *found = json.loads(base64.urlsafe_b64decode(token.encode()))
    except (ValueError, TypeError, RecursionError) as error:
        raise _not_given_out() from error
    position = [part for part in found if _is_place(part)]
    if len(position) != len(found):
        raise _not_given_out()
    if named != method:
        raise InvalidArgument("page_token belongs to another list; begin without it", field="page_token")
    if kinds and not (len(kinds) == len(position) and all(map(_is_of, kinds, position))):
        raise _not_given_out()
    return position


def _is_place(part: object) -> bool:
    """Whether a database can compare with it."""
    if isinstance(part, str):
        return part.isprintable()  # neither NUL nor half of a surrogate pair is
    return type(part) is int and 0 <= part <= LARGEST_INTEGER


def _is_of(kind: type, part: str | int) -> bool:
    return isinstance(part, str) and is_uuid(part) if kind is uuid.UUID else isinstance(part, kind)


def _not_given_out() -> InvalidArgument:
    return InvalidArgument("page_token is not one that was given out; begin without it", field="page_token")
