"""Roles as the console shows them: what they are called, who holds them, and people to choose from."""

from collections.abc import Iterable, Mapping
from types import SimpleNamespace

from louyu.messaging.v1 import membership_pb2
from louyu.messaging.v1 import membership_service_pb2 as membership
from louyu.routing.v1 import routing_service_pb2 as routing
from louyu_runtime.errors import RemoteError
from louyu_runtime.identity import Principal

from louyu_gateway.gateway import Viewer
from louyu_gateway.pages import words
from louyu_gateway.pages.order import natural
from louyu_gateway.pages.texts import Texts
from louyu_gateway.pages.views import Choice, Filter

AT = "/console/roles"
OFFICE = frozenset({"liaison", "secretary", "operator"})


def tabs(viewer: Viewer, texts: Texts, current: str) -> list[Filter]:
    """Return the pages about people, the permissions for those of the office alone."""
    found = [
        ("/console/roles", texts("角色")),
        ("/console/absences", texts("外出代班")),
        ("/console/duty", texts("值班表")),
    ]
    if is_office(viewer.principal):
        found.append(("/console/permissions", texts("谁能做什么")))
    return [Filter(label, href, href == current) for href, label in found]


def is_office(principal: Principal) -> bool:
    """Whether somebody is liaison, secretary or operator."""
    return bool(principal.roles & OFFICE)


async def read_roles(viewer: Viewer, group_id: str = "") -> list[membership_pb2.GroupRoles]:
    """Return the roles of the groups that the viewer may see, in the order of their numbers."""
    found: membership.ListRoleHoldersResponse = await viewer.ask.membership(
        membership.ListRoleHoldersRequest(community_id=viewer.community(), group_id=group_id)
    )
    return sorted(found.groups, key=lambda group: natural(group.group_name))


async def read_responder_names(viewer: Viewer) -> dict[str, str]:
    """Return the names of the community's responders by key; nothing while routing is away."""
    try:
        found: routing.ListRespondersResponse = await viewer.ask.routing(
            routing.ListRespondersRequest(community_id=viewer.community())
        )
    except RemoteError:
        return {}
    return {each.key: each.name for each in found.responders}


def role_label(role: str, texts: Texts, *, is_second: bool = False) -> str:
    """Return what a role is called."""
    return texts(words.SECOND) if is_second or role == "second" else texts(words.ROLES.get(role, role))


def held_view(
    held: membership_pb2.HeldRole, may_grant: Iterable[str], texts: Texts, names: Mapping[str, str]
) -> SimpleNamespace:
    """Return somebody with a role, and whether the viewer may take it; `names` are those of responders by key."""
    return SimpleNamespace(
        person_id=held.person_id,
        name=held.name,
        role=held.role,
        responder_key=held.responder_key,
        responder=names.get(held.responder_key, held.responder_key),
        label=role_label(held.role, texts, is_second=held.is_second),
        is_away=held.is_away,
        substitute=held.substitute_name,
        may_withdraw=("second" if held.is_second else held.role) in set(may_grant),
    )


def people_with_roles(groups: Iterable[membership_pb2.GroupRoles], texts: Texts) -> list[Choice]:
    """Return everybody with a role, each once, by name with what they are."""
    found: dict[str, tuple[str, dict[str, None]]] = {}
    for group in groups:
        for held in group.held:
            _, labels = found.setdefault(held.person_id, (held.name, {}))
            where = f"{group.group_name} " if held.role == "building_head" else ""
            labels[where + role_label(held.role, texts, is_second=held.is_second)] = None
    return [
        Choice(person_id, f"{name} · {texts('、').join(list(labels)[:3])}")
        for person_id, (name, labels) in sorted(found.items(), key=lambda item: item[1][0])
    ]
