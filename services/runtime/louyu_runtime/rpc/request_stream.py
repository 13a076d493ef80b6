"""A stream of requests: the first stands for the call, since it names what the call is about; each is looked at."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from louyu_runtime.errors import InvalidArgument
from louyu_runtime.rpc.admission import DeadlineExceeded
from louyu_runtime.rpc.requests import check_usable


async def first_of(requests: AsyncIterator[Any], seconds: float) -> Any:
    """Return the first request, waiting so long at most. Raises InvalidArgument when none comes, DeadlineExceeded."""
    try:
        async with asyncio.timeout(seconds):
            first = await anext(aiter(requests), None)
    except TimeoutError:
        raise DeadlineExceeded(f"no request came within {seconds:.1f} s") from None
    if first is None:
        raise InvalidArgument("no request came: begin with the one that names everything")
    return first


async def with_first(first: Any, rest: AsyncIterator[Any]) -> AsyncIterator[Any]:
    """Give a stream whole again whose first request was taken. Raises what `check_usable` raises for a later one."""
    yield first
    async for request in rest:
        check_usable(request)
        yield request
