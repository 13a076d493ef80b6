"""Posting a log: many messages in few calls, each group's in the order of the log.

A call holds messages of one group, and the next of that group begins when it is answered, so that a call that must be
repeated is never overtaken; several groups go on side by side. Each message has its key: what a crash left half-way is
continued by posting the same log again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from louyu.messaging.v1 import messaging_service_pb2
from louyu_runtime.rpc.client import MESSAGE_LIMIT

from louyu_cli import patience

BATCH = 250
PACED_BATCH = 100
MOST_BYTES = MESSAGE_LIMIT * 3 // 4
GROUPS_AT_ONCE = 8


@dataclass(frozen=True)
class Said:
    """A message of the log: its line, when it was said, and what is posted."""

    number: int
    at: datetime | None
    message: messaging_service_pb2.GroupMessage


class LogPosting:
    """Posts into one community, and counts. `refused` holds line and reason of each message that was not taken."""

    def __init__(self, messaging: Any, community_id: str) -> None:
        self._messaging = messaging
        self._community_id = community_id
        self.posted = 0
        self.refused: list[tuple[int, str]] = []

    async def post_at_once(self, said: Iterable[Said]) -> None:
        """Post all, as fast as they are taken. Raises RemoteError."""
        of_group: dict[str, list[Said]] = {}
        for each in said:
            of_group.setdefault(each.message.group_id, []).append(each)
        # The longest first: it decides how long all takes.
        logs = iter(sorted(of_group.values(), key=len, reverse=True))

        async def post_logs() -> None:
            for log in logs:
                for batch in _batches(log):
                    await self._post(batch)

        workers = [asyncio.create_task(post_logs()) for _ in range(min(GROUPS_AT_ONCE, len(of_group)))]
        try:
            await asyncio.gather(*workers)
        finally:
            for worker in workers:
                worker.cancel()

    async def post_at_speed(self, said: Sequence[Said], speed: float) -> None:
        """Post all in the order of the log, `speed` times as fast as it was said. Raises RemoteError."""
        begun, first = time.monotonic(), said[0].at
        for batch in _paced_batches(said, speed):
            at = batch[0].at
            if first is not None and at is not None:
                await asyncio.sleep((at - first).total_seconds() / speed - (time.monotonic() - begun))
            await self._post(batch)

    async def _post(self, batch: Sequence[Said]) -> None:
        """Post a batch; again while the platform is away, since the keys make a repeat safe."""
        request = messaging_service_pb2.PostMessageBatchRequest(
            community_id=self._community_id, messages=[each.message for each in batch]
        )
        answer = await patience.ask(self._messaging, "PostMessageBatch", request)
        refused = [(each.number, got.refusal) for each, got in zip(batch, answer.results, strict=True) if got.refusal]
        self.refused += refused
        self.posted += len(batch) - len(refused)


def _batches(said: Iterable[Said]) -> Iterator[list[Said]]:
    """Divide messages into what one call takes, by number and by size."""
    batch: list[Said] = []
    size = 0
    for each in said:
        own = each.message.ByteSize()
        if batch and (len(batch) == BATCH or size + own > MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(each)
        size += own
    if batch:
        yield batch


def _paced_batches(said: Iterable[Said], speed: float) -> Iterator[list[Said]]:
    """Divide messages by the fifth of a second, at that speed, in which they were said."""
    batch: list[Said] = []
    for each in said:
        first = batch[0].at if batch else None
        is_apart = first is not None and each.at is not None and (each.at - first).total_seconds() >= speed * 0.2
        if batch and (is_apart or len(batch) == PACED_BATCH):
            yield batch
            batch = []
        batch.append(each)
    if batch:
        yield batch
