"""The directory: who can be asked for a question, as plugins see it.

Persons are found when a step starts (`asking`), not when the plan is frozen: a new building head is asked, not last week's.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from louyu_runtime.database import Transaction
from louyu_sdk import Directory, Neighbours, Responder, ResponderById, Role, RoleHolder, RoleInGroup
from louyu_sdk.plan import Whom

from louyu_routing.chase import Chase
from louyu_routing.store import availability
from louyu_routing.store import directory as store

NEIGHBOURS = "neighbours"
OPERATOR = "operator"
ASKER = "asker"

ROLE_NAMES: Mapping[str, str] = MappingProxyType(
    {
        NEIGHBOURS: "邻居们",
        "building_head": "楼长",
        "liaison": "包楼居干",
        "secretary": "书记",
        "harmony_promoter": "和谐促进员",
        "staff": "工作人员",
        "resident": "居民",
        OPERATOR: "平台值守人员",
        ASKER: "提问人",
    }
)

_ROLES = frozenset(Role) - {Role.RESIDENT}
_STRONGEST_FIRST = ("secretary", "liaison", "building_head", "staff", "harmony_promoter")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Whom a step asks now."""

    who: str
    who_name: str
    person_ids: tuple[str, ...]
    is_everybody: bool = False
    """True for neighbours: nobody in particular."""


async def for_plugins(tx: Transaction, group_id: str, chase: Chase) -> Directory:
    """Return whom a plan for a question of this group can ask."""
    holders = await store.holders_in(tx, group_id)
    staff = await store.holders_of_role(tx, Role.STAFF)
    there = await availability.at(tx, tx.now, chase.quiet.zone)
    return Directory(
        community_id=tx.community_id,
        group_id=group_id,
        role_holders=tuple(
            RoleHolder(
                person_id=holder.person_id,
                role=Role(holder.role),
                name=holder.name,
                available=not there.is_away(holder.person_id),
            )
            for holder in holders
            if holder.role in _ROLES
        ),
        responders=tuple(
            Responder(
                id=row.responder_id,
                responder_type=row.type,
                name=row.name,
                person_ids=tuple(one.person_id for one in staff if one.responder_key == row.key),
                building_keys=row.building_keys,
                settings=row.settings,
            )
            for row in await store.responders(tx)
        ),
        times=chase.times,
    )


async def name_selectors(tx: Transaction, whom: Iterable[Whom]) -> tuple[str, str]:
    """Return key and name of who is meant by these selectors, whether anybody is found or not."""
    responders = {one.responder_id: one for one in await store.responders(tx)}
    keys: list[str] = []
    names: list[str] = []
    for one in whom:
        match one:
            case Neighbours():
                keys.append(NEIGHBOURS)
                names.append(ROLE_NAMES[NEIGHBOURS])
            case RoleInGroup(role):
                keys.append(role.value)
                names.append(ROLE_NAMES[role])
            case ResponderById(responder_id):
                responder = responders.get(responder_id)
                keys.append(responder.type if responder else "staff")
                names.append(responder.name if responder else ROLE_NAMES["staff"])
    return keys[0], "、".join(dict.fromkeys(names))


def strongest_role(roles: Iterable[str]) -> str:
    """Return the role by which somebody is named: the strongest held, "resident" if none."""
    held = set(roles)
    return next((role for role in _STRONGEST_FIRST if role in held), "resident")
