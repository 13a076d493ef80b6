"""The channel `lobby_display`: an item on a lobby screen.

Delivered says that the item stands in the screen's playlist, not that anybody saw it: that is proved by the screen
itself, and kept apart. The same content twice changes nothing, so repeats are safe. An answer is shown only while its
question is answered or resolved.
"""

import hashlib
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from louyu_runtime.database import Database, Transaction
from louyu_sdk import (
    ChannelCapabilities,
    Delivery,
    ErrorClass,
    Outcome,
    RecipientKind,
    SendError,
    SendResult,
    Urgency,
)

from louyu_notify import screens
from louyu_notify.screen import ItemKind, ScreenItem, seconds_for
from louyu_notify.store import question_status

SHOWN_FOR = timedelta(days=7)
SHOWN_STATES = frozenset({"answered", "resolved"})


class LobbyDisplayChannel:
    """Puts items on screens."""

    key = "lobby_display"
    account = None
    name_zh = "大堂屏幕"
    name_en = "Lobby screen"
    capabilities = ChannelCapabilities(
        recipients=RecipientKind.SCREEN,
        batch_size=50,
        rate_per_second=None,
        receipts=False,
        works_at_night=True,
        needs_address=False,
        repeats_are_safe=True,
    )

    def __init__(self, database: Database, on_change: screens.OnChange) -> None:
        self._database = database
        self._on_change = on_change

    async def send(self, batch: Sequence[Delivery]) -> Sequence[SendResult]:
        """Put each item on its screen, in a transaction of its own."""
        return [await self._show(delivery) for delivery in batch]

    async def _show(self, delivery: Delivery) -> SendResult:
        async def write(tx: Transaction) -> bool:
            if delivery.question_id is not None:
                state = await question_status.state_of(tx, delivery.question_id)
                if state not in SHOWN_STATES:
                    return False
            await screens.show(tx, delivery.recipient.id, item_of(delivery, tx.now), self._on_change)
            return True

        if await self._database.in_transaction(delivery.community_id, write):
            return SendResult(delivery_id=delivery.id, outcome=Outcome.DELIVERED)
        error = SendError(error_class=ErrorClass.GIVE_UP, code="withdrawn", message="the answer does not hold any more")
        return SendResult(delivery_id=delivery.id, outcome=Outcome.FAILED, error=error)


def item_of(delivery: Delivery, now: datetime) -> ScreenItem:
    """Return a delivery as an item; what is about the same question or announcement is the same item."""
    title = delivery.title or ""
    return ScreenItem(
        item_key=_key(delivery.question_id or delivery.announcement_id or delivery.id),
        kind=_kind(delivery),
        title=title,
        text=delivery.text,
        source=delivery.source or "",
        published_at=now,
        valid_from=now,
        valid_until=delivery.valid_until or now + SHOWN_FOR,
        seconds=seconds_for(title, delivery.text),
        question_id=delivery.question_id,
        question_number=delivery.question_number or 0,
        announcement_id=delivery.announcement_id,
    )


def _kind(delivery: Delivery) -> ItemKind:
    if delivery.question_id is not None:
        return ItemKind.ANSWER
    return ItemKind.EMERGENCY if delivery.urgency is Urgency.EMERGENCY else ItemKind.ANNOUNCEMENT


def _key(subject: str) -> str:
    return str(uuid.UUID(bytes=hashlib.sha256(subject.encode()).digest()[:16]))
