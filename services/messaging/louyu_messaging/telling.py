"""Telling others: the events that carry a group or a household as it is after a change."""

from louyu_runtime.database import Transaction, append_event

from louyu_messaging.events import group_payload, household_payload
from louyu_messaging.store import directories


async def tell_group(tx: Transaction, group_id: str) -> None:
    """Publish the group's directory with this transaction. Last in it: the group is locked from here on."""
    directory, version = await directories.next_group_directory(tx, group_id)
    append_event(tx, group_payload(directory, version), subject=f"group/{group_id}")


async def tell_household(tx: Transaction, household_id: str) -> None:
    """Publish the household with this transaction."""
    facts, version = await directories.next_household_facts(tx, household_id)
    append_event(tx, household_payload(facts, version), subject=f"household/{household_id}")
