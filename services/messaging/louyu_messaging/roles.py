"""Roles: what a person can be in a group, in the order in which they are shown."""

from collections.abc import Iterable

RESIDENT = "resident"
STAFF = "staff"
BUILDING_HEAD = "building_head"
RANK = (BUILDING_HEAD, "liaison", "secretary", "harmony_promoter", STAFF, RESIDENT)

STEWARDS = frozenset({"building_head", "liaison", "secretary", "harmony_promoter"})
"""Those who look after a building: they may see who lives where, and the code of its QR code."""


def ranked(roles: Iterable[str]) -> tuple[str, ...]:
    """Return the roles once each, the highest first; `resident` only when there is no other."""
    held = set(roles)
    if len(held) > 1:
        held.discard(RESIDENT)
    return tuple(role for role in RANK if role in held)
