"""Ranges of bytes, as players ask for them (RFC 9110, 14.2). What is not one plain range is answered with the whole."""

import re
from dataclasses import dataclass

_LARGEST = 2**40


@dataclass(frozen=True, slots=True)
class ByteRange:
    """From a first byte to a last one, both included; `last` None means to the end."""

    first: int
    last: int | None

    @property
    def length(self) -> int:
        """How many bytes, 0 for all that follow."""
        return 0 if self.last is None else self.last - self.first + 1


def asked_range(header: str) -> ByteRange | None:
    """Return the range that a header asks for, None for the whole.

    >>> asked_range("bytes=100-199").length
    100
    """
    found = re.fullmatch(r"bytes=(\d{1,12})-(\d{0,12})", header.strip())
    if found is None:
        return None
    first, last = int(found[1]), int(found[2]) if found[2] else None
    return ByteRange(first, last) if last is None or first <= last < _LARGEST else None
