"""Wrapping gRPC handlers: what an interceptor adds around a call, for unary calls, streams of answers and of requests.

Of a stream of requests the first one stands for the call: it names what the call is about.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import grpc

# The published types describe the synchronous server; a handler of grpc.aio has the same attributes with other types.
Handler = Any
Context = grpc.aio.ServicerContext[Any, Any]
Deserializer = Callable[[bytes], Any]
Around = Callable[[Any, Context], AbstractAsyncContextManager[None]]
Each = Callable[[Any], None]
Continuation = Callable[[grpc.HandlerCallDetails], Awaitable[Any]]


def wrap(handler: Handler, around: Around, deserializer: Deserializer, each: Each) -> Handler:
    """Return the handler with `async with around(request, context)` about each call, reading by this deserializer.

    `each` is called with every further request of a stream.
    """
    if handler.request_streaming:
        inner_upload = handler.stream_unary

        async def upload(requests: AsyncIterator[Any], context: Context) -> Any:
            first = await anext(aiter(requests), None)
            if first is None:
                await context.abort(
                    grpc.StatusCode.INVALID_ARGUMENT, "no request came: begin with the one that names everything"
                )
            async with around(first, context):
                return await inner_upload(_again(first, requests, each), context)

        return grpc.stream_unary_rpc_method_handler(
            upload, request_deserializer=deserializer, response_serializer=handler.response_serializer
        )
    if handler.response_streaming:
        inner_stream = handler.unary_stream

        async def stream(request: Any, context: Context) -> Any:
            async with around(request, context):
                async for response in inner_stream(request, context):
                    yield response

        return grpc.unary_stream_rpc_method_handler(
            stream, request_deserializer=deserializer, response_serializer=handler.response_serializer
        )
    inner_unary = handler.unary_unary

    async def unary(request: Any, context: Context) -> Any:
        async with around(request, context):
            return await inner_unary(request, context)

    return grpc.unary_unary_rpc_method_handler(
        unary, request_deserializer=deserializer, response_serializer=handler.response_serializer
    )


async def _again(first: Any, rest: AsyncIterator[Any], each: Each) -> AsyncIterator[Any]:
    """Give a stream whose first element was taken from its front as if it had not been."""
    yield first
    async for request in rest:
        each(request)
        yield request


class AroundInterceptor(grpc.aio.ServerInterceptor):
    """An interceptor that is a context manager about each call. Wrapped handlers are made once for each method."""

    def __init__(self) -> None:
        self._wrapped: dict[str, Handler] = {}

    def around(self, method: str, request: Any, context: Context) -> AbstractAsyncContextManager[None]:
        """Return the context manager for one call of `method` ("/package.Service/Method")."""
        raise TypeError("an AroundInterceptor must say what it puts around a call")

    def each(self, method: str, request: Any) -> None:
        """Look at a request of a stream after its first."""

    def deserializer(self, own: Deserializer, method: str) -> Deserializer:
        """Return what reads the bytes of a request of `method`; `own` is the method's deserializer."""
        return own

    async def intercept_service(
        self, continuation: Continuation, handler_call_details: grpc.HandlerCallDetails
    ) -> Handler:
        """Called by grpc for each call."""
        method = handler_call_details.method
        found = self._wrapped.get(method)
        if found is None:
            handler = await continuation(handler_call_details)
            if handler is None:
                return handler
            if handler.request_streaming and handler.response_streaming:
                raise NotImplementedError(f"{method}: no method of ours streams in both directions")
            found = wrap(
                handler,
                lambda request, context: self.around(method, request, context),
                self.deserializer(handler.request_deserializer, method),
                lambda request: self.each(method, request),
            )
            self._wrapped[method] = found
        return found


def short_name(method: str) -> str:
    """Return "Method" of "/package.Service/Method"."""
    return method.rsplit("/", 1)[-1]


def is_infrastructure(method: str) -> bool:
    """Whether a method belongs to gRPC's own services (health), which need no identity and are never shed."""
    return method.startswith("/grpc.")
