"""Bounds: the checks that public types make on their fields, each error naming the field.

Used in `__post_init__` only. They check types too, since plugins need not be type-checked.
"""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import Enum

from louyu_sdk.errors import InvalidField

KEY = re.compile(r"[a-z][a-z0-9_]{0,62}")


def require_key(field: str, value: object) -> None:
    """Demand a key: a lower-case letter, then up to 62 letters, digits or underscores."""
    if not isinstance(value, str) or KEY.fullmatch(value) is None:
        raise InvalidField(field, f"{value!r} is not a key; write lower-case letters, digits and _, a letter first")


def require_text(field: str, value: object, *, longest: int, shortest: int = 1) -> None:
    """Demand a string of `shortest` to `longest` characters that is not only white space."""
    if not isinstance(value, str):
        raise InvalidField(field, f"must be text, not {type(value).__name__}")
    if not shortest <= len(value) <= longest:
        raise InvalidField(field, f"has {len(value)} characters; {shortest} to {longest} are allowed")
    if shortest and not value.strip():
        raise InvalidField(field, "holds only white space")


def require_optional_text(field: str, value: object, *, longest: int) -> None:
    """Demand None or a text of 1 to `longest` characters."""
    if value is not None:
        require_text(field, value, longest=longest)


def require_instance(field: str, value: object, wanted: type | tuple[type, ...]) -> None:
    """Demand an instance of `wanted`; True and False do not count as numbers."""
    if isinstance(value, bool) and wanted is not bool:
        raise InvalidField(field, f"must be {_name(wanted)}, not bool")
    if not isinstance(value, wanted):
        raise InvalidField(field, f"must be {_name(wanted)}, not {type(value).__name__}")


def require_tuple(
    field: str, value: object, wanted: type | tuple[type, ...], *, least: int = 0, most: int = 1_000
) -> None:
    """Demand a tuple of `least` to `most` items, all instances of `wanted`. A list would not be frozen."""
    if not isinstance(value, tuple):
        raise InvalidField(field, f"must be a tuple, not {type(value).__name__}")
    if not least <= len(value) <= most:
        raise InvalidField(field, f"has {len(value)} items; {least} to {most} are allowed")
    for position, item in enumerate(value):
        require_instance(f"{field}[{position}]", item, wanted)


def require_member(field: str, value: object, wanted: type[Enum]) -> None:
    """Demand a member of the enumeration, not only a string equal to one."""
    if not isinstance(value, wanted):
        values = ", ".join(f"{wanted.__name__}.{member.name}" for member in wanted)
        raise InvalidField(field, f"{value!r} is not one of {values}")


def require_number(field: str, value: object, *, least: float, most: float) -> None:
    """Demand an int or float from `least` to `most`; not a number is refused."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidField(field, f"must be a number, not {type(value).__name__}")
    if not least <= value <= most:
        raise InvalidField(field, f"is {value}; {least} to {most} is allowed")


def require_span(field: str, value: object, *, most: timedelta = timedelta(days=366)) -> None:
    """Demand a `timedelta` above zero and up to `most`."""
    if not isinstance(value, timedelta):
        raise InvalidField(field, f"must be a timedelta, not {type(value).__name__}")
    if not timedelta(0) < value <= most:
        raise InvalidField(field, f"is {value}; more than 0 and at most {most} is allowed")


def require_aware(field: str, value: object) -> None:
    """Demand a `datetime` that knows its zone."""
    if not isinstance(value, datetime):
        raise InvalidField(field, f"must be a datetime, not {type(value).__name__}")
    if value.utcoffset() is None:
        raise InvalidField(field, "has no time zone; pass an aware datetime in UTC")


def require_unique(field: str, values: Iterable[object]) -> None:
    """Demand that no value occurs twice."""
    seen: set[object] = set()
    for value in values:
        if value in seen:
            raise InvalidField(field, f"{value!r} occurs twice")
        seen.add(value)


def _name(wanted: type | tuple[type, ...]) -> str:
    if isinstance(wanted, tuple):
        return " or ".join(one.__name__ for one in wanted)
    return wanted.__name__
