"""Joining: somebody with a join code, a flat and consent becomes a member.

Whoever comes again, by the same channel address or signed in, stays the same person. A person belongs to one household:
naming another flat moves them there. The household's own name, the group and the consent are written together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from louyu_runtime.database import Transaction
from louyu_runtime.sealing import Sealer

from louyu_messaging import consent
from louyu_messaging.called import name_of_unnamed
from louyu_messaging.door_names import check_name, check_not_misleading
from louyu_messaging.errors import JoinCodeUnknown, TooManyNewcomers
from louyu_messaging.flats import match_flat
from louyu_messaging.identities import household_id_of
from louyu_messaging.places import ChannelAddress
from louyu_messaging.store import audit, residency
from louyu_messaging.store import joining as store
from louyu_messaging.telling import tell_group, tell_household

MOST_OF_A_HOUSEHOLD = 12
"""So many people join one household by the page in a day."""
MOST_OF_A_GROUP, NEWCOMERS_A_FLAT = 50, 3
"""So many people join one group by the page in a day: a first number, and more for each flat of its buildings."""


@dataclass(frozen=True)
class Joining:
    """What somebody said to join. `person_id` is empty unless they are signed in; `way` is by which way they came.

    `kind` is as what they belong to the household, "" when they were not asked.
    """

    join_code: str
    flat: str
    name: str
    consent_version: str
    way: str
    person_id: str = ""
    address: ChannelAddress | None = None
    kind: str = ""


@dataclass(frozen=True)
class Joined:
    """Who joined what."""

    person_id: str
    group_id: str
    group_name: str
    flat: str
    was_member: bool


async def join_group(tx: Transaction, joining: Joining, sealer: Sealer, new_id: Callable[[], str]) -> Joined:
    """Make somebody a member of the code's group.

    Raises JoinCodeUnknown, FlatNotUnderstood, NameMisleading, TooManyNewcomers, and InvalidArgument for a name that
    cannot be shown. Consent has been checked by the caller, who knows which text was shown.
    """
    check_name(joining.name)
    group = await store.group_of_code(tx, joining.join_code)
    if group is None:
        raise JoinCodeUnknown
    known = await _known_person(tx, joining, sealer)
    if known is not None and await store.is_member(tx, group.id, known.id) and not joining.flat:
        return Joined(known.id, group.id, group.name, known.flat, was_member=True)
    building, flat = match_flat(joining.flat, group.buildings)
    if joining.name and (known is None or joining.name != known.name):
        others = await store.names_of_role_holders(tx, besides=known.id if known else "")
        has_office = known is not None and await store.holds_role(tx, known.id)
        check_not_misleading(joining.name, others, has_office=has_office)
    household_id = household_id_of(tx.community_id, building.key, flat)
    if known is None and joining.address is None:
        await _check_crowd(tx, group, household_id)
    await store.add_household(tx, household_id, building.id, flat)
    person_id = known.id if known else new_id()
    name = joining.name or (name_of_unnamed(group.name) if known is None or known.has_left else known.name)
    await store.save_person(tx, person_id, name, household_id)
    if known is None or known.household_id != household_id:
        await residency.state_home(tx, person_id, household_id, joining.kind)
    elif joining.kind:
        await residency.set_kind(tx, person_id, joining.kind)
    is_new_member = await store.add_resident(tx, group.id, person_id)
    if joining.address is not None:
        address = joining.address
        await store.save_address(
            tx,
            address.channel,
            address.account,
            sealer.lookup(address.address),
            sealer.seal(address.address),
            person_id,
        )
    await store.record_consent(tx, new_id(), person_id, consent.PURPOSE_JOINING, joining.consent_version, joining.way)
    await audit.record(tx, person_id, "join", f"group/{group.id}")
    if known is not None and known.household_id not in ("", household_id):
        await tell_household(tx, known.household_id)
    await tell_household(tx, household_id)
    if is_new_member or (known is not None and joining.name not in ("", known.name)):
        await tell_group(tx, group.id)
    return Joined(person_id, group.id, group.name, flat, was_member=not is_new_member)


async def _check_crowd(tx: Transaction, group: store.OpenGroup, household_id: str) -> None:
    """Raise TooManyNewcomers where a page alone, which proves nobody, has brought more people than can be real.

    Anybody may read the code at the door, and a program can make up people without end; a channel's account cannot.
    """
    flats = sum(len(building.flats) for building in group.buildings)
    in_group, in_household = await store.newcomers_of_a_day(tx, group.id, household_id)
    if in_household >= MOST_OF_A_HOUSEHOLD or in_group >= MOST_OF_A_GROUP + NEWCOMERS_A_FLAT * flats:
        raise TooManyNewcomers


async def move(tx: Transaction, group_id: str, person_id: str, words: str) -> str:
    """Put another flat of the group's buildings on record for a member; return it in canonical form.

    Raises JoinCodeUnknown for a group or person that is gone, and FlatNotUnderstood.
    """
    group, known = await store.group_by_id(tx, group_id), await store.person(tx, person_id)
    if group is None or known is None:
        raise JoinCodeUnknown
    building, flat = match_flat(words, group.buildings)
    household_id = household_id_of(tx.community_id, building.key, flat)
    await store.add_household(tx, household_id, building.id, flat)
    await store.save_person(tx, person_id, known.name, household_id)
    if household_id != known.household_id:
        await residency.state_home(tx, person_id, household_id, "")
    await audit.record(tx, person_id, "move", f"household/{household_id}")
    for changed in dict.fromkeys(filter(None, (known.household_id, household_id))):
        await tell_household(tx, changed)
    return flat


async def _known_person(tx: Transaction, joining: Joining, sealer: Sealer) -> store.KnownPerson | None:
    if joining.person_id:
        return await store.person(tx, joining.person_id)
    if joining.address is None:
        return None
    address = joining.address
    return await store.person_at(tx, address.channel, address.account, sealer.lookup(address.address))
