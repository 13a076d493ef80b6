"""Sending: one batch through one channel, with a time limit and a breaker, and one result for every delivery.

What cannot be known is UNKNOWN, never guessed: notify then asks for receipts, or sends again where that is safe.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Sequence
from datetime import timedelta

from louyu_sdk.breaker import LEFT_OUT_SECONDS, Breaker
from louyu_sdk.channel import (
    Channel,
    ChannelWithReceipts,
    Delivery,
    ErrorClass,
    Outcome,
    SendError,
    SendResult,
)
from louyu_sdk.errors import CallFailed, PluginLeftOut, PluginRaised, PluginTooSlow, ResultRefused
from louyu_sdk.isolation import CallFailure
from louyu_sdk.time_limits import SEND_TIME_LIMIT
from louyu_sdk.workers import describe

logger = logging.getLogger(__name__)


class ChannelSender:
    """Sends through one channel. For one event loop."""

    def __init__(
        self,
        channel: Channel,
        *,
        on_failure: Callable[[CallFailure], None],
        clock: Callable[[], float] = time.monotonic,
        time_limit: timedelta = SEND_TIME_LIMIT,
    ) -> None:
        self.channel = channel
        self._on_failure = on_failure
        self._breaker = Breaker(clock)
        self._seconds = time_limit.total_seconds()

    @property
    def is_resting(self) -> bool:
        """Whether the channel is left out for a while, after repeated failures."""
        return self._breaker.is_open

    async def send(self, batch: Sequence[Delivery]) -> tuple[SendResult, ...]:
        """Send and return one result for each delivery, in the order of the batch; never raises for the channel."""
        return await self._ask("send", self.channel.send(batch), [delivery.id for delivery in batch])

    async def receipts(self, delivery_ids: Sequence[str]) -> tuple[SendResult, ...]:
        """Ask what became of deliveries, as `send` does; the channel must have receipts."""
        if not isinstance(self.channel, ChannelWithReceipts):
            raise LookupError(f"{self.channel.key} has no receipts")
        return await self._ask("receipts", self.channel.receipts(delivery_ids), delivery_ids)

    async def _ask(
        self, call: str, asking: Coroutine[object, object, Sequence[SendResult]], ids: Sequence[str]
    ) -> tuple[SendResult, ...]:
        if not self._breaker.admits():
            asking.close()
            self._report(call, PluginLeftOut(f"{self.channel.key} is left out after repeated failures"))
            return tuple(_not_sent(delivery_id) for delivery_id in ids)
        try:
            results = _by_id(await self._limited(call, asking), ids)
        except CallFailed as error:
            self._breaker.failed()
            self._report(call, error)
            return tuple(_unknown(delivery_id, error.reason) for delivery_id in ids)
        except asyncio.CancelledError:
            self._breaker.abandoned()
            raise
        self._breaker.succeeded()
        return tuple(results.get(delivery_id) or _unknown(delivery_id, "no_result") for delivery_id in ids)

    async def _limited(
        self, call: str, asking: Coroutine[object, object, Sequence[SendResult]]
    ) -> Sequence[SendResult]:
        task = asyncio.create_task(asking)
        try:
            # Not asyncio.timeout: a channel that swallows the cancellation would hold the caller as long as it likes.
            done, _ = await asyncio.wait({task}, timeout=self._seconds)
        except asyncio.CancelledError:
            task.cancel()
            raise
        if not done:
            task.cancel()
            task.add_done_callback(_forget)
            raise PluginTooSlow(f"{self.channel.key} did not return from {call} within {self._seconds:g} s")
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        if error is not None:
            raise PluginRaised(describe(error)) from error
        return task.result()

    def _report(self, call: str, error: CallFailed) -> None:
        if not isinstance(error, PluginLeftOut):
            logger.warning(
                "channel call failed",
                extra={"channel": self.channel.key, "call": call, "reason": error.reason, "error": str(error)},
            )
        self._on_failure(CallFailure(plugin=self.channel.key, call=call, reason=error.reason, error=str(error)))


def _by_id(results: object, ids: Sequence[str]) -> dict[str, SendResult]:
    if not isinstance(results, list | tuple) or not all(isinstance(one, SendResult) for one in results):
        raise ResultRefused("the channel returned something else than a list of SendResult")
    wanted = set(ids)
    return {one.delivery_id: one for one in results if one.delivery_id in wanted}


def _unknown(delivery_id: str, code: str) -> SendResult:
    error = SendError(error_class=ErrorClass.LATER, code=code, message="the channel gave no answer for this delivery")
    return SendResult(delivery_id=delivery_id, outcome=Outcome.UNKNOWN, error=error)


def _not_sent(delivery_id: str) -> SendResult:
    error = SendError(
        error_class=ErrorClass.LATER,
        code="left_out",
        message="the channel is left out after repeated failures",
        retry_after=timedelta(seconds=LEFT_OUT_SECONDS),
    )
    return SendResult(delivery_id=delivery_id, outcome=Outcome.FAILED, error=error)


def _forget(task: asyncio.Task[Sequence[SendResult]]) -> None:
    """Look at the late task's error, which asyncio would report as never retrieved."""
    if not task.cancelled():
        task.exception()
