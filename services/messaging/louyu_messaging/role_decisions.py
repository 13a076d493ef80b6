"""Role decisions: what the console gave and took holds against the import file, until the file says the same.

Otherwise the next import would unseat a building head whom the secretary appointed yesterday. What somebody of a list of
residents holds is theirs anyhow: the file says nothing about it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field

from louyu_messaging.community_state import CommunityState, DecisionKey
from louyu_messaging.roles import BUILDING_HEAD, STAFF


@dataclass
class RolesInGroup:
    """Roles other than resident in one group, the responders for which staff work, and whether a head is a second."""

    roles: set[str] = field(default_factory=set)
    responder_keys: set[str] = field(default_factory=set)
    is_second: bool = False


Roles = dict[str, RolesInGroup]
"""By group."""


def decisions_by_person(state: CommunityState) -> Mapping[str, Sequence[DecisionKey]]:
    """Return what was decided about each person."""
    found: dict[str, list[DecisionKey]] = defaultdict(list)
    for key in state.role_decisions:
        found[key[1]].append(key)
    return found


def hold_to_decisions(wanted: CommunityState, decided: Sequence[DecisionKey], roles: Roles) -> None:
    """Let a person's roles be as was decided; a decision that the file has caught up with is forgotten."""
    open_groups = set(wanted.open_groups())
    for key in decided:
        decision = wanted.role_decisions[key]
        group_id, _, role, responder_key = key
        if group_id not in open_groups:
            del wanted.role_decisions[key]
            continue
        given = roles.setdefault(group_id, RolesInGroup())
        is_in_file = responder_key in given.responder_keys if role == STAFF else role in given.roles
        is_head_as_decided = role != BUILDING_HEAD or not is_in_file or given.is_second == decision.is_second
        if is_in_file == decision.is_granted and is_head_as_decided:
            del wanted.role_decisions[key]
        elif decision.is_granted:
            given.roles.add(role)
            given.responder_keys.update({responder_key} - {""})
            if role == BUILDING_HEAD:
                given.is_second = decision.is_second
        else:
            given.responder_keys.discard(responder_key)
            if role != STAFF or not given.responder_keys:
                given.roles.discard(role)
            if role == BUILDING_HEAD:
                given.is_second = False


def forget_decisions(wanted: CommunityState, named: Container[str]) -> None:
    """Forget what was decided about those whom a pruning import does not name: their roles have ended."""
    for key in [each for each in wanted.role_decisions if each[1] not in named]:
        del wanted.role_decisions[key]
