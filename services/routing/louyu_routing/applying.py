"""Applying a community's file: how its questions are chased, and who its responders are.

Everything is checked before anything is changed. Questions that are open keep the plan with which they were opened.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from louyu_runtime.database import Transaction
from louyu_runtime.ids import named_id
from louyu_sdk import settings_faults
from louyu_sdk.host import PluginHost

from louyu_routing.chase import Chase
from louyu_routing.errors import InvalidField
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
class Counts:
    """What applying changed, or would change."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0


async def apply(
    tx: Transaction, plugins: PluginHost, chase: Chase, wanted: Sequence[ResponderWanted], *, is_dry_run: bool
) -> Counts:
    """Bring a community to what its file says. Raises InvalidField for the first fault."""
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
    for gone in known.values():
        changed += 1
        if not is_dry_run:
            await store.remove_responder(tx, gone)
    return Counts(created=created, changed=changed, unchanged=unchanged)


def check(plugins: PluginHost, wanted: Sequence[ResponderWanted]) -> None:
    """Raise InvalidField for the first fault of these responders."""
    if len(wanted) > MOST_RESPONDERS:
        raise InvalidField("responders", f"has {len(wanted)} entries; {MOST_RESPONDERS} are allowed")
    types = {one.key for one in plugins.responder_types}
    keys: set[str] = set()
    for position, one in enumerate(wanted):
        field = f"responders[{position}]"
        if not 1 <= len(one.key) <= 64:
            raise InvalidField(f"{field}.key", "must have 1 to 64 characters")
        if one.key in keys:
            raise InvalidField(f"{field}.key", f"{one.key!r} is given twice")
        keys.add(one.key)
        if not 1 <= len(one.name) <= 64:
            raise InvalidField(f"{field}.name", "must have 1 to 64 characters")
        if one.type not in types:
            known = ", ".join(sorted(types))
            raise InvalidField(f"{field}.type", f"{one.type!r} is provided by no installed plugin; known: {known}")
        _check_settings(plugins, field, one)


def _check_settings(plugins: PluginHost, field: str, one: ResponderWanted) -> None:
    section = plugins.settings_section(one.type)
    if section is None:
        if one.settings:
            raise InvalidField(f"{field}.settings", f"responders of type {one.type} take no settings")
        return
    faults = settings_faults(section, one.settings)
    if faults:
        path, _, fault = faults[0].partition(": ")
        raise InvalidField(f"{field}.settings.{path}", fault)
