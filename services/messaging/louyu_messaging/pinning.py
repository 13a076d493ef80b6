"""Pinning: those who look after a building keep what everybody must find at the top of its group."""

from louyu_runtime.database import Transaction

from louyu_messaging.changes import record_change
from louyu_messaging.errors import MessageNotFound, TooManyPinned
from louyu_messaging.message import SHOWN
from louyu_messaging.store import marks, messages

MOST_PINNED = 5


async def pin(tx: Transaction, group_id: str, seq: int, person_id: str, person_name: str, *, is_withdrawn: bool) -> int:
    """Pin a message or take it down, and return the number of the change; 0 if nothing has changed.

    Raises MessageNotFound, also for one that is no longer shown, and TooManyPinned.
    """
    message = await messages.at(tx, group_id, seq)
    if message is None or (message.state != SHOWN and not is_withdrawn):
        raise MessageNotFound
    if message.is_pinned != is_withdrawn:
        return 0
    change = await record_change(tx, group_id, seq, "unpinned" if is_withdrawn else "pinned", person_id, person_name)
    # after the group's lock, so that two who pin at once cannot both take the last place
    if not is_withdrawn and await marks.pinned_count(tx, group_id) >= MOST_PINNED:
        raise TooManyPinned(MOST_PINNED)
    await marks.set_pinned(tx, group_id, seq, None if is_withdrawn else person_id)
    return change
