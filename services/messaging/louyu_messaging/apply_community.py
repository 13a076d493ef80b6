"""Applying a definition: check all of it, write the difference, tell others what changed, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from louyu_runtime.database import Transaction, append_event
from louyu_runtime.ids import named_id

from louyu_messaging.community_state import CommunityState
from louyu_messaging.definition import Definition
from louyu_messaging.definition_check import DefinitionCheck, Fault
from louyu_messaging.errors import DefinitionFaulty
from louyu_messaging.events import group_payload, household_payload
from louyu_messaging.importing import Counts, Tools, counts, wanted_state
from louyu_messaging.store import audit
from louyu_messaging.store import community_state as store

KeyT = TypeVar("KeyT")
RowT = TypeVar("RowT")


async def apply_community(
    tx: Transaction, definition: Definition, tools: Tools, *, actor: str, is_dry_run: bool
) -> Counts:
    """Make the transaction's community as defined. Raises DefinitionFaulty, naming every fault, with nothing done."""
    await store.lock(tx)
    current = await store.load(tx)
    faults = await _faults(tx, current, definition, tools)
    if faults:
        raise DefinitionFaulty(faults)
    wanted = wanted_state(current, definition, tx.community_id, tools)
    found = counts(current, wanted, definition, tx.community_id)
    if not is_dry_run:
        await _write(tx, current, wanted)
        if found.created or found.changed:
            detail: dict[str, str | int | list[str]] = {"created": found.created, "changed": found.changed}
            await audit.record(tx, actor, "import", f"community/{tx.community_id}", detail)
        await _tell(tx, current, wanted)
    return found


async def _faults(tx: Transaction, current: CommunityState, definition: Definition, tools: Tools) -> list[Fault]:
    known_flats: dict[str, set[str]] = {row.key: set() for row in current.buildings.values()}
    for household in current.households.values():
        known_flats[current.buildings[household.building_id].key].add(household.flat)
    known_groups = {row.key for row in current.groups.values()}
    faults = DefinitionCheck(definition, known_flats=known_flats, known_groups=known_groups).run()
    codes = {group.join_code for group in definition.groups if group.join_code}
    used = await store.used_codes(tx, codes) if codes else {}
    for number, group in enumerate(definition.groups):
        path = f"community.groups[{number}].join_code"
        is_anothers = group.join_code in used and used[group.join_code] != named_id(tx.community_id, "group", group.key)
        if is_anothers and not any(at == path for at, _ in faults):
            words = "this code was given out for another group: choose another, or leave it empty for a random one"
            faults.append((path, words))
    for number, person in enumerate(definition.people):
        for position, address in enumerate(person.addresses):
            standing = current.addresses.get((address.channel, address.account, tools.lookup(address.address)))
            if standing and standing.person_id != named_id(tx.community_id, "person", person.key):
                path = f"community.people[{number}].addresses[{position}].address"
                faults.append((path, "this address belongs to another person of the community"))
    return faults


async def _write(tx: Transaction, current: CommunityState, wanted: CommunityState) -> None:
    """Write what differs: whatever is referred to before what refers to it."""
    if wanted.community != current.community:
        await store.save_community(tx, wanted)
    buildings = _fresh(current.buildings, wanted.buildings)
    await store.upsert(tx, store.BUILDING, [(each, row.key, row.name) for each, row in buildings.items()])
    households = _fresh(current.households, wanted.households)
    await store.upsert(tx, store.HOUSEHOLD, [(each, row.building_id, row.flat) for each, row in households.items()])
    groups = _fresh(current.groups, wanted.groups)
    await store.upsert(tx, store.GROUPS, [(each, row.key, row.name) for each, row in groups.items()])
    await store.remove(tx, store.GROUP_BUILDING, current.group_buildings - wanted.group_buildings)
    await store.upsert(tx, store.GROUP_BUILDING, sorted(wanted.group_buildings - current.group_buildings))
    codes = _fresh(current.join_codes, wanted.join_codes)
    await store.withdraw_codes(tx, [current.join_codes[each] for each in codes if each in current.join_codes])
    await store.upsert(tx, store.JOIN_CODE, [(code, group_id, None, None) for group_id, code in codes.items()])
    people = _fresh(current.people, wanted.people)
    await store.upsert(tx, store.PERSON, [(each, row.key, row.name, row.household_id) for each, row in people.items()])
    await store.remove(tx, store.MEMBER, current.members.keys() - wanted.members.keys())
    members = _fresh(current.members, wanted.members)
    await store.upsert(tx, store.MEMBER, [(*each, row.roles, row.responder_keys) for each, row in members.items()])
    addresses = _fresh(current.addresses, wanted.addresses)
    await store.upsert(
        tx, store.ADDRESS, [(*each, row.sealed, row.person_id, row.is_active) for each, row in addresses.items()]
    )


async def _tell(tx: Transaction, current: CommunityState, wanted: CommunityState) -> None:
    households = _fresh(current.household_facts(), wanted.household_facts())
    for household_id, version in (await store.next_versions(tx, store.HOUSEHOLD, households.keys())).items():
        payload = household_payload(households[household_id], version)
        append_event(tx, payload, subject=f"household/{household_id}")
    groups = _fresh(current.directories(), wanted.directories())
    for group_id, version in (await store.next_versions(tx, store.GROUPS, groups.keys())).items():
        append_event(tx, group_payload(groups[group_id], version), subject=f"group/{group_id}")


def _fresh(current: Mapping[KeyT, RowT], wanted: Mapping[KeyT, RowT]) -> dict[KeyT, RowT]:
    """Return what is new or other than before."""
    return {key: row for key, row in wanted.items() if key not in current or current[key] != row}
