"""Waiting for what a running service does by itself."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def until(holds: Callable[[], bool], *, seconds: float = 20.0) -> None:
    """Return as soon as something holds. Raises TimeoutError."""

    async def asked() -> bool:
        return holds()

    await until_given(asked, seconds=seconds)


async def until_given(ask: Callable[[], Awaitable[T]], *, seconds: float = 20.0) -> T:
    """Ask until there is an answer that is not empty, and return it. Raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while not (found := await ask()):  # noqa: ASYNC110 - what another process does gives no event
            await asyncio.sleep(0.02)
        return found
