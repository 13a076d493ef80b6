"""Telemetry of a call: a span that continues the caller's trace, and its time and outcome as metrics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager

import grpc
from opentelemetry.trace import SpanKind, Status, StatusCode
from prometheus_client import Counter, Histogram

from louyu_runtime.rpc.handlers import Context, Metadata, short_name
from louyu_runtime.telemetry import is_tracing, span_from

RPC_SECONDS = Histogram(
    "louyu_rpc_seconds",
    "Time of a served call, in seconds.",
    ["method"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 30),
)
RPC_CALLS = Counter("louyu_rpc_calls", "Served calls by method and status code.", ["method", "code"])


class MethodTelemetry:
    """Measures the calls of one method and opens their spans."""

    def __init__(self, method: str) -> None:
        self._span_name = method.lstrip("/")
        self._name = short_name(method)
        self._seconds = RPC_SECONDS.labels(self._name)
        self._calls: dict[str, Counter] = {}

    def span(self, metadata: Metadata) -> AbstractContextManager[None] | None:
        """Return the span of a call; None when nobody records it and there is no trace to hand on."""
        carrier = {
            key: value for key, value in metadata if key in ("traceparent", "tracestate") and isinstance(value, str)
        }
        return self._span(carrier) if carrier or is_tracing() else None

    @contextmanager
    def _span(self, carrier: Mapping[str, str]) -> Iterator[None]:
        with span_from(carrier, self._span_name, kind=SpanKind.SERVER, attributes={"rpc.system": "grpc"}) as span:
            try:
                yield
            except BaseException:
                span.set_status(Status(StatusCode.ERROR))
                raise

    def note(self, context: Context, seconds: float) -> None:
        """Count a call that has ended."""
        self._seconds.observe(seconds)
        code = _code_name(context)
        counted = self._calls.get(code)
        if counted is None:
            counted = self._calls[code] = RPC_CALLS.labels(self._name, code)
        counted.inc()


def _code_name(context: Context) -> str:
    code = context.code()
    if isinstance(code, grpc.StatusCode):
        return code.name
    return "OK" if code in (0, None) else str(code)
