"""A community as an import file defines it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DefinedBuilding:
    key: str
    name: str
    flats: tuple[str, ...]


@dataclass(frozen=True)
class DefinedGroup:
    key: str
    name: str
    building_keys: tuple[str, ...]
    join_code: str


@dataclass(frozen=True)
class DefinedMembership:
    """`group_key` "*" means every group of the community."""

    group_key: str
    role: str
    responder_key: str
    is_second: bool = False


@dataclass(frozen=True)
class DefinedAddress:
    """Personal data."""

    channel: str
    account: str
    address: str


@dataclass(frozen=True)
class FormerPerson:
    """Who somebody was in an earlier file; what is empty is as it is now."""

    key: str
    building_key: str
    flat: str
    name: str


@dataclass(frozen=True)
class DefinedPerson:
    """`is_key_derived`: the key was made of home and name, and says no more than these."""

    key: str
    name: str
    building_key: str
    flat: str
    memberships: tuple[DefinedMembership, ...]
    addresses: tuple[DefinedAddress, ...]
    is_key_derived: bool = False
    was: FormerPerson | None = None
    kind: str = ""


@dataclass(frozen=True)
class Definition:
    """All of it; field names are those of the proto, so that faults name what the file's author wrote."""

    key: str
    name: str
    subdistrict: str
    district: str
    buildings: tuple[DefinedBuilding, ...]
    groups: tuple[DefinedGroup, ...]
    people: tuple[DefinedPerson, ...]
    confirm_residency: bool = False
    doubted_may_not_read: bool = False
    keep_messages_days: int | None = None
