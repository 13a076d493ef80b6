"""The tail: follows a service's streams from now on, as hints for those who wait for news.

Without groups, guarantees or memory: a hint is a reason to read the database, which is the truth. After every break
`on_gap` is called, since hints may have been missed. So it is when more than ten thousand events a second are published:
one comparison of positions is then cheaper than to follow them all.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from google.protobuf.message import DecodeError
from louyu.events.v1 import envelope_pb2
from redis.asyncio import Redis
from redis.exceptions import RedisError

from louyu_runtime.events.streams import BLOCK_MS, FIELD, stream_name

logger = logging.getLogger(__name__)

AT_ONCE = 200
REST_SECONDS = 0.02  # what comes meanwhile is read together

Hint = Callable[[envelope_pb2.Envelope], None]


class Tail:
    """Calls `hint` with each envelope that a service publishes from now on, of every partition."""

    def __init__(self, redis: Redis, source: str, partitions: int, hint: Hint, on_gap: Callable[[], None]) -> None:
        self._redis = redis
        self._streams = [stream_name(source, partition) for partition in range(partitions)]
        self._hint = hint
        self._on_gap = on_gap

    async def run(self) -> None:
        """Follow until cancelled."""
        while True:
            try:
                await self._follow()
            except (RedisError, OSError) as error:
                logger.debug("hints are interrupted", extra={"cause": error.__class__.__name__})
                self._on_gap()
                await asyncio.sleep(0.5)

    async def _follow(self) -> None:
        """Follow from now on; return when more is published than is worth following one by one."""
        positions: dict[Any, Any] = {}
        for stream in self._streams:
            last = await self._redis.xrevrange(stream, count=1)
            positions[stream] = last[0][0] if last else "0-0"
        self._on_gap()
        is_flooded = False
        while not is_flooded:
            answer: Any = await self._redis.xread(positions, count=AT_ONCE, block=BLOCK_MS)
            for name, entries in answer or ():
                positions[name.decode()] = entries[-1][0]
                is_flooded = is_flooded or len(entries) == AT_ONCE
                for _, fields in entries:
                    try:
                        self._hint(envelope_pb2.Envelope.FromString(fields[FIELD]))
                    except (KeyError, DecodeError):
                        continue
            await asyncio.sleep(REST_SECONDS)
