"""Telemetry of a call: a span that continues the caller's trace, and its time and outcome as metrics."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
from opentelemetry.trace import SpanKind, Status, StatusCode
from prometheus_client import Counter, Histogram

from louyu_runtime.rpc.handlers import AroundInterceptor, Context, is_infrastructure, short_name
from louyu_runtime.telemetry import span_from

RPC_SECONDS = Histogram(
    "louyu_rpc_seconds",
    "Time of a served call, in seconds.",
    ["method"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 30),
)
RPC_CALLS = Counter("louyu_rpc_calls", "Served calls by method and status code.", ["method", "code"])


class TelemetryInterceptor(AroundInterceptor):
    """Measures each call and opens its span."""

    @asynccontextmanager
    async def around(self, method: str, request: Any, context: Context) -> AsyncIterator[None]:
        """Measure one call."""
        if is_infrastructure(method):
            yield
            return
        name = short_name(method)
        carrier = {
            key: value
            for key, value in context.invocation_metadata() or ()
            if key in ("traceparent", "tracestate") and isinstance(value, str)
        }
        started = time.perf_counter()
        with span_from(carrier, method.lstrip("/"), kind=SpanKind.SERVER, attributes={"rpc.system": "grpc"}) as span:
            try:
                yield
            except BaseException:
                span.set_status(Status(StatusCode.ERROR))
                raise
            finally:
                RPC_SECONDS.labels(name).observe(time.perf_counter() - started)
                RPC_CALLS.labels(name, _code_name(context)).inc()


def _code_name(context: Context) -> str:
    code = context.code()
    if isinstance(code, grpc.StatusCode):
        return code.name
    return "OK" if code in (0, None) else str(code)
