"""Seeing: which signs of a text show something. What shows nothing is neither a name nor a message."""

_BLANK_LETTERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and signs for the computer, and nothing for the eye."""


def is_seen(sign: str) -> bool:
    """Whether a sign shows something by itself: no space, no control, no filler."""
    return sign.isprintable() and not sign.isspace() and sign not in _BLANK_LETTERS


def shows_something(text: str) -> bool:
    """Whether there is anything to be seen in a text."""
    return any(map(is_seen, text))
