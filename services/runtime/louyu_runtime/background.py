"""Background work of a process: restarted with a pause when it fails, so that one fault does not silence it for good."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from typing import Any

from prometheus_client import Counter

logger = logging.getLogger(__name__)

FAILURES = Counter("louyu_background_failures", "Failures of background work, by its name.", ["name"])
LONGEST_PAUSE_SECONDS = 10.0


async def supervise(name: str, work: Callable[[], Awaitable[None]]) -> None:
    """Run `work` until cancelled; after a failure again, after 0.5 s doubling to 10 s."""
    pause = 0.5
    loop = asyncio.get_running_loop()
    while True:
        begun_at = loop.time()
        try:
            await work()
            return
        except Exception:
            FAILURES.labels(name).inc()
            logger.exception("background work failed and begins again", extra={"background": name})
        pause = 0.5 if loop.time() - begun_at > 60 else min(pause * 2, LONGEST_PAUSE_SECONDS)
        await asyncio.sleep(pause)


async def end_all(tasks: Collection[asyncio.Task[Any]]) -> None:
    """Cancel tasks and return when all have ended; what they raise is dropped.

    Asked again every second: a library may swallow a cancellation that comes in the instant in which its wait ends.
    """
    living = set(tasks)
    while living:
        for task in living:
            task.cancel()
        _, living = await asyncio.wait(living, timeout=1.0)
    await asyncio.gather(*tasks, return_exceptions=True)
