"""Sessions that were ended before their time: a copy of their cookie is worth nothing any more, at any replica.

They are kept in Redis, by a hash, for as long as the longest session lives. While Redis is away nobody is signed out for
that: a session counts as ended only where Redis says so, and the cookie's own end still holds.
"""

import asyncio
import hashlib
import logging
import time
from collections.abc import Callable
from datetime import timedelta

from redis.asyncio import Redis
from redis.exceptions import RedisError

LIMIT_SECONDS = 0.3
REST_SECONDS = 5.0
"""For so long Redis is not asked again after it did not answer: pages must not become slow by it."""

logger = logging.getLogger(__name__)


class EndedSessions:
    """Keeps and finds sessions that were ended. `life` is the longest that a session lives."""

    def __init__(self, redis: Redis, life: timedelta, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._redis = redis
        self._life = life
        self._monotonic = monotonic
        self._rests_until = 0.0

    async def add(self, token: str) -> None:
        """End the session of a token that has been verified."""
        try:
            async with asyncio.timeout(LIMIT_SECONDS):
                await self._redis.set(_key(token), 1, ex=self._life)
        except (RedisError, OSError, TimeoutError) as error:
            logger.warning("a session's end is known to its browser only", extra={"error": type(error).__name__})

    async def holds(self, token: str) -> bool:
        """Whether the session of a token that has been verified was ended."""
        if self._monotonic() < self._rests_until:
            return False
        try:
            async with asyncio.timeout(LIMIT_SECONDS):
                return bool(await self._redis.exists(_key(token)))
        except (RedisError, OSError, TimeoutError) as error:
            self._rests_until = self._monotonic() + REST_SECONDS
            logger.warning("ended sessions cannot be looked up", extra={"error": type(error).__name__})
            return False

    async def close(self) -> None:
        """Let go of Redis."""
        await self._redis.aclose()


def _key(token: str) -> str:
    # What is signed, without the signature: the same signature can be written in several ways.
    signed = token.rpartition(".")[0]
    return f"louyu:gateway:ended:{hashlib.sha256(signed.encode()).hexdigest()}"
