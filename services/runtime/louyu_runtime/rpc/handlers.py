"""gRPC's handlers of methods, as the rest of this package speaks of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc

# The published types describe the synchronous server; a handler of grpc.aio has the same attributes with other types.
Handler = Any
Context = grpc.aio.ServicerContext[Any, Any]
Deserializer = Callable[[bytes], Any]
Metadata = grpc.aio.Metadata | tuple[()]


def short_name(method: str) -> str:
    """Return "Method" of "/package.Service/Method"."""
    return method.rsplit("/", 1)[-1]


def is_infrastructure(method: str) -> bool:
    """Whether a method belongs to gRPC's own services (health), which need no identity and are never shed."""
    return method.startswith("/grpc.")
