"""Leaving: a membership ends by the member's own word.

Nobody leaves a building without its head: who holds a role hands it over first. With the last group of the community the
person is forgotten: addresses, name and household go, the withdrawal of consent is recorded. What they have said stays in
the group under the name that it was said with.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from louyu_runtime.database import Transaction

from louyu_messaging import consent
from louyu_messaging.errors import GroupNotFound, RoleHeld
from louyu_messaging.roles import RESIDENT
from louyu_messaging.store import audit
from louyu_messaging.store import joining as joining_store
from louyu_messaging.store import leaving as store
from louyu_messaging.telling import tell_availability, tell_group, tell_household


@dataclass(frozen=True)
class Left:
    """What was left; `has_left_community` when the person is in no group of it any more."""

    group_name: str
    has_left_community: bool


async def check_may_leave(tx: Transaction, group_id: str, person_id: str) -> str:
    """Return the group's name. Raises GroupNotFound for somebody who is not in it, RoleHeld for a role holder."""
    membership = await store.lock_membership(tx, group_id, person_id)
    if membership is None:
        raise GroupNotFound
    held = tuple(role for role in membership.roles if role != RESIDENT)
    if held:
        raise RoleHeld(membership.group_name, held, await store.other_stewards(tx, group_id, person_id))
    return membership.group_name


async def leave_group(tx: Transaction, group_id: str, person_id: str, way: str, new_id: Callable[[], str]) -> Left:
    """End a membership; `way` is by which way the person said so. Raises as `check_may_leave` does."""
    group_name = await check_may_leave(tx, group_id, person_id)
    known = await joining_store.person(tx, person_id)
    is_last = await store.end_membership(tx, group_id, person_id)
    if is_last:
        version = await store.forget_person(tx, person_id) or consent.CURRENT_VERSION
        if await store.forget_standing(tx, person_id):
            await tell_availability(tx)
        await joining_store.record_consent(
            tx, new_id(), person_id, consent.PURPOSE_JOINING, version, way, is_withdrawal=True
        )
    await audit.record(tx, person_id, "leave", f"group/{group_id}")
    if known is not None and known.household_id:
        await tell_household(tx, known.household_id)
    await tell_group(tx, group_id)
    return Left(group_name, is_last)
