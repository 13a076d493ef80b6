"""The order in which people look for a building: by its number, so that 2 stands before 12."""

import re


def natural(name: str) -> tuple[str | int, ...]:
    """Return the key by which names are sorted.

    >>> sorted(["12号楼", "2号楼", "1号楼"], key=natural)
    ['1号楼', '2号楼', '12号楼']
    """
    parts = re.split(r"(\d+)", name)
    return tuple(int(part) if place % 2 else part for place, part in enumerate(parts))
