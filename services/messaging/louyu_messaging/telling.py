"""Telling others: the events that carry a group, a household or the roster as it is after a change, and what concerns one."""

from collections.abc import Sequence
from datetime import datetime

from louyu_runtime.database import Transaction, append_event

from louyu_messaging.events import availability_payload, group_payload, household_payload, membership_payload
from louyu_messaging.store import availability, directories


async def tell_group(tx: Transaction, group_id: str) -> None:
    """Publish the group's directory with this transaction. Last in it: the group is locked from here on."""
    directory, version = await directories.next_group_directory(tx, group_id)
    append_event(tx, group_payload(directory, version), subject=f"group/{group_id}")


async def tell_household(tx: Transaction, household_id: str) -> None:
    """Publish the household with this transaction."""
    facts, version = await directories.next_household_facts(tx, household_id)
    append_event(tx, household_payload(facts, version), subject=f"household/{household_id}")


async def tell_availability(tx: Transaction) -> None:
    """Publish who is away and who is on duty with this transaction."""
    version = await availability.next_version(tx)
    payload = availability_payload(version, await availability.absences(tx), await availability.shifts(tx))
    append_event(tx, payload, subject=f"community/{tx.community_id}")


def tell_person(
    tx: Transaction,
    person_id: str,
    what: str,
    *,
    by_name: str,
    reason: str = "",
    group_names: Sequence[str] = (),
    role: str = "",
    is_second: bool = False,
    span: tuple[datetime, datetime] | None = None,
    other_name: str = "",
) -> None:
    """Publish, for the person to be told, what somebody else decided about them."""
    payload = membership_payload(
        person_id,
        what,
        by_name=by_name,
        reason=reason,
        group_names=group_names,
        role=role,
        is_second=is_second,
        span=span,
        other_name=other_name,
    )
    append_event(tx, payload, subject=f"person/{person_id}")
