"""A channel for tests: a lobby screen that remembers what it showed, and does with a batch what the test says."""

from collections.abc import Awaitable, Callable, Sequence

from louyu_sdk import (
    ChannelCapabilities,
    Delivery,
    Outcome,
    Recipient,
    RecipientKind,
    SendResult,
    Urgency,
)

Answering = Callable[[Sequence[Delivery]], Awaitable[Sequence[SendResult]]]


async def show_all(batch: Sequence[Delivery]) -> list[SendResult]:
    """Show every delivery."""
    return [SendResult(delivery_id=one.id, outcome=Outcome.DELIVERED) for one in batch]


class Lobby:
    key = "lobby"
    name_zh = "大厅屏"
    name_en = "Lobby screen"
    capabilities = ChannelCapabilities(
        recipients=RecipientKind.SCREEN,
        batch_size=100,
        rate_per_second=None,
        receipts=False,
        works_at_night=True,
        needs_address=False,
        repeats_are_safe=True,
    )

    def __init__(self, answering: Answering = show_all, *, account: str | None = None) -> None:
        self.account = account
        self.sent: list[str] = []
        self._answering = answering

    async def send(self, batch: Sequence[Delivery]) -> Sequence[SendResult]:
        self.sent += [one.id for one in batch]
        return await self._answering(batch)


def delivery(delivery_id: str) -> Delivery:
    """Return a delivery to a screen."""
    screen = Recipient(kind=RecipientKind.SCREEN, id="screen-1")
    return Delivery(id=delivery_id, community_id="c", recipient=screen, text="暖气已恢复", urgency=Urgency.NORMAL)
