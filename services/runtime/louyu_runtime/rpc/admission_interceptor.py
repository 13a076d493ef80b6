"""Admission: how much may be at work at once, and how long a call may take.

At most 256 unary calls work and 512 wait, half a second at most; what comes beyond is refused at once with a time to try
again. Each call gets its method's limit when the caller set none or a longer one; what has expired is not begun.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import grpc

from louyu_runtime.errors import LouyuError, ResourceExhausted
from louyu_runtime.rpc.handlers import AroundInterceptor, Context, Continuation, Handler, is_infrastructure, short_name

WORKING_LIMIT = 256
WAITING_LIMIT = 512
WAITING_SECONDS = 0.5
DEFAULT_SECONDS = 5.0


class DeadlineExceeded(LouyuError):
    """The time for the call is over."""

    code = grpc.StatusCode.DEADLINE_EXCEEDED
    reason = "DEADLINE_EXCEEDED"
    resident_text = "系统这会儿比较慢，请稍后再试。"


class AdmissionInterceptor(AroundInterceptor):
    """Bounds the calls at work and their time. `limits` maps method names to seconds."""

    def __init__(self, limits: Mapping[str, float]) -> None:
        super().__init__()
        self._limits = limits
        self._working = asyncio.Semaphore(WORKING_LIMIT)
        self._waiting = 0
        self._streams: set[str] = set()

    async def intercept_service(
        self, continuation: Continuation, handler_call_details: grpc.HandlerCallDetails
    ) -> Handler:
        """Called by grpc for each call; streams are bounded by their own buffers, not here."""
        handler = await super().intercept_service(continuation, handler_call_details)
        if handler is not None and handler.response_streaming:
            self._streams.add(handler_call_details.method)
        return handler

    @asynccontextmanager
    async def around(self, method: str, request: Any, context: Context) -> AsyncIterator[None]:
        """Admit one call."""
        if is_infrastructure(method) or method in self._streams:
            yield
            return
        if self._working.locked():
            if self._waiting >= WAITING_LIMIT:
                raise ResourceExhausted("too many calls at once", reason="OVERLOADED", retry_after_seconds=1.0)
            self._waiting += 1
            try:
                async with asyncio.timeout(WAITING_SECONDS):
                    await self._working.acquire()
            except TimeoutError:
                raise ResourceExhausted(
                    "too many calls at once", reason="OVERLOADED", retry_after_seconds=1.0
                ) from None
            finally:
                self._waiting -= 1
        else:
            await self._working.acquire()
        limit = self._limits.get(short_name(method), DEFAULT_SECONDS)
        remaining = context.time_remaining()
        if remaining is not None:
            limit = min(limit, remaining)
        try:
            if limit <= 0:
                raise DeadlineExceeded("the call had expired before it began")
            try:
                async with asyncio.timeout(limit):
                    yield
            except TimeoutError:
                raise DeadlineExceeded(f"not done within {limit:.1f} s") from None
        finally:
            self._working.release()
