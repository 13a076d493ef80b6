"""Emergency replies: the asker is told what to do once, by whichever comes first.

Somebody who wrote on a channel that answers at once has the advice in that answer, which the gateway records here. A
delivery with the same words waits for it a moment, and is sent where no record comes: to who wrote elsewhere, or when the
answer knew nothing of the emergency yet.
"""

from datetime import timedelta

from louyu_runtime.database import Transaction
from louyu_sdk import RecipientKind

from louyu_notify.channel_list import ChannelList
from louyu_notify.delivery import Purpose
from louyu_notify.store import deliveries

REPLY_WITHIN = timedelta(seconds=3)
"""Longer than the answer takes, and shorter than the platform's first repeat of a push that was not answered."""


def cause_of(question_id: str) -> str:
    """Return the cause of what is told to the askers of an emergency: the same for the delivery and the record."""
    return f"emergency/{question_id}"


async def record_reply(tx: Transaction, channels: ChannelList, question_id: str, person_id: str) -> None:
    """Note that the person has been told. Before the emergency is known here, or again, it does no harm."""
    keys = channels.of(RecipientKind.PERSON)
    if keys:
        cause = f"{cause_of(question_id)}/{Purpose.EMERGENCY}"
        await deliveries.note_replied(tx, cause, person_id, keys[0], question_id=question_id)
