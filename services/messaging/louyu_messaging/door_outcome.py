"""What a channel's callback came to: kept with the callback's key, so that a repeat is answered like the first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class UnknownSender:
    """Nobody we know; `is_code_invalid` when a join code was given that opens nothing."""

    is_code_invalid: bool = False


@dataclass(frozen=True)
class FlatAsked:
    """The person must name the flat; `problem` says why the last answer was not taken."""

    group_name: str
    consent_version: str
    problem: str = ""


@dataclass(frozen=True)
class JoinedGroup:
    """The person is a member, now or since before."""

    community_id: str
    group_id: str
    group_name: str
    flat: str
    person_id: str
    was_member: bool


@dataclass(frozen=True)
class GroupAsked:
    """The person must say which group is meant."""

    group_names: tuple[str, ...]


@dataclass(frozen=True)
class PostedInGroup:
    """The words stand in the group."""

    community_id: str
    group_id: str
    group_name: str
    person_id: str
    seq: int


@dataclass(frozen=True)
class NothingToSay:
    """Nothing is said to the person."""


@dataclass(frozen=True)
class Refused:
    """It could not be posted."""

    reason: str


DoorOutcome = UnknownSender | FlatAsked | JoinedGroup | GroupAsked | PostedInGroup | NothingToSay | Refused

_KINDS: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (UnknownSender, FlatAsked, JoinedGroup, GroupAsked, PostedInGroup, NothingToSay, Refused)
}


def to_record(outcome: DoorOutcome) -> dict[str, Any]:
    """Return the outcome as it is kept."""
    return {"kind": type(outcome).__name__, **asdict(outcome)}


def from_record(record: Mapping[str, Any]) -> DoorOutcome:
    """Return the outcome that was kept."""
    fields = {
        name: tuple(value) if isinstance(value, list) else value for name, value in record.items() if name != "kind"
    }
    outcome: DoorOutcome = _KINDS[record["kind"]](**fields)
    return outcome
