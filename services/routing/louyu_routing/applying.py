"""Applying a community's file: how its questions are chased, and who its responders are.

Everything is checked before anything is changed. Questions that are open keep the plan with which they were opened.
"""

import difflib
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from louyu_runtime.database import Transaction
from louyu_runtime.ids import named_id
from louyu_sdk import settings_faults
from louyu_sdk.host import PluginHost

from louyu_routing.chase import Chase
from louyu_routing.errors import FieldsFaulty, InvalidField
from louyu_routing.store import communities
from louyu_routing.store import directory as store
from louyu_routing.store.directory import ResponderRow

MOST_RESPONDERS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponderWanted:
    """A responder as the file defines it."""

    key: str
    type: str
    name: str
    building_keys: tuple[str, ...]
    settings: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What applying changed, or would change. Removed responders are among the changed."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    removed_keys: tuple[str, ...] = ()


async def apply(
    tx: Transaction,
    plugins: PluginHost,
    chase: Chase,
    wanted: Sequence[ResponderWanted],
    *,
    is_dry_run: bool,
    keeps_unnamed: bool = False,
) -> Applied:
    """Bring a community to what its file says. Raises FieldsFaulty with every fault of its responders."""
    check(plugins, wanted)
    was_set_up = await communities.is_set_up(tx)
    has_changed = await communities.chase(tx) != chase
    created, changed, unchanged = (
        int(not was_set_up),
        int(was_set_up and has_changed),
        int(was_set_up and not has_changed),
    )
    if not is_dry_run:
        await communities.save(tx, chase)
    known = {row.key: row for row in await store.responders(tx)}
    for one in wanted:
        row = ResponderRow(
            responder_id=named_id(tx.community_id, "responder", one.key),
            key=one.key,
            type=one.type,
            name=one.name,
            building_keys=one.building_keys,
            settings=one.settings,
        )
        before = known.pop(one.key, None)
        created += before is None
        changed += before is not None and before != row
        unchanged += before == row
        if before != row and not is_dry_run:
            await store.save_responder(tx, row)
    gone = [] if keeps_unnamed else list(known.values())
    for one_gone in gone:
        changed += 1
        if not is_dry_run:
            await store.remove_responder(tx, one_gone)
    removed_keys = tuple(row.key for row in gone)
    return Applied(created=created, changed=changed, unchanged=unchanged, removed_keys=removed_keys)


Fault = tuple[str, str]
"""Path of the field, and what is wrong with it and how to mend it."""


def check(plugins: PluginHost, wanted: Sequence[ResponderWanted]) -> None:
    """Raise FieldsFaulty with every fault of these responders."""
    if len(wanted) > MOST_RESPONDERS:
        raise InvalidField("responders", f"has {len(wanted)} entries; {MOST_RESPONDERS} are allowed")
    types = {one.key for one in plugins.responder_types}
    keys: set[str] = set()
    faults: list[Fault] = []
    for position, one in enumerate(wanted):
        field = f"responders[{position}]"
        if not 1 <= len(one.key) <= 64:
            faults.append((f"{field}.key", "must have 1 to 64 characters"))
        if one.key in keys:
            faults.append((f"{field}.key", f"{one.key!r} is given twice"))
        keys.add(one.key)
        if not 1 <= len(one.name) <= 64:
            faults.append((f"{field}.name", "must have 1 to 64 characters"))
        if one.type in types:
            faults += _settings_faults(plugins, field, one)
        else:
            faults.append((f"{field}.type", unknown_type(one.type, types)))
    if faults:
        raise FieldsFaulty(faults)


def unknown_type(given: str, types: Collection[str]) -> str:
    """Say of a responder type that no plugin provides it, and which one may be meant."""
    nearest = difflib.get_close_matches(given, sorted(types), n=2)
    meant = f"; is {' or '.join(map(repr, nearest))} meant?" if nearest else ""
    return f"{given!r} is provided by no installed plugin{meant or ';'} known: {', '.join(sorted(types))}"


def _settings_faults(plugins: PluginHost, field: str, one: ResponderWanted) -> list[Fault]:
    section = plugins.settings_section(one.type)
    if section is None:
        return [(f"{field}.settings", f"responders of type {one.type} take no settings")] if one.settings else []
    faults = []
    for each in settings_faults(section, one.settings):
        path, _, fault = each.partition(": ")
        faults.append((f"{field}.settings.{path}", fault.replace("Input should be", "must be")))
    return faults
