"""Telemetry: traces that also travel through streams, and metrics for Prometheus.

Without an endpoint nothing is recorded and nothing leaves the process. Span attributes and metric labels never hold
texts, names, phone numbers or addresses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import context as otel_context
from opentelemetry import propagate, trace
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind

FLUSH_LIMIT_MS = 3000

_recording: list[TracerProvider] = []

# Finds the provider when there is one. Asking for it anew with each span would read the environment each time.
_tracer = trace.get_tracer("louyu")


def start_tracing(role: str, instance: str, endpoint: str) -> TracerProvider | None:
    """Send this process's spans to an OTLP endpoint; None and no effect when it is empty.

    The exit hook of OpenTelemetry is off, since it can block for a minute when the collector is away: call
    `stop_tracing` instead.
    """
    if not endpoint:
        return None
    provider = TracerProvider(
        resource=Resource.create({"service.name": f"louyu-{role}", "service.instance.id": instance}),
        shutdown_on_exit=False,
    )
    exporter = OTLPSpanExporter(endpoint=endpoint, insecure=endpoint.startswith("http://"), timeout=2)
    provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=500, export_timeout_millis=2000))
    trace.set_tracer_provider(provider)
    _recording.append(provider)
    return provider


def is_tracing() -> bool:
    """Whether this process's spans are recorded."""
    return bool(_recording)


def stop_tracing(provider: TracerProvider | None) -> None:
    """Send what is left, for at most three seconds."""
    if provider is not None:
        provider.force_flush(FLUSH_LIMIT_MS)
        provider.shutdown()
        _recording.remove(provider)


def current_traceparent() -> str:
    """Return the W3C traceparent of the span that is open now, or an empty text."""
    span = trace.get_current_span().get_span_context()
    if not span.is_valid:
        return ""
    return f"00-{span.trace_id:032x}-{span.span_id:016x}-{span.trace_flags:02x}"


@contextmanager
def span_from(
    carrier: Mapping[str, str],
    name: str,
    *,
    kind: SpanKind = SpanKind.INTERNAL,
    attributes: Mapping[str, str | int] | None = None,
) -> Iterator[Span]:
    """Open a span that continues the trace named in `carrier` (keys `traceparent`, `tracestate`)."""
    parent = propagate.extract(carrier)
    token = otel_context.attach(parent)
    try:
        with _tracer.start_as_current_span(name, kind=kind, attributes=dict(attributes or {})) as span:
            yield span
    finally:
        otel_context.detach(token)
