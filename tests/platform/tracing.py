"""A collector of traces: the real OTLP service, keeping spans in memory."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import grpc
from louyu_runtime.embedded.ports import free_port
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc


@dataclass(frozen=True)
class Span:
    """A span as it arrived."""

    service: str
    name: str
    trace_id: str


class Collector(trace_service_pb2_grpc.TraceServiceServicer):
    """Keeps every span that is sent to it."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.endpoint = ""

    async def Export(self, request: Any, context: Any) -> Any:
        for resource in request.resource_spans:
            names = {a.key: a.value.string_value for a in resource.resource.attributes}
            for scope in resource.scope_spans:
                for span in scope.spans:
                    self.spans.append(Span(names.get("service.name", ""), span.name, span.trace_id.hex()))
        return trace_service_pb2.ExportTraceServiceResponse()

    def trace_of(self, name: str) -> list[Span]:
        """Return every span of the first trace that has a span of this name; empty when there is none."""
        for span in self.spans:
            if span.name == name:
                return [other for other in self.spans if other.trace_id == span.trace_id]
        return []


@asynccontextmanager
async def collecting() -> AsyncIterator[Collector]:
    """Run a collector on the loopback address."""
    server = grpc.aio.server()
    collector = Collector()
    add: Any = trace_service_pb2_grpc.add_TraceServiceServicer_to_server
    add(collector, server)
    port = free_port()
    server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    collector.endpoint = f"http://127.0.0.1:{port}"
    try:
        yield collector
    finally:
        await server.stop(None)
