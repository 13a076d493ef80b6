"""The delivery worker: claims deliveries of one channel, sends them, and records what became of them.

"sending" is committed before the call, so that a crash between call and record shows afterwards as what it is: unknown.
A result counts only if nobody has taken the delivery over meanwhile. Woken after each commit that adds something; a look
every second catches what was missed.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

from louyu_runtime.database import Database, Transaction
from louyu_runtime.errors import Unavailable
from louyu_runtime.telemetry import span_from
from opentelemetry.trace import SpanKind
from prometheus_client import Counter

from louyu_notify import ledger
from louyu_notify.delivery import Claimed, DeliveryState
from louyu_notify.sending import Judged, Sending
from louyu_notify.store import announcements, deliveries
from louyu_notify.store import ledger as ledger_store
from louyu_notify.verdict import Verdict
from louyu_notify.wakes import Wakes

logger = logging.getLogger(__name__)

CLAIM_AT_MOST = 100
LEASE = timedelta(seconds=60)
LOOK_EVERY_SECONDS = 1.0
STOP_SECONDS = 12.0
RECORD_PAUSES = (0.1, 0.2, 0.5, 1.0, 2.0, 4.0, 8.0)

ENDED = Counter("louyu_deliveries", "Attempts at deliveries, by channel and what became of them.", ["channel", "state"])


class DeliveryWorker:
    """Delivers on one channel."""

    def __init__(self, database: Database, key: str, sending: Sending, wakes: Wakes) -> None:
        self._database = database
        self._key = key
        self._sending = sending
        self._wakes = wakes

    async def run(self) -> None:
        """Deliver until cancelled."""
        woken = self._wakes.event(self._key)
        while True:
            woken.clear()
            try:
                while await _to_its_end(self.deliver_once()):
                    pass
            except Unavailable:
                logger.warning("deliveries wait for the database", extra={"channel": self._key})
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_SECONDS):
                    await woken.wait()

    async def deliver_once(self) -> int:
        """Claim and deliver at most one batch; return how many deliveries it held."""
        async with self._database.transaction() as tx:
            claimed = await deliveries.claim(tx, self._key, at_most=CLAIM_AT_MOST, lease=LEASE)
            now = tx.now
        if not claimed:
            return 0
        carrier = {"traceparent": next((one.traceparent for one in claimed if one.traceparent), "")}
        with span_from(
            carrier,
            f"deliver {self._key}",
            kind=SpanKind.PRODUCER,
            attributes={"louyu.channel": self._key, "louyu.deliveries": len(claimed)},
        ):
            judged = await self._sending.send(claimed, now)
            by_community: defaultdict[str, list[Judged]] = defaultdict(list)
            for delivery, verdict in judged:
                by_community[delivery.community_id].append((delivery, verdict))
            for community_id, own in by_community.items():
                await self._record_surely(community_id, own)
        return len(claimed)

    async def _record_surely(self, community_id: str, judged: Sequence[Judged]) -> None:
        """Record, waiting for a database that is away: what is known must not fall back to unknown without need."""
        for pause in RECORD_PAUSES:
            try:
                return await self._record(community_id, judged)
            except Unavailable:
                await asyncio.sleep(pause)
        return await self._record(community_id, judged)

    async def _record(self, community_id: str, judged: Sequence[Judged]) -> None:
        async def write(tx: Transaction) -> None:
            about = sorted({one.announcement_id for one, _ in judged if one.announcement_id})
            if about:
                await announcements.lock(tx, about)
            moved = [await self._record_one(tx, delivery, verdict) for delivery, verdict in judged]
            for announcement_id in about:
                own = [
                    pair
                    for pair, is_ours in zip(judged, moved, strict=True)
                    if is_ours and pair[0].announcement_id == announcement_id
                ]
                await _note_in_ledger(tx, announcement_id, own)

        await self._database.in_transaction(community_id, write)
        for delivery, verdict in judged:
            ENDED.labels(delivery.channel, verdict.state.value).inc()
            if verdict.state in (DeliveryState.FAILED, DeliveryState.UNKNOWN):
                logger.warning(
                    "a delivery did not surely arrive",
                    extra={
                        "channel": delivery.channel,
                        "delivery_id": delivery.delivery_id,
                        "state": verdict.state.value,
                        "error_code": verdict.error_code,
                    },
                )

    async def _record_one(self, tx: Transaction, delivery: Claimed, verdict: Verdict) -> bool:
        is_ours = await deliveries.record(tx, delivery, verdict)
        if is_ours and verdict.tries_next_channel:
            channel = await deliveries.add_on_next_channel(tx, delivery)
            if channel:
                tx.after_commit.append(lambda: self._wakes.wake(channel))
        return is_ours


async def _to_its_end(batch: Coroutine[Any, Any, int]) -> int:
    """Finish a batch that has begun even when the process stops, so that none is left in doubt without need."""
    task = asyncio.create_task(batch)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task}, timeout=STOP_SECONDS)
        raise


async def _note_in_ledger(tx: Transaction, announcement_id: str, judged: Sequence[Judged]) -> None:
    """Move households up, or settle them, after what became of deliveries."""
    ended = [(one, verdict.state) for one, verdict in judged if verdict.state is not DeliveryState.WAITING]
    if not ended:
        return
    persons = [one for one, _ in ended if one.recipient_kind == "person"]
    told = [
        one.recipient_id for one, state in ended if one.recipient_kind == "person" and state is DeliveryState.DELIVERED
    ]
    if told:
        await ledger.reached(tx, announcement_id, told, ended[0][0].channel)
    concerned = None
    if len(persons) == len(ended):
        concerned = await ledger_store.households_of(tx, [one.recipient_id for one in persons])
    await ledger_store.settle(tx, announcement_id, concerned)
