"""Recalling: whoever posted a message may take it back for two minutes; then its words are gone for everybody.

Neighbours may have read it by then, so the message keeps its place and says that it was taken back.
"""

from datetime import datetime, timedelta

from louyu_runtime.database import Transaction

from louyu_messaging.changes import record_change
from louyu_messaging.errors import MessageNotFound, RecallTooLate
from louyu_messaging.message import RECALLED, SHOWN, Message
from louyu_messaging.store import marks, media, messages

RECALL_MINUTES = 2


def recallable_for(message: Message, person_id: str, now: datetime) -> timedelta | None:
    """Return how long this person can still take the message back; None when they cannot."""
    left = message.posted_at + timedelta(minutes=RECALL_MINUTES) - now
    is_own = bool(person_id) and message.sender_id == person_id
    return left if is_own and message.state == SHOWN and left > timedelta(0) else None


async def recall(tx: Transaction, group_id: str, seq: int, person_id: str) -> int:
    """Take a message back and return the number of the change; 0 if it was taken back before.

    Raises MessageNotFound for one that is not the person's own or no longer shown, RecallTooLate after two minutes.
    """
    message = await messages.at(tx, group_id, seq)
    if message is None or message.sender_id != person_id or message.state not in (SHOWN, RECALLED):
        raise MessageNotFound
    if message.state == RECALLED:
        return 0
    if recallable_for(message, person_id, tx.now) is None:
        raise RecallTooLate(RECALL_MINUTES)
    change = await record_change(tx, group_id, seq, RECALLED, person_id, message.sender_name)
    await marks.set_state(tx, group_id, seq, RECALLED)
    await media.erase(tx, message.media_ids)
    await messages.erase_words(tx, group_id, seq)
    return change
