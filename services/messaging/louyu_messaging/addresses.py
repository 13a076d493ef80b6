"""Addresses for delivery: opened only when something is sent, and each time written to the audit trail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from louyu_runtime.database import Database, Transaction
from louyu_runtime.sealing import Sealer

from louyu_messaging.places import ChannelAddress, Person
from louyu_messaging.store import addresses as store
from louyu_messaging.store import audit, places


@dataclass(frozen=True)
class DeliveryAddress:
    """Where something for a person can be sent. `since_last_heard` is None when they never wrote from there."""

    person_id: str
    address: ChannelAddress
    since_last_heard: timedelta | None


async def resolve_addresses(
    tx: Transaction, sealer: Sealer, person_ids: Sequence[str], channel: str, *, actor: str
) -> list[DeliveryAddress]:
    """Return the addresses in use of these persons on a channel; those without one are left out."""
    found = await store.addresses_of(tx, person_ids, channel)
    detail: dict[str, str | int | list[str]] = {"channel": channel, "persons": list(person_ids), "found": len(found)}
    await audit.record(tx, actor, "resolve_addresses", "addresses", detail)
    return [
        DeliveryAddress(
            each.person_id,
            ChannelAddress(each.channel, each.account, sealer.open(each.sealed)),
            max(tx.now - each.last_heard_at, timedelta()) if each.last_heard_at else None,
        )
        for each in found
    ]


async def persons_at(database: Database, sealer: Sealer, address: ChannelAddress) -> list[Person]:
    """Return the persons at an address, at most one for a community."""
    async with database.transaction() as tx:
        found = await store.persons_at(tx, address.channel, address.account, sealer.lookup(address.address))
    persons = []
    for community_id, person_id in found:
        async with database.transaction(community_id) as tx:
            person = await places.person(tx, person_id, is_id=True)
        if person is not None:
            persons.append(person)
    return persons
