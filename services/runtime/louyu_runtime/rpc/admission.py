"""Admission: how much may be at work at once, and how long a call may take.

At most 256 unary calls work and 512 wait, half a second at most; what comes beyond is refused at once with a time to try
again. Each call gets its method's limit when the caller set none or a longer one; what has expired is not begun.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import grpc

from louyu_runtime.errors import LouyuError, ResourceExhausted
from louyu_runtime.rpc.handlers import Context, short_name

WORKING_LIMIT = 256
WAITING_LIMIT = 512
WAITING_SECONDS = 0.5
DEFAULT_SECONDS = 5.0


class DeadlineExceeded(LouyuError):
    """The time for the call is over."""

    code = grpc.StatusCode.DEADLINE_EXCEEDED
    reason = "DEADLINE_EXCEEDED"
    resident_text = "系统这会儿比较慢，请稍后再试。"


class Admission:
    """Bounds the calls at work and their time. `limits` maps method names to seconds."""

    def __init__(self, limits: Mapping[str, float]) -> None:
        self._limits = limits
        self._working = asyncio.Semaphore(WORKING_LIMIT)
        self._waiting = 0

    async def enter(self) -> None:
        """Let a call begin, at the latest after half a second; `leave` must follow. Raises ResourceExhausted."""
        if not self._working.locked():
            await self._working.acquire()
            return
        if self._waiting >= WAITING_LIMIT:
            raise _too_many()
        self._waiting += 1
        try:
            async with asyncio.timeout(WAITING_SECONDS):
                await self._working.acquire()
        except TimeoutError:
            raise _too_many() from None
        finally:
            self._waiting -= 1

    def leave(self) -> None:
        """Say that a call has ended."""
        self._working.release()

    def seconds_for(self, method: str) -> float:
        """Return how long a method may take."""
        return self._limits.get(short_name(method), DEFAULT_SECONDS)

    def seconds_left(self, longest: float, context: Context) -> float:
        """Return how long a call may take, of at most `longest` seconds. Raises DeadlineExceeded when it has expired."""
        remaining = context.time_remaining()
        seconds = longest if remaining is None else min(longest, remaining)
        if seconds <= 0:
            raise DeadlineExceeded("the call had expired before it began")
        return seconds


def _too_many() -> ResourceExhausted:
    return ResourceExhausted("too many calls at once", reason="OVERLOADED", retry_after_seconds=1.0)
