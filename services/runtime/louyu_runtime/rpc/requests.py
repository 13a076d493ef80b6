"""Requests as they arrive: what is no message, or has text that no database can keep, is refused before all else.

Without this, bytes that are no message would be answered by the name of a Python class, and a NUL in a text by a fault
of ours. The deserializer marks such a request, and the call refuses it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError, Message

from louyu_runtime.errors import InvalidArgument, ResourceExhausted
from louyu_runtime.rpc.client import MESSAGE_LIMIT
from louyu_runtime.rpc.handlers import Deserializer

ROW_BY_ROW = frozenset({"PostMessageBatchRequest"})
"""Requests whose handler refuses each bad row by itself, so that it does not harm the good ones."""


@dataclass(frozen=True)
class _Unusable:
    """Stands for a request that cannot be used, and says why: too many bytes, a field, or else no message at all."""

    field: str = ""
    most_bytes: int = 0


def marking(own: Deserializer, most_bytes: int = MESSAGE_LIMIT) -> Deserializer:
    """Return a deserializer that reads as `own` does, and marks what cannot be used."""

    def read(data: bytes) -> Any:
        if len(data) > most_bytes:
            return _Unusable(most_bytes=most_bytes)
        try:
            message = own(data)
        except (DecodeError, UnicodeDecodeError):
            return _Unusable()
        # lengths may be zero bytes too, so a zero byte is only a reason to look
        is_looked_at = b"\0" in data and message.DESCRIPTOR.name not in ROW_BY_ROW
        field = _text_with_nul(message) if is_looked_at else None
        return message if field is None else _Unusable(field)

    return read


def check_usable(request: Any) -> None:
    """Raise ResourceExhausted or InvalidArgument for a request that was marked."""
    if not isinstance(request, _Unusable):
        return
    if request.most_bytes:
        limit = request.most_bytes // MESSAGE_LIMIT
        raise ResourceExhausted(f"the request is larger than {limit} MiB", reason="REQUEST_TOO_LARGE")
    if request.field:
        raise InvalidArgument(f"{request.field} has a NUL character, which no text may have", field=request.field)
    raise InvalidArgument("the request is not a message of this method")


def _text_with_nul(message: Message, path: str = "") -> str | None:
    """Return the path of the first text with a NUL, as in "messages[3].message.text"."""
    for field, value in message.ListFields():
        for name, one in _values(field, value):
            if isinstance(one, Message):
                found = _text_with_nul(one, f"{path}{name}.")
                if found is not None:
                    return found
            elif isinstance(one, str) and "\0" in one:
                return f"{path}{name}"
    return None


def _values(field: FieldDescriptor, value: Any) -> Iterable[tuple[str, Any]]:
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        return [(field.name, part) for item in value.items() for part in item]
    if field.is_repeated:
        return [(f"{field.name}[{number}]", one) for number, one in enumerate(value)]
    return [(field.name, value)]
