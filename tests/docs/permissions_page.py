"""Writes docs/operators/permissions.md from the tables of permissions: `python -m tests.docs.permissions_page`."""

from collections.abc import Iterable

from louyu_gateway.pages.permission_table import AREAS, ROLES
from louyu_gateway.pages.texts import Texts
from louyu_gateway.pages.words import ROLES as ROLE_WORDS
from louyu_messaging.permissions import CONVERSATION_PERMISSIONS, MEDIA_PERMISSIONS, MEMBERSHIP_PERMISSIONS
from louyu_messaging.permissions import PERMISSIONS as MESSAGING
from louyu_messaging.role_rights import GRANTED_BY
from louyu_notify.permissions import PERMISSIONS as NOTIFY
from louyu_routing.permissions import PERMISSIONS as ROUTING
from louyu_runtime.events.parked import PERMISSIONS as EVENTS
from louyu_runtime.permissions import Rule

from tests.docs.pages import OPERATORS

PAGE = OPERATORS / "permissions.md"

TABLES: dict[str, dict[str, Rule]] = {
    "messaging": MESSAGING,
    "conversation": CONVERSATION_PERMISSIONS,
    "membership": MEMBERSHIP_PERMISSIONS,
    "media": MEDIA_PERMISSIONS,
    "routing": ROUTING,
    "notify": NOTIFY,
    "events": EVENTS,
}
SERVICES = {
    "messaging": "MessagingService, in messaging",
    "conversation": "ConversationService, in messaging",
    "membership": "MembershipService, in messaging",
    "media": "MediaService, in messaging",
    "routing": "RoutingService, in routing",
    "notify": "NotifyService, in notify",
    "events": "EventsService, in routing and notify",
}

HEAD = """\
# Who may do what

The same table is in the console, under **人员 → 谁能做什么** (people, who may do what), for liaisons, secretaries and operators.
A test holds it against the tables of the services, by which calls pass: what is not here, nobody may do. How far a role
reaches is judged by the service where the object is read; a foreign object and a missing one look the same.

A second manager 副楼长 has the rights of a building head, but chooses no second manager. A substitute has, while they stand
in, the rights over questions of whom they stand in for. An operator may do what a person may, and speaks for nobody.
"""


def page() -> str:
    """Return the page as the code has it now."""
    texts = Texts("en")
    names = [texts(ROLE_WORDS[role]) for role in ROLES]
    parts = [HEAD]
    for area in AREAS:
        lines = [
            f"## {texts(area.name)} {area.name}\n",
            f"| | {' | '.join(names)} | how far |",
            f"| --- |{' :-: |' * len(ROLES)} --- |",
        ]
        for deed in area.deeds:
            marks = " | ".join("✓" if role in deed.roles else "" for role in ROLES)
            within = texts(deed.within) if deed.within else ""
            lines.append(f"| {texts(deed.what)} | {marks} | {within} |")
        parts.append("\n".join(lines) + "\n")
    parts.append("## Who gives and takes which role\n")
    lines = ["| role | gives and takes |", "| --- | --- |"]
    lines += [f"| `{role}` | {_listed(given) or 'none'} |" for role, given in GRANTED_BY.items()]
    parts.append("\n".join(lines) + "\n")
    for name, table in TABLES.items():
        lines = [f"## Calls of {SERVICES[name]}\n", "| call | persons | services |", "| --- | --- | --- |"]
        for method, rule in table.items():
            persons = "anyone" if rule.anyone else _listed(role for role in ROLES if role in _roles(rule))
            lines.append(f"| `{method}` | {persons} | {_listed(sorted(rule.services))} |")
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def _roles(rule: Rule) -> frozenset[str]:
    """Return the roles that pass; an operator does wherever a person does."""
    return rule.roles | {"operator"} if rule.roles else rule.roles


def _listed(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
