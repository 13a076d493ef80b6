"""Channels under test: whether `send` keeps its promise for ordinary batches and for ones at the bounds.

`louyu plugins check` cannot send, since it has no account; a channel's own test passes the channel to `check_channel`,
connected to a stand-in of the provider, or to nothing at all.
"""

import asyncio
from collections.abc import Iterator, Sequence

from louyu_sdk.channel import Channel, ChannelWithReceipts, Delivery, Outcome, Recipient, SendResult
from louyu_sdk.errors import ContractBroken
from louyu_sdk.isolation import CallFailure
from louyu_sdk.results import checked_channels
from louyu_sdk.sending import ChannelSender
from louyu_sdk.testing.examples import COMMUNITY_ID
from louyu_sdk.words import Urgency

TEXTS = ("明天上午停水", "🆘燃气泄漏，请开窗", "\n\t停水 \u202e通知\n", "水" * 2_000)


def example_delivery(channel: Channel, text: str = TEXTS[0], *, number: int = 1) -> Delivery:
    """Return a delivery such as notify makes for this channel; its recipient is nobody's."""
    capabilities = channel.capabilities
    address = f"example-address-{number}" if capabilities.needs_address else None
    return Delivery(
        id=f"delivery-{number}",
        community_id=COMMUNITY_ID,
        recipient=Recipient(kind=capabilities.recipients, id=f"recipient-{number}", address=address),
        text=text,
        urgency=Urgency.NORMAL,
        title="停水通知",
        source="居委会，今天 12:00",
    )


def check_channel(channel: Channel) -> None:
    """Send through the channel as notify does, and raise ContractBroken saying what to mend.

    Every delivery needs one result, whatever it is: a stand-in that refuses all is as good as one that takes all.
    """
    checked_channels([channel])
    asyncio.run(_check(channel))


async def _check(channel: Channel) -> None:
    failures: list[CallFailure] = []
    for batch in _batches(channel):
        # A sender of its own for each batch: no breaker shall hide the second fault.
        sender = ChannelSender(channel, on_failure=failures.append)
        _check_results(channel, "send", batch, await sender.send(batch), failures)
        if channel.capabilities.repeats_are_safe:
            _check_results(channel, "send", batch, await sender.send(batch), failures)
        if isinstance(channel, ChannelWithReceipts):
            ids = [*(one.id for one in batch), "delivery-never-seen"]
            await sender.receipts(ids)
            if failures:
                raise ContractBroken(f"{channel.key}.receipts {failures[0].reason}: {failures[0].error}")


def _batches(channel: Channel) -> Iterator[list[Delivery]]:
    for text in TEXTS:
        yield [example_delivery(channel, text)]
    yield [example_delivery(channel, number=number) for number in range(channel.capabilities.batch_size)]


def _check_results(
    channel: Channel, call: str, batch: Sequence[Delivery], results: Sequence[SendResult], failures: list[CallFailure]
) -> None:
    if failures:
        raise ContractBroken(f"{channel.key}.{call} {failures[0].reason}: {failures[0].error}")
    for delivery, result in zip(batch, results, strict=True):
        if result.outcome is Outcome.UNKNOWN and result.error is not None and result.error.code == "no_result":
            raise ContractBroken(
                f"{channel.key}.{call} gave no result for one of {len(batch)} deliveries; give each one"
            )
        words = result.error.message if result.error is not None else ""
        if delivery.text in words or (delivery.recipient.address and delivery.recipient.address in words):
            raise ContractBroken(f"{channel.key}.{call} repeats the text or the address in an error's message")
