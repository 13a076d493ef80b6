"""Reading messages, and erasing their words. They are written in one place only: `hot.post_messages`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from louyu_runtime.database import Transaction
from louyu_runtime.ids import is_uuid

from louyu_messaging.media.media import Media
from louyu_messaging.message import Message
from louyu_messaging.store import media as media_store

_MESSAGES = """
    SELECT m.seq, m.message_id, m.sender_id, m.sender_name, m.sender_roles, m.text, m.via, m.media_ids, m.reply_to_seq,
           m.question_id, m.posted_at, COALESCE(k.state, 'shown') AS state,
           k.pinned_at IS NOT NULL AS is_pinned
      FROM message AS m LEFT JOIN message_mark AS k USING (community_id, group_id, seq)
     WHERE m.community_id = CAST(:community AS uuid) AND m.group_id = CAST(:group AS uuid)
"""


async def after(tx: Transaction, group_id: str, seq: int, limit: int) -> list[Message]:
    """Return the messages that follow `seq`, oldest first."""
    rows = await tx.rows(
        f"{_MESSAGES} AND m.seq > :seq ORDER BY m.seq LIMIT :limit",
        community=tx.community_id,
        group=group_id,
        seq=seq,
        limit=limit,
    )
    return await _messages(tx, rows)


async def before(tx: Transaction, group_id: str, seq: int, limit: int) -> list[Message]:
    """Return the messages nearest before `seq`, oldest first."""
    rows = await tx.rows(
        f"{_MESSAGES} AND m.seq < :seq ORDER BY m.seq DESC LIMIT :limit",
        community=tx.community_id,
        group=group_id,
        seq=seq,
        limit=limit,
    )
    return await _messages(tx, list(reversed(rows)))


async def at(tx: Transaction, group_id: str, seq: int) -> Message | None:
    """Return the message at a position, or None."""
    row = await tx.row(f"{_MESSAGES} AND m.seq = :seq", community=tx.community_id, group=group_id, seq=seq)
    return (await _messages(tx, [row]))[0] if row is not None else None


async def at_places(tx: Transaction, places: Sequence[tuple[str, int]]) -> list[tuple[str, Message]]:
    """Return the messages at places, given as group and position, each with its group, as far as there are any."""
    rows = await tx.rows(
        _MESSAGES.replace("SELECT", "SELECT m.group_id,", 1).replace(
            "m.group_id = CAST(:group AS uuid)",
            "(m.group_id, m.seq) IN (SELECT * FROM unnest(CAST(:groups AS uuid[]), CAST(:seqs AS bigint[])))",
        ),
        community=tx.community_id,
        groups=[group_id for group_id, _ in places],
        seqs=[seq for _, seq in places],
    )
    found = await _messages(tx, rows)
    return [(str(row.group_id), message) for row, message in zip(rows, found, strict=True)]


async def pinned(tx: Transaction, group_id: str) -> list[Message]:
    """Return the pinned messages of a group, the latest pinned first."""
    rows = await tx.rows(
        f"{_MESSAGES} AND k.pinned_at IS NOT NULL ORDER BY k.pinned_at DESC, m.seq DESC",
        community=tx.community_id,
        group=group_id,
    )
    return await _messages(tx, rows)


async def changed_after(tx: Transaction, group_id: str, change: int, limit: int) -> list[tuple[int, Message]]:
    """Return messages with the number of their latest change, those with a higher one than `change`, in its order."""
    rows = await tx.rows(
        _MESSAGES.replace("SELECT", "SELECT k.change,", 1) + " AND k.change > :change ORDER BY k.change LIMIT :limit",
        community=tx.community_id,
        group=group_id,
        change=change,
        limit=limit,
    )
    return [(row.change, message) for row, message in zip(rows, await _messages(tx, rows), strict=True)]


async def erase_words(tx: Transaction, group_id: str, seq: int) -> None:
    """Take words and media out of a message for good."""
    await tx.execute(
        "UPDATE message SET text = '', media_ids = '{}' WHERE community_id = CAST(:community AS uuid)"
        " AND group_id = CAST(:group AS uuid) AND seq = :seq",
        {"community": tx.community_id, "group": group_id, "seq": seq},
    )


async def _messages(tx: Transaction, rows: Sequence[Any]) -> list[Message]:
    """Return rows as messages, with their photos and recordings; those without ask for nothing more."""
    wanted = [media_id for row in rows for media_id in row.media_ids if is_uuid(media_id)]
    media = await media_store.of_ids(tx, wanted) if wanted else {}
    return [_message(row, media) for row in rows]


def _message(row: Any, media: Mapping[str, Media]) -> Message:
    return Message(
        seq=row.seq,
        id=str(row.message_id),
        sender_id=str(row.sender_id or ""),
        sender_name=row.sender_name,
        sender_roles=tuple(row.sender_roles),
        text=row.text,
        via=row.via,
        media_ids=tuple(row.media_ids),
        reply_to_seq=row.reply_to_seq,
        question_id=row.question_id,
        posted_at=row.posted_at,
        state=row.state,
        is_pinned=row.is_pinned,
        media=tuple(media[each] for each in row.media_ids if each in media),
    )
