"""What the services can hold: bounds for numbers, moments and texts from outside, each told by its field's name."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Path, Query
from louyu_runtime.errors import InvalidArgument
from pydantic import AfterValidator, AwareDatetime, Field

LARGEST = 2**62
"""Positions and versions are signed 64-bit numbers in contracts and database; half of it leaves room to count on."""

MessageSeq = Annotated[int, Path(ge=1, le=LARGEST, description="Position of the message.")]
"""The position of one message, in a path."""

Position = Annotated[int, Query(ge=0, le=LARGEST)]
Version = Annotated[int, Field(ge=0, le=LARGEST)]


def checked_text(field: str, value: str) -> str:
    """Return a text that can be stored. Raises InvalidArgument for the sign U+0000 and halves of signs."""
    if "\x00" in value or (not value.isascii() and any("\ud800" <= sign <= "\udfff" for sign in value)):
        raise InvalidArgument(f"{field} holds a sign that no text can hold, such as U+0000", field=field)
    return value


def checked_moment(value: datetime) -> datetime:
    """Return an aware moment that every time zone can write. Raises ValueError."""
    if not 1 < value.year < 9999:
        raise ValueError("must lie in the years 2 to 9998")
    return value.astimezone(UTC)


Moment = Annotated[AwareDatetime, AfterValidator(checked_moment)]


def whole_number(fields: Mapping[str, str], name: str) -> int:
    """Return a form's number, 0 if it has none. Raises InvalidArgument naming the field."""
    text = fields.get(name, "")
    if not text:
        return 0
    if not text.isdecimal() or len(text) > len(str(LARGEST)) or int(text) > LARGEST:
        raise InvalidArgument(f"{name} must be a whole number up to {LARGEST}", field=name)
    return int(text)
