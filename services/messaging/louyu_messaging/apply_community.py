"""Applying a definition: check all of it, write the difference, tell others what changed, in one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TypeVar

from louyu_runtime.database import Transaction, append_event
from louyu_runtime.errors import Aborted
from louyu_runtime.ids import named_id

from louyu_messaging.community_state import CommunityState
from louyu_messaging.definition import Definition
from louyu_messaging.definition_check import DefinitionCheck, Fault
from louyu_messaging.errors import DefinitionFaulty
from louyu_messaging.events import group_payload, household_payload, merged_payload
from louyu_messaging.identities import Identity, identify
from louyu_messaging.import_outcome import Outcome, outcome
from louyu_messaging.importing import Tools, wanted_state
from louyu_messaging.store import audit, retention
from louyu_messaging.store import community_state as store

KeyT = TypeVar("KeyT")
RowT = TypeVar("RowT")


async def apply_community(
    tx: Transaction, definition: Definition, tools: Tools, *, actor: str, is_dry_run: bool, is_pruning: bool
) -> Outcome:
    """Make the transaction's community as defined. Raises DefinitionFaulty, naming every fault, with nothing done,
    and Aborted while another import is at work.

    What is reckoned is reckoned on a thread: a large community must not keep others from posting.
    """
    if not await store.lock(tx):
        raise Aborted("another import of this community is at work: try again when it is done")
    current = await store.load(tx)
    identities = await _checked(tx, current, definition, tools)

    def reckon() -> tuple[CommunityState, Outcome]:
        wanted, kept = wanted_state(current, definition, identities, tx.community_id, tools, is_pruning=is_pruning)
        return wanted, outcome(current, wanted, definition, identities, kept, tx.community_id)

    wanted, found = await asyncio.to_thread(reckon)
    if not is_dry_run:
        taken_over = {each.replaced_id: each.person_id for each in identities if each.replaced_id}
        await _write(tx, current, wanted, taken_over)
        if found.created or found.changed or found.removed:
            detail: dict[str, str | int | list[str]] = {
                "created": found.created,
                "changed": found.changed,
                "removed": found.removed,
            }
            await audit.record(tx, actor, "import", f"community/{tx.community_id}", detail)
        await _tell(tx, current, wanted, taken_over)
    return found


async def _checked(
    tx: Transaction, current: CommunityState, definition: Definition, tools: Tools
) -> Sequence[Identity]:
    """Return who the people of a faultless definition are. Raises DefinitionFaulty."""

    def reckon() -> tuple[list[Fault], list[Identity]]:
        known_flats: dict[str, set[str]] = {row.key: set() for row in current.buildings.values()}
        for household in current.households.values():
            known_flats[current.buildings[household.building_id].key].add(household.flat)
        known_groups = {row.key for row in current.groups.values()}
        faults = DefinitionCheck(definition, known_flats=known_flats, known_groups=known_groups).run()
        identities, doubts = identify(current, definition, tx.community_id, tools.lookup, tools.new_id)
        named = {path for path, _ in faults}
        return faults + [fault for fault in doubts if fault[0] not in named], identities

    faults, identities = await asyncio.to_thread(reckon)
    faults += await _code_faults(tx, definition, {path for path, _ in faults})
    if faults:
        raise DefinitionFaulty(faults)
    return identities


async def _code_faults(tx: Transaction, definition: Definition, named: set[str]) -> list[Fault]:
    codes = {group.join_code for group in definition.groups if group.join_code}
    used = await store.used_codes(tx, codes) if codes else {}
    faults = []
    for number, group in enumerate(definition.groups):
        path = f"community.groups[{number}].join_code"
        is_anothers = group.join_code in used and used[group.join_code] != named_id(tx.community_id, "group", group.key)
        if is_anothers and path not in named:
            words = "this code was given out for another group: choose another, or leave it empty for a random one"
            faults.append((path, words))
    return faults


async def _write(
    tx: Transaction, current: CommunityState, wanted: CommunityState, taken_over: Mapping[str, str]
) -> None:
    """Write what differs: whatever is referred to before what refers to it, and removed after it.

    `taken_over` says who is somebody else from now on: of whom, whoever joined with their address.
    """
    if wanted.community != current.community:
        await store.save_community(tx, wanted)
    if wanted.keep_messages_days != current.keep_messages_days:
        await retention.set_message_days(tx, wanted.keep_messages_days)
    buildings = _fresh(current.buildings, wanted.buildings)
    await store.upsert(tx, store.BUILDING, [(each, row.key, row.name) for each, row in buildings.items()])
    households = _fresh(current.households, wanted.households)
    await store.upsert(tx, store.HOUSEHOLD, [(each, row.building_id, row.flat) for each, row in households.items()])
    await store.resume_versions(tx, households.keys() - current.households.keys())
    groups = _fresh(current.groups, wanted.groups)
    await store.upsert(tx, store.GROUPS, [(each, row.key, row.name) for each, row in groups.items()])
    await store.remove(tx, store.GROUP_BUILDING, current.group_buildings - wanted.group_buildings)
    await store.upsert(tx, store.GROUP_BUILDING, sorted(wanted.group_buildings - current.group_buildings))
    codes = _fresh(current.join_codes, wanted.join_codes)
    ended = codes.keys() | (current.join_codes.keys() - wanted.join_codes.keys())
    await store.withdraw_codes(tx, [current.join_codes[each] for each in ended if each in current.join_codes])
    await store.upsert(tx, store.JOIN_CODE, [(code, group_id, None, None) for group_id, code in codes.items()])
    people = _fresh(current.people, wanted.people)
    # keys change hands: they are all given up before any is taken
    await store.give_up_keys(tx, [each for each in people if each in current.people])
    await store.retire(tx, current.people.keys() - wanted.people.keys())
    await store.upsert(tx, store.PERSON, [(each, row.key, row.name, row.household_id) for each, row in people.items()])
    await store.remove(tx, store.MEMBER, current.members.keys() - wanted.members.keys())
    members = _fresh(current.members, wanted.members)
    await store.upsert(
        tx, store.MEMBER, [(*each, row.roles, row.responder_keys, row.is_second) for each, row in members.items()]
    )
    kinds = {each: row.kind for each, row in people.items() if row.kind and _kind_before(current, each) != row.kind}
    await store.upsert(tx, store.RESIDENCY, list(kinds.items()))
    await store.give_standing(tx, taken_over)
    decided = {(group, taken_over.get(who, who), *role) for group, who, *role in current.role_decisions}
    await store.remove(tx, store.ROLE_DECISION, decided - wanted.role_decisions.keys())
    await store.remove(tx, store.ADDRESS, current.addresses.keys() - wanted.addresses.keys())
    moved = [key for key, row in wanted.addresses.items() if key in current.addresses and row != current.addresses[key]]
    await store.give_addresses(tx, [(*key, wanted.addresses[key].person_id) for key in moved])
    added = [(*key, row.sealed, row.person_id, row.is_active) for key, row in wanted.addresses.items()]
    await store.upsert(tx, store.ADDRESS, [row for row in added if row[:3] not in current.addresses])
    await _remove(tx, current, wanted)


def _kind_before(current: CommunityState, person_id: str) -> str:
    return current.people[person_id].kind if person_id in current.people else ""


async def _remove(tx: Transaction, current: CommunityState, wanted: CommunityState) -> None:
    gone = current.households.keys() - wanted.households.keys()
    facts = current.household_facts() if gone else {}
    for household_id, version in (await store.remove_households(tx, gone)).items():
        payload = household_payload(facts[household_id], version, is_removed=True)
        append_event(tx, payload, subject=f"household/{household_id}")
    await store.remove(tx, store.BUILDING, [(each,) for each in current.buildings.keys() - wanted.buildings.keys()])


async def _tell(
    tx: Transaction, current: CommunityState, wanted: CommunityState, taken_over: Mapping[str, str]
) -> None:
    for former_id, person_id in taken_over.items():
        append_event(tx, merged_payload(former_id, person_id), subject=f"person/{former_id}")
    households = await asyncio.to_thread(lambda: _fresh(current.household_facts(), wanted.household_facts()))
    for household_id, version in (await store.next_versions(tx, store.HOUSEHOLD, households.keys())).items():
        payload = household_payload(households[household_id], version)
        append_event(tx, payload, subject=f"household/{household_id}")
    groups = await asyncio.to_thread(lambda: _fresh(current.directories(), wanted.directories()))
    for group_id, version in (await store.next_versions(tx, store.GROUPS, groups.keys())).items():
        append_event(tx, group_payload(groups[group_id], version), subject=f"group/{group_id}")


def _fresh(current: Mapping[KeyT, RowT], wanted: Mapping[KeyT, RowT]) -> dict[KeyT, RowT]:
    """Return what is new or other than before."""
    return {key: row for key, row in wanted.items() if key not in current or current[key] != row}
