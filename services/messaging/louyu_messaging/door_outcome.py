"""What a channel's callback came to: kept with the callback's key, so that a repeat is answered like the first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, get_args


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
    """The person must say which group is meant; `is_only_choice` when nothing waits to be posted."""

    group_names: tuple[str, ...]
    is_only_choice: bool = False


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


@dataclass(frozen=True)
class HelpAsked:
    """The person asks what the account can do; `group_name` is where their words go, "" while that is not chosen."""

    group_name: str
    is_in_several: bool


@dataclass(frozen=True)
class OwnQuestionsAsked:
    """The person asks how their questions stand: who they are, by community and person in turn."""

    persons: tuple[str, ...]


@dataclass(frozen=True)
class GroupChosen:
    """From now on the person's words go to this group."""

    group_name: str
    is_only: bool


@dataclass(frozen=True)
class LeavingAsked:
    """The person must confirm that they leave."""

    group_name: str
    is_in_several: bool


@dataclass(frozen=True)
class LeftGroup:
    """The person has left; `is_last` when they are in no group any more."""

    group_name: str
    is_last: bool


@dataclass(frozen=True)
class RoleHeldThere:
    """The person cannot leave: their roles have to be handed over, to be arranged with these."""

    group_name: str
    roles: tuple[str, ...]
    successors: tuple[str, ...]


@dataclass(frozen=True)
class FlatNamed:
    """The person, a member, named a flat and must say what is meant."""

    group_name: str
    own_flat: str
    named_flat: str
    is_own: bool


@dataclass(frozen=True)
class FlatChanged:
    """The flat on record is another one now."""

    group_name: str
    flat: str


@dataclass(frozen=True)
class AddressLinked:
    """The person has shown who they are."""

    name: str
    flat: str


@dataclass(frozen=True)
class NothingChanged:
    """The person took back what they were asked to confirm."""


DoorOutcome = (
    UnknownSender
    | FlatAsked
    | JoinedGroup
    | GroupAsked
    | PostedInGroup
    | NothingToSay
    | Refused
    | HelpAsked
    | OwnQuestionsAsked
    | GroupChosen
    | LeavingAsked
    | LeftGroup
    | RoleHeldThere
    | FlatNamed
    | FlatChanged
    | NothingChanged
    | AddressLinked
)

_KINDS: dict[str, type[Any]] = {kind.__name__: kind for kind in get_args(DoorOutcome)}


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
