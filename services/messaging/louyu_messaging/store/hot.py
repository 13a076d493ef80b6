"""The hot path: worker functions called in one round trip each, on plain connections and without a transaction about it."""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self
from uuid import UUID

import asyncpg
from louyu_runtime.database_errors import sql_state
from louyu_runtime.plain_connections import PlainConnections

from louyu_messaging.message import PLATFORM_NAME
from louyu_messaging.posting import BadRow, Draft, Outcome, Posted, Refusal

CONNECTIONS = 6
_ATTEMPTS = 3
_TRY_AGAIN = frozenset({"23505", "40001", "40P01"})  # somebody else's row or lock was there first
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)  # PostgreSQL's
_ANSWER = struct.Struct(">16s16sqq")

_POST = "SELECT * FROM messaging.post_messages($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16)"
_DOOR = "SELECT kind, community_id, detail FROM messaging.door_state($1,$2,$3,$4,$5)"
_POSITIONS = "SELECT * FROM messaging.group_positions($1,$2)"


class HotStore:
    """A few connections for statements that are whole transactions. Use as a context manager."""

    def __init__(self, url: str) -> None:
        self._connections = PlainConnections(url, "louyu-messaging-hot", CONNECTIONS)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._connections.close()

    async def post_messages(self, drafts: Sequence[Draft]) -> list[Outcome]:
        """Write a flush and return what became of each draft, in order.

        Raises BadRow when a row's content makes the statement fail, Unavailable when nothing is known of its fate.
        """
        for attempt in range(_ATTEMPTS):
            try:
                rows = await self._fetch(_POST, *_columns(drafts))
            except asyncpg.PostgresError as error:
                if sql_state(error) in _TRY_AGAIN and attempt < _ATTEMPTS - 1:
                    continue
                raise BadRow from error
            return [_outcome(draft, row) for draft, row in zip(drafts, rows, strict=True)]
        raise AssertionError("unreachable: the last attempt returns or raises")

    async def door_state(
        self, channel: str, account: str, lookup: bytes, callback: bytes, *, heard: bool
    ) -> list[tuple[str, str, dict[str, Any]]]:
        """Return all that decides what a callback means, as (kind, community, detail)."""
        rows = await self._fetch(_DOOR, channel, account, lookup, callback, heard)
        return [(row[0], str(row[1]), json.loads(row[2])) for row in rows]

    async def group_positions(self, groups: Sequence[tuple[str, str]]) -> dict[tuple[str, str], tuple[int, int]]:
        """Return how far groups, given as (community, group), have come: last position and last change."""
        rows = await self._fetch(
            _POSITIONS, [community_id for community_id, _ in groups], [group_id for _, group_id in groups]
        )
        return {(str(row[0]), str(row[1])): (row[2], row[3]) for row in rows}

    async def _fetch(self, statement: str, *parameters: Any) -> Any:
        async with self._connections.connection() as connection:
            return await connection.fetch(statement, *parameters)


def _columns(drafts: Sequence[Draft]) -> tuple[Any, ...]:
    messages = [draft.message for draft in drafts]
    return (
        [draft.community_id for draft in drafts],
        [draft.group_id for draft in drafts],
        [draft.caller for draft in drafts],
        [message.idempotency_key for message in messages],
        [draft.request_hash for draft in drafts],
        [draft.message_id for draft in drafts],
        [message.sender_id for message in messages],
        [message.text for message in messages],
        [message.via for message in messages],
        [",".join(message.media_ids) for message in messages],
        [message.reply_to_seq for message in messages],
        [message.question_id for message in messages],
        [message.said_at for message in messages],
        [draft.traceparent for draft in drafts],
        [draft.payload for draft in drafts],
        PLATFORM_NAME,
    )


def _outcome(draft: Draft, row: Any) -> Outcome:
    _, status, seq, posted_at, first_answer = row
    if status == "POSTED":
        return Posted(draft.message_id, draft.group_id, seq, posted_at, is_repeat=False)
    if status == "REPEATED":
        return first_posted(first_answer)
    return Refusal(status)


def first_posted(answer: bytes) -> Posted:
    """Return where the message stands that was posted first under a key."""
    message_id, group_id, seq, microseconds = _ANSWER.unpack(answer)
    posted_at = _EPOCH + timedelta(microseconds=microseconds)
    return Posted(str(UUID(bytes=message_id)), str(UUID(bytes=group_id)), seq, posted_at, is_repeat=True)
