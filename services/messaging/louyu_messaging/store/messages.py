"""Reading messages. They are written in one place only: `hot.post_messages`."""

from __future__ import annotations

from typing import Any

from louyu_runtime.database import Transaction

from louyu_messaging.message import Message

_COLUMNS = (
    "seq, message_id, sender_id, sender_name, sender_roles, text, via, media_ids, reply_to_seq, question_id, posted_at"
)
_IN_GROUP = "community_id = CAST(:community AS uuid) AND group_id = CAST(:group AS uuid)"


async def after(tx: Transaction, group_id: str, seq: int, limit: int) -> list[Message]:
    """Return the messages that follow `seq`, oldest first."""
    rows = await tx.rows(
        f"SELECT {_COLUMNS} FROM message WHERE {_IN_GROUP} AND seq > :seq ORDER BY seq LIMIT :limit",
        community=tx.community_id,
        group=group_id,
        seq=seq,
        limit=limit,
    )
    return [_message(row) for row in rows]


async def before(tx: Transaction, group_id: str, seq: int, limit: int) -> list[Message]:
    """Return the messages nearest before `seq`, oldest first."""
    rows = await tx.rows(
        f"SELECT {_COLUMNS} FROM message WHERE {_IN_GROUP} AND seq < :seq ORDER BY seq DESC LIMIT :limit",
        community=tx.community_id,
        group=group_id,
        seq=seq,
        limit=limit,
    )
    return [_message(row) for row in reversed(rows)]


def _message(row: Any) -> Message:
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
    )
