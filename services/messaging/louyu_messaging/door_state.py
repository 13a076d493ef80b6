"""What is known of somebody at the door: where they belong, what they were asked, what this callback came to before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from louyu_messaging.door_outcome import DoorOutcome, PostedInGroup, from_record

Row = tuple[str, str, dict[str, Any]]
"""Kind, community and detail, as the store's look at the door gives them."""


@dataclass(frozen=True)
class GroupChoice:
    """A group into which this person may speak."""

    community_id: str
    group_id: str
    name: str
    person_id: str
    community_name: str


@dataclass(frozen=True)
class Waiting:
    """Words that wait until the group is chosen; `callback` identifies their delivery."""

    callback: str
    text: str
    via: str
    media_ids: tuple[str, ...]


@dataclass(frozen=True)
class Asked:
    """The person was asked for the flat."""

    community_id: str
    group_id: str
    group_name: str
    join_code: str
    consent_version: str


@dataclass(frozen=True)
class Choosing:
    """The person was asked which group is meant."""

    community_id: str
    options: tuple[GroupChoice, ...]
    waiting: tuple[Waiting, ...]


@dataclass(frozen=True)
class Confirming:
    """The person was asked to confirm: "leave", or "flat", with the flat that was named and the words that waited."""

    community_id: str
    kind: str
    group_id: str
    group_name: str
    person_id: str
    flat: str
    waiting: Waiting | None


@dataclass(frozen=True)
class KnownAddress:
    """The person's address in one community. `chosen_at` is in seconds, 0 when nothing was chosen."""

    community_id: str
    person_id: str
    is_active: bool
    chosen_group_id: str
    chosen_at: float
    groups: tuple[GroupChoice, ...]


@dataclass(frozen=True)
class DoorState:
    """All of it. `first_outcome` is set when this very callback was handled before."""

    first_outcome: DoorOutcome | None
    asked: Asked | None
    choosing: Choosing | None
    confirming: Confirming | None
    addresses: tuple[KnownAddress, ...]

    @property
    def groups(self) -> tuple[GroupChoice, ...]:
        """Every group into which the person may speak, over all communities."""
        return tuple(group for address in self.addresses for group in address.groups)

    @property
    def is_active(self) -> bool:
        """Whether every address is in use."""
        return all(address.is_active for address in self.addresses)

    @property
    def target(self) -> GroupChoice | None:
        """Where the person's words go without asking: the latest choice, or the only group."""
        chosen = [
            (address.chosen_at, group)
            for address in self.addresses
            for group in address.groups
            if group.group_id == address.chosen_group_id
        ]
        if chosen:
            return max(chosen, key=lambda each: each[0])[1]
        return self.groups[0] if len(self.groups) == 1 else None

    @property
    def communities(self) -> list[str]:
        """Every community that knows this address, in order."""
        found = {address.community_id for address in self.addresses}
        found |= {pending.community_id for pending in (self.asked, self.choosing, self.confirming) if pending}
        return sorted(found)

    def group(self, group_id: str) -> GroupChoice | None:
        """Return the group of this id if the person is in it."""
        return next((group for group in self.groups if group.group_id == group_id), None)


def with_clear_names(groups: Sequence[GroupChoice]) -> tuple[GroupChoice, ...]:
    """Return the groups to choose from, ordered by name; equal names with their community's before them."""
    count = Counter(group.name for group in groups)
    named = [
        replace(group, name=f"{group.community_name}{group.name}") if count[group.name] > 1 else group
        for group in groups
    ]
    return tuple(sorted(named, key=lambda group: (group.name, group.group_id)))


def door_state(rows: Iterable[Row], posted: Iterable[PostedInGroup]) -> DoorState:
    """Put together what the store found; `posted` are messages that this callback has brought already."""
    by_kind: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for kind, community_id, detail in rows:
        by_kind.setdefault(kind, []).append((community_id, detail))
    outcomes: list[DoorOutcome] = [from_record(detail) for _, detail in by_kind.get("receipt", ())]
    outcomes += posted
    asked = [Asked(community_id, **detail) for community_id, detail in by_kind.get("joining", ())]
    choosing = [
        Choosing(
            community_id,
            tuple(GroupChoice(**option) for option in detail["options"]),
            tuple(_waiting(each) for each in detail["waiting"]),
        )
        for community_id, detail in by_kind.get("choosing", ())
    ]
    confirming = [
        Confirming(community_id, **{**detail, "waiting": _waiting(detail["waiting"]) if detail["waiting"] else None})
        for community_id, detail in by_kind.get("confirming", ())
    ]
    return DoorState(
        first_outcome=outcomes[0] if outcomes else None,
        asked=asked[0] if asked else None,
        choosing=choosing[0] if choosing else None,
        confirming=confirming[0] if confirming else None,
        addresses=tuple(_address(*each) for each in by_kind.get("address", ())),
    )


def _waiting(detail: dict[str, Any]) -> Waiting:
    return Waiting(detail["callback"], detail["text"], detail["via"], tuple(detail["media_ids"]))


def _address(community_id: str, detail: dict[str, Any]) -> KnownAddress:
    person_id = str(detail["person_id"])
    return KnownAddress(
        community_id=community_id,
        person_id=person_id,
        is_active=detail["is_active"],
        chosen_group_id=detail["chosen_group_id"] or "",
        chosen_at=float(detail["chosen_at"] or 0),
        groups=tuple(
            GroupChoice(community_id, each["id"], each["name"], person_id, detail["community_name"])
            for each in detail["groups"]
        ),
    )
