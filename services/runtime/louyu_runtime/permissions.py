"""Permissions: which kinds of caller may call a method at all; what they may touch is decided where the object is read.

Each service has one table, method name -> Rule, in its `permissions.py`; a method without a rule stops the start.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from louyu_runtime.errors import NotFound, PermissionDenied, Unauthenticated
from louyu_runtime.identity import PERSON_ROLES, STAFF_ROLES, Principal

EVERYBODY = PERSON_ROLES
STAFF = STAFF_ROLES
LEADERS = frozenset({"building_head", "liaison", "secretary"})
OFFICE = frozenset({"liaison", "secretary"})
OPERATORS = frozenset({"operator"})


@dataclass(frozen=True)
class Rule:
    """Who may call a method: persons with one of the roles, the named services, or anyone without identity.

    An operator may call whatever a person may.
    """

    roles: frozenset[str] = frozenset()
    services: frozenset[str] = frozenset()
    anyone: bool = False


def persons(roles: frozenset[str], *services: str) -> Rule:
    """A rule for persons with one of these roles, and for these services."""
    return Rule(roles=roles, services=frozenset(services))


def only_services(*services: str) -> Rule:
    """A rule for these services alone."""
    return Rule(services=frozenset(services))


ANYONE = Rule(anyone=True)


def check_caller(rule: Rule, method: str, principal: Principal | None, community_id: str | None) -> None:
    """Raise unless the principal may call the method for this community.

    `community_id` is that of the request, None when it has none. A person of another community learns nothing: NotFound.
    """
    if rule.anyone:
        return
    if principal is None:
        raise Unauthenticated("this call needs an identity: send metadata `authorization: Bearer <token>`")
    if principal.is_service:
        if principal.id not in rule.services:
            raise PermissionDenied(f"the service {principal.id} may not call {method}")
        return
    if principal.is_operator and rule.roles:
        return
    if not rule.roles & principal.roles:
        needed = ", ".join(sorted(rule.roles)) or "a service"
        raise PermissionDenied(f"{method} needs one of: {needed}")
    if community_id is not None and community_id != principal.community_id:
        raise NotFound("no such community, or it is not yours")


def missing_rules(methods: list[str], table: Mapping[str, Rule]) -> list[str]:
    """Return the methods that have no rule."""
    return [method for method in methods if method not in table]
