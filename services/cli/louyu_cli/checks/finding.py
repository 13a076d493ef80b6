"""What a check of `louyu doctor` found."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """What a check found. `advice` is empty when all is well. Neither ever holds a secret."""

    check: str
    text: str
    advice: str = ""
