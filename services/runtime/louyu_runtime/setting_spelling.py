"""Settings that nobody reads: told by name, with the nearest name that exists, since a misspelt one changes nothing."""

from collections.abc import Collection, Iterable
from difflib import get_close_matches

PREFIX = "LOUYU_"
_NEAR = 0.75


def unknown_settings(given: Iterable[str], known: Collection[str]) -> list[str]:
    """Return a line for each name of ours in `given` that is not `known`, in order of the names."""
    return [_told(name, known) for name in sorted(given) if name.startswith(PREFIX) and name not in known]


def _told(name: str, known: Collection[str]) -> str:
    nearest = get_close_matches(name, known, n=1, cutoff=_NEAR)
    mend = f"did you mean {nearest[0]}?" if nearest else "remove it or correct its name"
    return f"{name}: no such setting; {mend} (docs/operators/settings.md lists all)"
