"""Channel addresses: finding persons by them, and giving them out for delivery."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from louyu_runtime.database import Transaction


@dataclass(frozen=True)
class SealedAddress:
    """An address in use. `last_heard_at` is None when the person never wrote over it."""

    person_id: str
    channel: str
    account: str
    sealed: bytes
    last_heard_at: datetime | None


async def persons_at(tx: Transaction, channel: str, account: str, lookup: bytes) -> list[tuple[str, str]]:
    """Return (community, person) of everybody at an address, over all communities."""
    rows = await tx.rows(
        "SELECT community_id, person_id FROM find_addresses(:channel, :account, :lookup)",
        channel=channel,
        account=account,
        lookup=lookup,
    )
    return [(str(row[0]), str(row[1])) for row in rows]


async def addresses_of(tx: Transaction, person_ids: Sequence[str], channel: str) -> list[SealedAddress]:
    """Return the addresses in use of persons on a channel, the one last heard from first.

    Of somebody who turned out to be another person, that person's.
    """
    rows = await tx.rows(
        "SELECT p.person_id, a.channel, a.account, a.sealed, a.last_heard_at FROM person AS p"
        " JOIN channel_address AS a ON a.community_id = p.community_id"
        "  AND a.person_id = COALESCE(p.merged_into, p.person_id)"
        " WHERE p.community_id = CAST(:community AS uuid) AND p.person_id = ANY (CAST(:persons AS uuid[]))"
        " AND a.channel = :channel AND a.is_active ORDER BY p.person_id, a.last_heard_at DESC NULLS LAST, a.account",
        community=tx.community_id,
        persons=list(person_ids),
        channel=channel,
    )
    return [SealedAddress(str(row[0]), row[1], row[2], bytes(row[3]), row[4]) for row in rows]
