"""The guard: what stands around every call, in one function, since each layer of its own costs as much as the work.

In this order: the call is measured and traced, errors become statuses, an unusable request is refused, the call is
admitted and limited in time, its caller is known and allowed. gRPC's own services (health) have only the errors and the
look at the request; streams of answers are not counted among the calls at work. Of a stream of requests the first stands
for the call. A method that streams both ways would pass by all of this, so it stops the start.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Mapping
from contextlib import aclosing, nullcontext
from time import perf_counter
from typing import Any

import grpc

from louyu_runtime.rpc.admission import Admission, DeadlineExceeded
from louyu_runtime.rpc.client import LARGE_MESSAGE_LIMIT, MESSAGE_LIMIT
from louyu_runtime.rpc.errors import abort_with
from louyu_runtime.rpc.handlers import Context, Handler, Metadata, is_infrastructure, short_name
from louyu_runtime.rpc.identity import CallerCheck
from louyu_runtime.rpc.request_stream import first_of, with_first
from louyu_runtime.rpc.requests import check_usable, marking
from louyu_runtime.rpc.telemetry import MethodTelemetry

Answer = Callable[[Any, Context], Awaitable[Any]]
Answers = Callable[[Any, Context], AsyncGenerator[Any] | Awaitable[None]]
Follow = Callable[[Any, Context], Awaitable[None]]


class GuardedMethods(grpc.GenericRpcHandler):
    """The methods of a server, each with the guard around it. `domain` is the service's name in errors.

    Generated code takes it for the server (`add_XServicer_to_server(servicer, guarded)`), the server for a handler.
    gRPC knows one limit of size for all methods of a server: those that are not named in `large` keep theirs here.
    """

    def __init__(self, domain: str, admission: Admission, callers: CallerCheck, *, large: Collection[str] = ()) -> None:
        self._domain = domain
        self._admission = admission
        self._callers = callers
        self._large = large
        self._guarded: dict[str, Handler] = {}

    def add_registered_method_handlers(self, service_name: str, handlers: Mapping[str, Handler]) -> None:
        """Called by generated code with the handlers of a service by the names of its methods."""
        for name, handler in handlers.items():
            method = f"/{service_name}/{name}"
            self._guarded[method] = self._guard(method, handler)

    def add_generic_rpc_handlers(self, handlers: Any) -> None:
        """Called by generated code with what it also gives by name."""

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Handler | None:
        """Called by grpc for each call: return the method's handler."""
        return self._guarded.get(handler_call_details.method)

    def _guard(self, method: str, handler: Handler) -> Handler:
        if handler.request_streaming and handler.response_streaming:
            raise TypeError(f"{method}: a stream both ways would not be guarded")
        most_bytes = LARGE_MESSAGE_LIMIT if short_name(method) in self._large else MESSAGE_LIMIT
        form = {
            "request_deserializer": marking(handler.request_deserializer, most_bytes),
            "response_serializer": handler.response_serializer,
        }
        if handler.response_streaming:
            return grpc.unary_stream_rpc_method_handler(self._around_stream(method, handler.unary_stream), **form)
        if handler.request_streaming:
            return grpc.stream_unary_rpc_method_handler(
                self._around_call(method, handler.stream_unary, is_stream=True), **form
            )
        return grpc.unary_unary_rpc_method_handler(self._around_call(method, handler.unary_unary), **form)

    def _around_call(self, method: str, answer: Answer, *, is_stream: bool = False) -> Answer:
        domain, admission, callers = self._domain, self._admission, self._callers
        longest = admission.seconds_for(method)

        async def with_errors(request: Any, context: Context) -> Any:
            try:
                check_usable(request)
                return await answer(request, context)
            except Exception as error:
                await abort_with(context, error, method=method, domain=domain)

        async def admitted(request: Any, context: Context, metadata: Metadata, requests: Any = None) -> Any:
            try:
                check_usable(request)
                await admission.enter()
                try:
                    seconds = admission.seconds_left(longest, context)
                    try:
                        async with asyncio.timeout(seconds):
                            callers.check(method, request, metadata, context)
                            return await answer(request if requests is None else requests, context)
                    except TimeoutError:
                        raise DeadlineExceeded(f"not done within {seconds:.1f} s") from None
                finally:
                    admission.leave()
            except Exception as error:
                await abort_with(context, error, method=method, domain=domain)

        async def begun_by_first(requests: Any, context: Context, metadata: Metadata) -> Any:
            try:
                first = await first_of(requests, longest)
            except Exception as error:
                await abort_with(context, error, method=method, domain=domain)
            return await admitted(first, context, metadata, with_first(first, requests))

        if is_infrastructure(method):
            return with_errors
        telemetry = MethodTelemetry(method)
        inner = begun_by_first if is_stream else admitted

        async def measured(request: Any, context: Context) -> Any:
            begun = perf_counter()
            metadata = context.invocation_metadata() or ()
            try:
                span = telemetry.span(metadata)
                if span is None:
                    return await inner(request, context, metadata)
                with span:
                    return await inner(request, context, metadata)
            finally:
                telemetry.note(context, perf_counter() - begun)

        return measured

    def _around_stream(self, method: str, answers: Answers) -> Follow:
        domain, callers = self._domain, self._callers
        is_ours = not is_infrastructure(method)

        async def written(request: Any, context: Context, metadata: Metadata = ()) -> None:
            try:
                check_usable(request)
                if is_ours:
                    callers.check(method, request, metadata, context)
                given = answers(request, context)
                if isinstance(given, Awaitable):  # writes by itself, as gRPC's health does
                    await given
                    return
                # Written from here and closed here: gRPC would leave it to the collector, in no call's context.
                async with aclosing(given) as responses:
                    async for response in responses:
                        try:
                            await context.write(response)
                        except grpc.aio.InternalError:  # its reader has left, which gRPC is about to tell
                            return
            except Exception as error:
                await abort_with(context, error, method=method, domain=domain)

        if not is_ours:
            return written
        telemetry = MethodTelemetry(method)

        async def measured(request: Any, context: Context) -> None:
            begun = perf_counter()
            metadata = context.invocation_metadata() or ()
            try:
                with telemetry.span(metadata) or nullcontext():
                    await written(request, context, metadata)
            finally:
                telemetry.note(context, perf_counter() - begun)

        return measured
