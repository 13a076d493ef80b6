"""Patience: a call is made again while the platform is away, for two minutes at most.

For calls that may be repeated: reading, and what carries an idempotency key.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

import grpc
from google.protobuf.message import Message
from louyu_runtime.errors import RemoteError

PATIENCE_SECONDS = 120.0
PAUSE_SECONDS = 0.5
_PASSING = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.RESOURCE_EXHAUSTED)


async def ask(client: Any, method: str, request: Message) -> Any:
    """Return the answer of a service. Raises RemoteError for what time does not mend."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return await client.call(method, request, timeout=10)
        except RemoteError as error:
            if error.code not in _PASSING or time.monotonic() > deadline:
                raise
            await asyncio.sleep(PAUSE_SECONDS)
