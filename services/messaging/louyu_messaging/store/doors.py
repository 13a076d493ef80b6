"""What is written about somebody at the door, and the look at it under the lock of their address."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from louyu_runtime.database import Transaction
from louyu_runtime.database_errors import sql_state
from sqlalchemy.exc import DBAPIError

from louyu_messaging.door_outcome import DoorOutcome, to_record
from louyu_messaging.door_state import GroupChoice, Row, Waiting

LOCK_NOT_AVAILABLE = "55P03"
NO_COMMUNITY = "00000000-0000-0000-0000-000000000000"
"""Under which the callbacks of strangers are remembered: they belong to no community."""

_HERE = "community_id = CAST(:community AS uuid) AND channel = :channel AND account = :account AND lookup = :lookup"


@dataclass(frozen=True)
class Place:
    """An address by its keyed hash, and the keyed hash of one callback's key."""

    channel: str
    account: str
    lookup: bytes
    callback: bytes


def _names(tx: Transaction, place: Place) -> dict[str, Any]:
    return {
        "community": tx.community_id,
        "channel": place.channel,
        "account": place.account,
        "lookup": place.lookup,
    }


async def lock(tx: Transaction, place: Place) -> bool:
    """Let one callback of an address be decided at a time; False when another one takes too long."""
    try:
        await tx.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))",
            {"name": f"messaging.door/{place.channel}/{place.account}/{place.lookup.hex()}"},
        )
    except DBAPIError as error:
        if sql_state(error) == LOCK_NOT_AVAILABLE:
            return False
        raise
    return True


async def look(tx: Transaction, place: Place) -> list[Row]:
    """Return all that decides what a callback means."""
    rows = await tx.rows(
        "SELECT kind, community_id, detail FROM door_state(:channel, :account, :lookup, :callback, false)",
        channel=place.channel,
        account=place.account,
        lookup=place.lookup,
        callback=place.callback,
    )
    return [(row[0], str(row[1]), row[2]) for row in rows]


async def remember(tx: Transaction, place: Place, outcome: DoorOutcome) -> None:
    """Keep what a callback came to."""
    await tx.execute(
        "INSERT INTO channel_receipt (community_id, callback, outcome, created_at)"
        " VALUES (CAST(:community AS uuid), :callback, CAST(:outcome AS jsonb), :now)",
        {
            "community": tx.community_id,
            "callback": place.callback,
            "outcome": json.dumps(to_record(outcome), ensure_ascii=False),
            "now": tx.now,
        },
    )


async def ask_flat(tx: Transaction, place: Place, group_id: str, join_code: str, consent_version: str) -> None:
    """Note that the person is asked for the flat."""
    await tx.execute(
        "INSERT INTO pending_join (community_id, channel, account, lookup, group_id, join_code, consent_version,"
        " asked_at) VALUES (CAST(:community AS uuid), :channel, :account, :lookup, CAST(:group AS uuid), :code, :version,"
        " :now) ON CONFLICT (community_id, channel, account, lookup) DO UPDATE SET group_id = excluded.group_id,"
        " join_code = excluded.join_code, consent_version = excluded.consent_version, asked_at = excluded.asked_at",
        {**_names(tx, place), "group": group_id, "code": join_code, "version": consent_version, "now": tx.now},
    )


async def forget_flat_question(tx: Transaction, place: Place) -> None:
    """The person is no longer asked for the flat."""
    await tx.execute(f"DELETE FROM pending_join WHERE {_HERE}", _names(tx, place))


async def ask_group(tx: Transaction, place: Place, options: Sequence[GroupChoice], waiting: Sequence[Waiting]) -> None:
    """Note that the person is asked which group is meant, and what waits for it."""
    await tx.execute(
        "INSERT INTO pending_choice (community_id, channel, account, lookup, options, waiting, asked_at)"
        " VALUES (CAST(:community AS uuid), :channel, :account, :lookup, CAST(:options AS jsonb),"
        " CAST(:waiting AS jsonb), :now) ON CONFLICT (community_id, channel, account, lookup)"
        " DO UPDATE SET options = excluded.options, waiting = excluded.waiting, asked_at = excluded.asked_at",
        {
            **_names(tx, place),
            "options": json.dumps([asdict(option) for option in options], ensure_ascii=False),
            "waiting": json.dumps([asdict(each) for each in waiting], ensure_ascii=False),
            "now": tx.now,
        },
    )


async def forget_group_question(tx: Transaction, place: Place) -> None:
    """The person is no longer asked which group is meant."""
    await tx.execute(f"DELETE FROM pending_choice WHERE {_HERE}", _names(tx, place))


async def ask_to_confirm(
    tx: Transaction, place: Place, kind: str, group: GroupChoice, *, flat: str = "", waiting: Waiting | None = None
) -> None:
    """Note what the person must confirm: "leave", or "flat" with the words that named it.

    What others of the community did not confirm within a day is forgotten with it.
    """
    await tx.execute(
        "DELETE FROM pending_confirmation WHERE asked_at < CAST(:now AS timestamptz) - interval '1 day'",
        {"now": tx.now},
    )
    await tx.execute(
        "INSERT INTO pending_confirmation (community_id, channel, account, lookup, kind, group_id, person_id, flat,"
        " waiting, asked_at) VALUES (CAST(:community AS uuid), :channel, :account, :lookup, :kind, CAST(:group AS uuid),"
        " CAST(:person AS uuid), :flat, CAST(:waiting AS jsonb), :now)"
        " ON CONFLICT (community_id, channel, account, lookup) DO UPDATE SET kind = excluded.kind,"
        " group_id = excluded.group_id, person_id = excluded.person_id, flat = excluded.flat,"
        " waiting = excluded.waiting, asked_at = excluded.asked_at",
        {
            **_names(tx, place),
            "kind": kind,
            "group": group.group_id,
            "person": group.person_id,
            "flat": flat,
            "waiting": json.dumps(asdict(waiting), ensure_ascii=False) if waiting is not None else None,
            "now": tx.now,
        },
    )


async def forget_confirmation(tx: Transaction, place: Place) -> None:
    """The person need not confirm anything any more."""
    await tx.execute(f"DELETE FROM pending_confirmation WHERE {_HERE}", _names(tx, place))


async def forget_questions(tx: Transaction, place: Place) -> None:
    """Nothing is asked of the person any more."""
    await forget_flat_question(tx, place)
    await forget_group_question(tx, place)
    await forget_confirmation(tx, place)


async def choose(tx: Transaction, place: Place, group_id: str) -> None:
    """Remember where the person's words go."""
    await tx.execute(
        f"UPDATE channel_address SET chosen_group_id = CAST(:group AS uuid), chosen_at = :now WHERE {_HERE}",
        {**_names(tx, place), "group": group_id, "now": tx.now},
    )


async def set_active(tx: Transaction, place: Place, *, is_active: bool) -> str:
    """Take an address into use or out of it; return the household of its person, "" when nothing changed or none."""
    found = await tx.value(
        f"UPDATE channel_address AS a SET is_active = :active FROM person AS p WHERE a.{_HERE} AND a.is_active <> :active"
        " AND p.community_id = a.community_id AND p.person_id = a.person_id RETURNING p.household_id",
        active=is_active,
        **_names(tx, place),
    )
    return str(found or "")
