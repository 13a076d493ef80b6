"""Waiting for something to become true: the only place in these tests where time passes."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable


async def until(condition: Callable[[], bool | Awaitable[bool]], within_seconds: float = 15.0) -> None:
    """Return as soon as `condition()` holds; fail when it does not within the time."""
    async with asyncio.timeout(within_seconds):
        while True:
            answer = condition()
            if await answer if inspect.isawaitable(answer) else answer:
                return
            await asyncio.sleep(0.02)
