"""Reading: messages as one reader sees them, with how others have reacted and what the reader may still do."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from louyu_runtime.database import Transaction

from louyu_messaging.message import HIDDEN, SHOWN, Message, ReactionCount
from louyu_messaging.recalling import recallable_for
from louyu_messaging.store import reactions


@dataclass(frozen=True)
class ReadMessage:
    """A message as a reader sees it; `recallable_for` is None for all but one's own fresh words."""

    message: Message
    reactions: tuple[ReactionCount, ...] = ()
    recallable_for: timedelta | None = None


def as_shown(message: Message, *, by_steward: bool) -> Message:
    """Return a message without what the reader may not read: hidden words only stewards see, gone ones nobody."""
    if message.state == SHOWN or (message.state == HIDDEN and by_steward):
        return message
    return replace(message, text="", media_ids=(), media=())


async def as_read_by(
    tx: Transaction, group_id: str, found: Sequence[Message], reader_id: str, *, by_steward: bool
) -> list[ReadMessage]:
    """Return messages of a group as this reader sees them."""
    if not found:
        return []
    counts = await reactions.counts(tx, group_id, [message.seq for message in found], reader_id)
    return [
        ReadMessage(
            as_shown(message, by_steward=by_steward),
            counts.get(message.seq, ()),
            recallable_for(message, reader_id, tx.now),
        )
        for message in found
    ]
