"""The client side: the channels to a service, an identity and what is left of the deadline with each call.

Streams have a channel, and so a connection, of their own: however many stay open, other calls do not wait for them.

Only UNAVAILABLE is repeated, by gRPC itself, at most three attempts with a budget of extra calls; every writing call
carries an idempotency key, so a repeat is safe.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any, Generic, TypeVar

import grpc
from opentelemetry import trace
from opentelemetry.trace import SpanKind

from louyu_runtime.errors import RemoteError, from_rpc_error
from louyu_runtime.identity import Principal, TokenSigner
from louyu_runtime.telemetry import current_traceparent

StubT = TypeVar("StubT")

MESSAGE_LIMIT = 1024 * 1024
LARGE_MESSAGE_LIMIT = 8 * MESSAGE_LIMIT
"""What a request may have where a service says so: a whole community in one call, all or nothing."""
_SERVICE_CONFIG = json.dumps(
    {
        "loadBalancingConfig": [{"round_robin": {}}],
        "retryThrottling": {"maxTokens": 20, "tokenRatio": 0.1},
        "methodConfig": [
            {
                "name": [{}],
                "retryPolicy": {
                    "maxAttempts": 3,
                    "initialBackoff": "0.1s",
                    "maxBackoff": "2s",
                    "backoffMultiplier": 2,
                    "retryableStatusCodes": ["UNAVAILABLE"],
                },
            }
        ],
    }
)
CHANNEL_OPTIONS: list[tuple[str, Any]] = [
    ("grpc.service_config", _SERVICE_CONFIG),
    ("grpc.enable_retries", 1),
    ("grpc.max_receive_message_length", 4 * MESSAGE_LIMIT),
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 2_000),
]


class Client(Generic[StubT]):
    """Calls of one service. `audience` is that service's name."""

    def __init__(
        self,
        stub_class: type[StubT],
        audience: str,
        address: str,
        signer: TokenSigner,
        own: Principal,
        credentials: grpc.ChannelCredentials | None = None,
    ) -> None:
        self._channel = _channel(audience, address, credentials)
        # without a pool of its own, gRPC would give the second channel the first one's connection
        own_connection = ("grpc.use_local_subchannel_pool", 1)
        self._stream_channel = _channel(audience, address, credentials, own_connection)
        self._stub = stub_class(self._channel)  # type: ignore[call-arg]  # generated stubs take the channel
        self._stream_stub = stub_class(self._stream_channel)  # type: ignore[call-arg]  # as above
        self._audience = audience
        self._signer = signer
        self._own = own
        self._tracer = trace.get_tracer("louyu.client")

    async def close(self) -> None:
        await self._channel.close()
        await self._stream_channel.close()

    def _metadata(self, principal: Principal | None) -> list[tuple[str, str]]:
        token = self._signer.sign(principal or self._own, [self._audience])
        metadata = [("authorization", f"Bearer {token}")]
        traceparent = current_traceparent()
        if traceparent:
            metadata.append(("traceparent", traceparent))
        return metadata

    async def call(self, method: str, request: Any, *, principal: Principal | None = None, timeout: float = 2.0) -> Any:
        """Call a unary method as `principal` (this service itself if None) within `timeout` seconds.

        Raises RemoteError with the code, reason and field that the other side named.
        """
        with self._tracer.start_as_current_span(f"{self._audience}.{method}", kind=SpanKind.CLIENT):
            try:
                return await getattr(self._stub, method)(request, timeout=timeout, metadata=self._metadata(principal))
            except grpc.aio.AioRpcError as error:
                raise from_rpc_error(error) from None

    async def upload(
        self,
        method: str,
        requests: AsyncIterator[Any],
        *,
        principal: Principal | None = None,
        timeout: float,
    ) -> Any:
        """Call a method with a stream of requests. Raises RemoteError, and whatever giving a request raises."""
        raised: list[Exception] = []

        async def given() -> AsyncIterator[Any]:
            try:
                async for request in requests:
                    yield request
            except Exception as error:  # gRPC would log it and cancel the call, without a word to the caller
                raised.append(error)
                call.cancel()

        call = getattr(self._stream_stub, method)(given(), timeout=timeout, metadata=self._metadata(principal))
        try:
            return await call
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error) from None
        except asyncio.CancelledError:
            if raised:
                raise raised[0] from None
            raise
        finally:
            call.cancel()

    async def stream(
        self, method: str, request: Any, *, principal: Principal | None = None, timeout: float | None = None
    ) -> AsyncGenerator[Any]:
        """Call a method with a stream of answers; leaving the loop ends the call. Raises RemoteError."""
        call = getattr(self._stream_stub, method)(request, timeout=timeout, metadata=self._metadata(principal))
        try:
            async for response in call:
                yield response
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error) from None
        finally:
            call.cancel()


def _channel(
    audience: str, address: str, credentials: grpc.ChannelCredentials | None, *further: tuple[str, Any]
) -> grpc.aio.Channel:
    if credentials is None:
        return grpc.aio.insecure_channel(address, options=[*CHANNEL_OPTIONS, *further])
    options = [*CHANNEL_OPTIONS, ("grpc.ssl_target_name_override", f"louyu-{audience}"), *further]
    return grpc.aio.secure_channel(address, credentials, options=options)


def is_worth_repeating(error: RemoteError) -> bool:
    """Whether the same call may succeed later without anybody mending anything."""
    return error.code in (
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.ABORTED,
    )
