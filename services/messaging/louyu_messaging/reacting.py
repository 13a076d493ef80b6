"""Reacting: what a member says about a neighbour's message with one tap.

"Me too" and "thanks" are told to routing, where they mean something: one more asker, or an answer that was good.
"""

from louyu_runtime.database import Transaction

from louyu_messaging.changes import record_change
from louyu_messaging.errors import MessageNotFound, NotToReactTo
from louyu_messaging.message import SHOWN
from louyu_messaging.store import messages, reactions

ME_TOO = "me_too"
THANKS = "thanks"


async def react(
    tx: Transaction, group_id: str, seq: int, person_id: str, person_name: str, kind: str, *, is_withdrawn: bool
) -> int:
    """Add or take back a reaction and return the number of the change; 0 if nothing has changed.

    Raises MessageNotFound, NotToReactTo for one's own message and for one that is no longer shown.
    """
    message = await messages.at(tx, group_id, seq)
    if message is None:
        raise MessageNotFound
    if message.state != SHOWN or message.sender_id == person_id:
        raise NotToReactTo
    act = reactions.remove if is_withdrawn else reactions.add
    if not await act(tx, group_id, seq, person_id, kind):
        return 0
    what = f"{kind}_withdrawn" if is_withdrawn else kind
    return await record_change(tx, group_id, seq, what, person_id, person_name)
