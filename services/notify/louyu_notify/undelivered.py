"""Undelivered: what failed or is unknown and nothing took over, and sending it once more at somebody's wish.

A failure that went on to the next channel is not in the list: the next channel's delivery stands for it. What no longer
matters can only be read: the announcement has run out, or the question has gone on since.
"""

from datetime import datetime

from louyu_runtime.database import Transaction
from louyu_runtime.identity import Principal

from louyu_notify import rights
from louyu_notify.delivery import DeliveryState, Undelivered
from louyu_notify.errors import DeliveryNotFound, DeliveryNotRetryable
from louyu_notify.store import undelivered as store
from louyu_notify.wakes import Wakes


async def page(
    tx: Transaction,
    principal: Principal,
    *,
    state: DeliveryState | None,
    after: tuple[datetime, str] | None,
    at_most: int,
) -> list[Undelivered]:
    """Return what the principal looks after, the latest first, from after a position."""
    return await store.latest(
        tx, in_groups=rights.looked_after_groups(principal), state=state, after=after, at_most=at_most
    )


async def retry(tx: Transaction, principal: Principal, delivery_id: str, wakes: Wakes) -> None:
    """Send it once more. Raises DeliveryNotFound, DeliveryNotRetryable."""
    found = await store.find(tx, delivery_id, in_groups=rights.looked_after_groups(principal))
    if found is None:
        raise DeliveryNotFound
    if not found.still_matters or not await store.send_again(tx, delivery_id):
        raise DeliveryNotRetryable
    tx.after_commit.append(lambda: wakes.wake(found.channel))
