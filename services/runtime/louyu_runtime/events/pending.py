"""Pending entries: delivered and never acknowledged, with how often they were begun.

Redis counts deliveries; here the count says how many attempts at the entry were begun and did not come to an end, so
that what kills or hangs a process is known after its restart. One consumer name serves a whole group, so whatever is
pending belongs to whoever holds the partition.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from redis.asyncio import Redis

PAGE = 100


async def pending_entries(
    redis: Redis, stream: str, group: str
) -> AsyncIterator[tuple[bytes, dict[bytes, bytes], int]]:
    """Yield id, fields and count of each pending entry, oldest first; what was trimmed meanwhile is let go."""
    start = "-"
    while True:
        page: Any = await redis.xpending_range(stream, group, min=start, max="+", count=PAGE)
        if not page:
            return
        pipeline = redis.pipeline(transaction=False)
        for known in page:
            pipeline.xrange(stream, known["message_id"], known["message_id"])
        for known, found in zip(page, await pipeline.execute(), strict=True):
            if found:
                yield known["message_id"], found[0][1], known["times_delivered"]
            else:  # the outbox will bring it again if it is needed
                await redis.xack(stream, group, known["message_id"])
        start = f"({page[-1]['message_id'].decode()}"


async def set_count(redis: Redis, stream: str, group: str, entry_id: bytes, count: int) -> None:
    """Keep how often an entry was begun."""
    await redis.xclaim(stream, group, group, min_idle_time=0, message_ids=[entry_id], retrycount=count, justid=True)
