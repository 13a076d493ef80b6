"""Plain text: how words are compared, whatever the width, case, dash or space in which somebody typed them.

Each sign is turned by itself, so that a place in the plain text leads back to the sign from which it came. The index and
the look at a message itself both see plain text alone.
"""

import unicodedata

_DASHES = frozenset("‐‑‒–—―−_")


class _Signs(dict[int, str]):
    def __missing__(self, code: int) -> str:
        sign = chr(code)
        if sign.isspace():
            found = " "
        elif sign in _DASHES:
            found = "-"
        else:
            found = unicodedata.normalize("NFKC", sign).casefold()
        self[code] = found
        return found


_SIGNS = _Signs()


def plain(text: str) -> str:
    """Return the text as it is compared: "３－５０１ WiFi" is "3-501 wifi"."""
    return text.translate(_SIGNS)


def origins(text: str) -> list[int]:
    """Return for each sign of the plain text, and for its end, the place in `text` from which it came."""
    found = [place for place, sign in enumerate(text) for _ in _SIGNS[ord(sign)]]
    return [*found, len(text)]
