"""Kinds of member: as what somebody belongs to a household or to the community."""

from collections.abc import Collection

OWNER, TENANT, ABSENT_OWNER, STAFF, OFFICIAL = "owner", "tenant", "absent_owner", "staff", "official"
KINDS = (OWNER, TENANT, ABSENT_OWNER, STAFF, OFFICIAL)

OF_HOUSEHOLDS = (OWNER, TENANT, ABSENT_OWNER)
"""What people say of themselves; the others are for those who look after a building to give."""


def kind_of(stated: str, roles: Collection[str], *, has_flat: bool) -> str:
    """Return the kind that was stated, else what the roles of somebody without a flat say; "" when nothing does."""
    if stated or has_flat:
        return stated
    if not {"liaison", "secretary"}.isdisjoint(roles):
        return OFFICIAL
    return STAFF if "staff" in roles else ""
