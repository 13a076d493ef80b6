"""Standing: what a caller is in the community, by the tables and not by the token. Rights over people rest on it.

What a caller may not see looks like what is not there. A building head's second manager has the head's rights, but for
choosing a second manager.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from louyu_runtime.database import Transaction
from louyu_runtime.identity import Principal
from louyu_runtime.permissions import LEADERS

from louyu_messaging.access import own_id, sees_all
from louyu_messaging.directory import Holding
from louyu_messaging.errors import GroupNotFound, NotEntitled, PersonNotFound
from louyu_messaging.roles import STEWARDS
from louyu_messaging.store import standing as store

SECRETARY, LIAISON, BUILDING_HEAD = "secretary", "liaison", "building_head"


@dataclass(frozen=True)
class Standing:
    """What somebody is in each group, by its id; `sees_everything` for services and operators."""

    id: str
    name: str
    sees_everything: bool
    holdings: Mapping[str, Holding]

    @property
    def is_secretary(self) -> bool:
        """Whether they stand above every group of the community."""
        return self.sees_everything or any(SECRETARY in each.roles for each in self.holdings.values())

    @property
    def is_office(self) -> bool:
        """Whether they are secretary or liaison anywhere in the community."""
        return self.is_secretary or any(LIAISON in each.roles for each in self.holdings.values())

    @property
    def has_role(self) -> bool:
        """Whether they hold any role other than resident."""
        return self.sees_everything or any(each.roles != ("resident",) for each in self.holdings.values())

    @property
    def responder_keys(self) -> frozenset[str]:
        """The responders for which they work."""
        return frozenset(key for each in self.holdings.values() for key in each.responder_keys)

    def roles_in(self, group_id: str) -> frozenset[str]:
        """Return the roles that they hold in a group."""
        held = self.holdings.get(group_id)
        return frozenset(held.roles) if held else frozenset()

    def is_second_in(self, group_id: str) -> bool:
        """Whether they head the group as its second manager only."""
        held = self.holdings.get(group_id)
        return held is not None and held.is_second

    def looks_after(self, group_id: str) -> bool:
        """Whether they may see who lives where in the group."""
        return self.is_secretary or bool(STEWARDS & self.roles_in(group_id))

    def leads(self, group_id: str) -> bool:
        """Whether they decide in the group: building head, liaison, secretary."""
        return self.is_secretary or bool(LEADERS & self.roles_in(group_id))


async def standing_of(tx: Transaction, principal: Principal) -> Standing:
    """Return what the caller is. Raises NotAPerson for somebody whose token names none."""
    if sees_all(principal):
        return Standing(principal.id, "", True, {})
    name, holdings = await store.holdings_of(tx, own_id(principal))
    return Standing(principal.id, name, False, holdings)


async def require_steward(tx: Transaction, caller: Standing, group_id: str) -> str:
    """Return the group's name for those who look after it. Raises GroupNotFound, and NotEntitled for other members."""
    name = await store.group_name(tx, group_id)
    if name is None or not (caller.is_secretary or caller.roles_in(group_id)):
        raise GroupNotFound
    if not caller.looks_after(group_id):
        raise NotEntitled("those who look after the building")
    return name


async def require_leader_of(tx: Transaction, caller: Standing, person_id: str) -> None:
    """Let pass who leads a group of the person. Raises PersonNotFound, also where the caller shares no group with them."""
    groups = await store.groups_of(tx, person_id)
    if groups is None or not (caller.is_secretary or any(caller.roles_in(group_id) for group_id in groups)):
        raise PersonNotFound
    if not caller.is_secretary and not any(caller.leads(group_id) for group_id in groups):
        raise NotEntitled("building head, liaison and secretary of the person's group")
