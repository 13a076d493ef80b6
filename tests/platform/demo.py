"""The community that `louyu up` loads, for those who need its members."""

import importlib.resources
from functools import cache

from louyu.messaging.v1 import community_pb2
from louyu_cli.community.reading import read_community
from louyu_cli.community.translating import Definitions

FILE = "guangximen-beili-bei.yaml"


@cache
def demo_community() -> Definitions:
    """Return its definition."""
    with importlib.resources.as_file(importlib.resources.files("louyu_cli") / "demo" / FILE) as path:
        return read_community(path)


def members_of(group: community_pb2.GroupDefinition) -> list[tuple[community_pb2.PersonDefinition, frozenset[str]]]:
    """Return the members of one of its groups with their roles there."""
    found = []
    for person in demo_community().community.people:
        roles = frozenset(each.role for each in person.memberships if each.group_key == group.key)
        if roles or person.building_key in group.building_keys:
            found.append((person, roles or frozenset({"resident"})))
    return found
