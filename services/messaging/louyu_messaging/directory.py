"""The directory: what other services are told of groups and households.

Both are snapshots with a version of their own: the newest replaces what was told before. Addresses are never in them.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from louyu_messaging.roles import BUILDING_HEAD, RANK, RESIDENT, STAFF


@dataclass(frozen=True)
class RoleHolder:
    """Somebody with a role other than resident; `responder_key` is set for staff, `is_second` beside a building head."""

    person_id: str
    role: str
    name: str
    responder_key: str
    is_second: bool = False


@dataclass(frozen=True)
class GroupDirectory:
    """A group as others know it. `buildings` are (id, key, name), ordered by key."""

    group_id: str
    name: str
    buildings: tuple[tuple[str, str, str], ...]
    role_holders: tuple[RoleHolder, ...]
    member_count: int
    community_key: str
    community_name: str


@dataclass(frozen=True)
class HouseholdMember:
    """Somebody of a household who is a member of a group."""

    person_id: str
    channels: tuple[str, ...]
    group_ids: tuple[str, ...]
    name: str


@dataclass(frozen=True)
class HouseholdFacts:
    """A household as others know it."""

    household_id: str
    building_id: str
    building_key: str
    flat: str
    members: tuple[HouseholdMember, ...]


@dataclass(frozen=True)
class Holding:
    """The roles of one person in one group; `is_second` says that they head it as the second manager."""

    person_id: str
    name: str
    roles: tuple[str, ...]
    responder_keys: tuple[str, ...]
    is_second: bool = False


def role_holders(holdings: Iterable[Holding]) -> tuple[RoleHolder, ...]:
    """Return one entry for each role held, staff one for each responder; ordered by rank, seconds later, then person."""
    found = [
        RoleHolder(holding.person_id, role, holding.name, responder_key, holding.is_second and role == BUILDING_HEAD)
        for holding in holdings
        for role in holding.roles
        if role != RESIDENT
        for responder_key in (holding.responder_keys if role == STAFF else ("",))
    ]
    return tuple(
        sorted(
            found,
            key=lambda holder: (RANK.index(holder.role), holder.is_second, holder.person_id, holder.responder_key),
        )
    )
