"""Channels as other packages might bring them."""

from collections.abc import Sequence

from louyu_sdk import (
    ChannelCapabilities,
    Delivery,
    ErrorClass,
    Outcome,
    RecipientKind,
    SendError,
    SendResult,
)


class TextMessages:
    """A channel to persons that remembers what it sent."""

    key = "sms"
    account: str | None = "main"
    name_zh = "短信"
    name_en = "Text message"

    def __init__(self, *, receipts: bool = False, rate_per_second: float | None = None) -> None:
        self.capabilities = ChannelCapabilities(
            recipients=RecipientKind.PERSON,
            batch_size=10,
            rate_per_second=rate_per_second,
            receipts=receipts,
            works_at_night=False,
            needs_address=True,
            repeats_are_safe=False,
        )
        self.sent: list[Delivery] = []
        self.taken: set[str] = set()
        self.is_silent = False

    async def send(self, batch: Sequence[Delivery]) -> Sequence[SendResult]:
        """Take the batch; while silent, without saying so."""
        self.sent += batch
        self.taken |= {one.id for one in batch}
        outcome = Outcome.UNKNOWN if self.is_silent else Outcome.DELIVERED
        return [SendResult(delivery_id=one.id, outcome=outcome) for one in batch]

    async def receipts(self, delivery_ids: Sequence[str]) -> Sequence[SendResult]:
        """Say what became of deliveries."""
        return [
            SendResult(delivery_id=one, outcome=Outcome.DELIVERED)
            if one in self.taken
            else SendResult(
                delivery_id=one,
                outcome=Outcome.FAILED,
                error=SendError(error_class=ErrorClass.LATER, code="unseen", message="never seen"),
            )
            for one in delivery_ids
        ]
