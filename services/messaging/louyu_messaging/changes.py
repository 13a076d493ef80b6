"""Changes to messages: each gives its message the group's next change number and is told to whoever reads the group.

The number is given under the group's lock, in the transaction of the change, so that a reader who has read up to a
number never misses a lower one.
"""

from louyu_runtime.database import Transaction, append_event

from louyu_messaging.events import changed_payload
from louyu_messaging.store import marks


async def record_change(tx: Transaction, group_id: str, seq: int, what: str, actor_id: str, actor_name: str) -> int:
    """Number a change of one message, put its event into the transaction, and return the number."""
    change = await marks.next_change(tx, group_id)
    await marks.touch(tx, group_id, seq, change)
    append_event(tx, changed_payload(group_id, seq, change, what, actor_id, actor_name), subject=f"group/{group_id}")
    return change
