"""Places and people as messaging knows them."""

from dataclasses import dataclass

from louyu_messaging.roles import RESIDENT


@dataclass(frozen=True)
class Community:
    """The tenant. `doubted_may_not_read` holds where residency is confirmed at all."""

    id: str
    key: str
    name: str
    subdistrict: str
    district: str
    confirms_residency: bool = False
    doubted_may_not_read: bool = False


@dataclass(frozen=True)
class Building:
    """A building of a group."""

    id: str
    key: str
    name: str
    household_count: int = 0


@dataclass(frozen=True)
class Group:
    """A group, with all that anybody may see of it; `join_code` is empty where none works."""

    id: str
    community_id: str
    key: str
    name: str
    buildings: tuple[Building, ...]
    join_code: str
    last_seq: int
    member_count: int
    last_change: int
    read_seq: int = 0


@dataclass(frozen=True)
class Member:
    """Somebody in a group; `flat` is empty for those who do not live here."""

    person_id: str
    name: str
    roles: tuple[str, ...]
    flat: str

    @property
    def is_resident(self) -> bool:
        """Whether they hold no other role."""
        return self.roles == (RESIDENT,)


@dataclass(frozen=True)
class Membership:
    """What a person is in one group."""

    group_id: str
    group_name: str
    roles: tuple[str, ...]


@dataclass(frozen=True)
class Person:
    """A person in one community; household and flat are empty for those who do not live here."""

    id: str
    community_id: str
    community_name: str
    name: str
    household_id: str
    flat: str
    memberships: tuple[Membership, ...]


@dataclass(frozen=True)
class ChannelAddress:
    """Where a person can be found on a channel. Personal data: never in logs or events."""

    channel: str
    account: str
    address: str
