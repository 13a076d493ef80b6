"""The host: what a service process is made of, put together in one place, from start to graceful stop.

Start: settings are valid, database reached, schema fits, then ready. Stop (SIGTERM): not ready at once, background work
ends, the server serves on for as long as endpoints take to notice, calls finish, telemetry is flushed, exit 0 within 25 s.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import signal
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from louyu.events.v1 import events_service_pb2, events_service_pb2_grpc

from louyu_runtime import telemetry
from louyu_runtime.admin import AdminServer
from louyu_runtime.background import end_all, supervise
from louyu_runtime.database import Database
from louyu_runtime.database_errors import is_away, refusal_of
from louyu_runtime.errors import FailedPrecondition
from louyu_runtime.events import parked
from louyu_runtime.events.consumer import Consumer, Handlers
from louyu_runtime.events.leases import PartitionLeases
from louyu_runtime.events.relay import Relay
from louyu_runtime.events.streams import Completer, connect_redis
from louyu_runtime.events.tail import Hint, Tail
from louyu_runtime.forgetting import Forgetting, Keep
from louyu_runtime.identity import TokenSigner, TokenVerifier, public_keys_from_pem, service_principal
from louyu_runtime.migrations import check_schema
from louyu_runtime.permissions import Rule, missing_rules
from louyu_runtime.rpc import tls
from louyu_runtime.rpc.admission import Admission
from louyu_runtime.rpc.client import LARGE_MESSAGE_LIMIT, MESSAGE_LIMIT, Client
from louyu_runtime.rpc.guard import GuardedMethods
from louyu_runtime.rpc.identity import CallerCheck
from louyu_runtime.settings import CommonSettings, is_loopback

logger = logging.getLogger(__name__)

DRAIN_SECONDS = 5.0
GRACE_SECONDS = 15.0

SERVER_OPTIONS = [
    ("grpc.max_metadata_size", 32 * 1024),
    ("grpc.absolute_max_metadata_size", 32 * 1024),
    ("grpc.max_concurrent_streams", 20_000),  # of one connection: a gateway has one for all its readers
    ("grpc.server.max_pending_requests", 20_000),  # they come back all at once; from 1,000 on gRPC would cancel some
    ("grpc.server.max_pending_requests_hard_limit", 30_000),
    ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
    ("grpc.max_connection_age_ms", 300_000),
    ("grpc.max_connection_age_grace_ms", 70_000),
    ("grpc.so_reuseport", 0),
]

StubT = TypeVar("StubT")


class Host:
    """One service process. Use as `async with Host(settings) as host`, add what it serves and does, then `serve()`."""

    def __init__(self, settings: CommonSettings) -> None:
        self.settings = settings
        self.role = settings.role
        self.database = Database(settings.database_url.get_secret_value(), self.role)
        self.redis = connect_redis(settings.redis_url.get_secret_value())
        self.signer = TokenSigner(settings.signing_key.get_secret_value())
        verify_keys = [self.signer.public_key, *public_keys_from_pem(settings.verify_keys.get_secret_value())]
        self.verifier = TokenVerifier(verify_keys, self.role)
        self.principal = service_principal(self.role)
        self._rules: dict[str, Rule] = {}
        self._add_to_server: list[Callable[[GuardedMethods], None]] = []
        self._service_names: list[str] = []
        self._limits: dict[str, float] = {}
        self._large: set[str] = set()
        self._completers: dict[str, Completer] = {}
        self._background: dict[str, Callable[[], Awaitable[None]]] = {}
        self._clients: list[Client[Any]] = []
        self._missing = ["starting"]
        self._ready_checks: dict[str, Callable[[], bool]] = {}
        self._stop = asyncio.Event()
        self._tracing = telemetry.start_tracing(self.role, settings.instance, settings.otel_endpoint)
        self.relay: Relay | None = None

    async def __aenter__(self) -> Self:
        await self._wait_for_database()
        await check_schema(self.database)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for client in self._clients:
            await client.close()
        await self.redis.aclose()
        await self.database.close()
        telemetry.stop_tracing(self._tracing)

    def add_servicer(
        self, adder: Callable[[Any, Any], None], servicer: Any, permissions: Mapping[str, Rule], *, descriptor: Any
    ) -> None:
        """Serve a servicer. `descriptor` is the service's descriptor in the generated module; every method needs a rule."""
        methods = [method.name for method in descriptor.methods]
        missing = missing_rules(methods, permissions)
        if missing:
            raise FailedPrecondition(f"no rule in the table of permissions for {', '.join(missing)}")
        self._service_names.append(descriptor.full_name)
        self._rules.update({f"/{descriptor.full_name}/{name}": permissions[name] for name in methods})
        self._add_to_server.append(lambda server: adder(servicer, server))

    def limit(self, **seconds: float) -> None:
        """Set how long methods may take, by name, where it is not five seconds."""
        self._limits.update(seconds)

    def take_large(self, method: str) -> None:
        """Let requests of a method have 8 MiB, where all others have 1."""
        self._large.add(method)

    def complete_events(self, completers: Mapping[str, Completer]) -> None:
        """Say how payloads of some types get what the database decided (sequence, time) before they are published."""
        self._completers.update(completers)

    def publish_events(self, consumers: Sequence[str]) -> None:
        """Publish this service's outbox; `consumers` are the services that read it."""
        relay = Relay(self.database, self.redis, self.settings.event_partitions, self._completers, consumers)
        self.database.on_events = relay.wake
        self.relay = relay
        self.background("relay", relay.run)

    def consume(self, handlers: Handlers, sources: Sequence[str]) -> None:
        """Apply events of other services, and offer what was parked to operators."""
        leases = PartitionLeases(self.database, self.settings.instance, self.settings.event_partitions)
        consumer = Consumer(self.database, self.redis, leases, handlers, sources)
        self.background("leases", leases.run)
        self.background("consumer", consumer.run)
        self.add_servicer(
            events_service_pb2_grpc.add_EventsServiceServicer_to_server,
            parked.ParkedEvents(self.database, handlers),
            parked.PERMISSIONS,
            descriptor=events_service_pb2.DESCRIPTOR.services_by_name["EventsService"],
        )

    def forget(self, *keeps: Keep) -> None:
        """Forget rows that nobody needs any more, these beside what every schema has."""
        self.background("forgetting", Forgetting(self.database, keeps).run)

    def tail(self, source: str, hint: Hint, on_gap: Callable[[], None]) -> None:
        """Get hints of a service's events as they are published."""
        tail = Tail(self.redis, source, self.settings.event_partitions, hint, on_gap)
        self.background(f"tail {source}", tail.run)

    def background(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Run `work` for as long as the process serves; begun again, with a pause, when it fails."""
        self._background[name] = work

    def ready_when(self, name: str, check: Callable[[], bool]) -> None:
        """Be ready only while `check` is true; `name` is shown by /readyz when it is not."""
        self._ready_checks[name] = check

    def client(self, stub_class: type[StubT], service: str) -> Client[StubT]:
        """Return a client of another service."""
        address = str(getattr(self.settings, f"{service}_addr"))
        credentials = (
            None if is_loopback(address) and not self.settings.tls_cert else tls.channel_credentials(self.settings)
        )
        client = Client(stub_class, service, address, self.signer, self.principal, credentials)
        self._clients.append(client)
        return client

    def stop(self) -> None:
        """Begin the graceful stop."""
        self._stop.set()

    async def serve(self) -> None:
        """Serve until SIGTERM or SIGINT, then stop gracefully. Raises OSError when an address is taken."""
        admin = AdminServer(self.settings.admin_address, self._not_ready, lambda: [])
        await admin.start()
        server, health_servicer = self._make_server()
        await server.start()
        tasks = [asyncio.create_task(supervise(name, work), name=name) for name, work in self._background.items()]
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self._stop.set)
        await self._set_health(health_servicer, health_pb2.HealthCheckResponse.SERVING)
        self._missing = []
        logger.info("serving", extra={"address": self.settings.listen_address})
        try:
            await self._stop.wait()
        finally:
            self._missing = ["stopping"]
            await self._set_health(health_servicer, health_pb2.HealthCheckResponse.NOT_SERVING)
            await end_all(tasks)
            if not is_loopback(self.settings.listen_address):
                await asyncio.sleep(DRAIN_SECONDS)  # until endpoints have disappeared from balancers
            await server.stop(GRACE_SECONDS)
            await admin.stop()
            logger.info("stopped")

    def _make_server(self) -> tuple[grpc.aio.Server, health.aio.HealthServicer]:
        callers = CallerCheck(self.verifier, self._rules, certificate_names=bool(self.settings.tls_cert))
        methods = GuardedMethods(self.role, Admission(self._limits), callers, large=self._large)
        for add in self._add_to_server:
            add(methods)
        health_servicer = health.aio.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(health_servicer, methods)
        most_bytes = LARGE_MESSAGE_LIMIT if self._large else MESSAGE_LIMIT
        options = [*SERVER_OPTIONS, ("grpc.max_receive_message_length", most_bytes)]
        server = grpc.aio.server(handlers=(methods,), options=options)
        credentials = tls.server_credentials(self.settings)
        address = self.settings.listen_address
        try:
            if credentials is None:
                server.add_insecure_port(address)
            else:
                server.add_secure_port(address, credentials)
        except RuntimeError as error:  # all that gRPC tells
            raise OSError(
                errno.EADDRNOTAVAIL,
                f"{address} is taken by another program or is no address of this machine: "
                f"stop that one, or set LOUYU_{self.role.upper()}_LISTEN",
            ) from error
        return server, health_servicer

    async def _set_health(self, servicer: health.aio.HealthServicer, status: int) -> None:
        for name in ("", *self._service_names):
            await servicer.set(name, status)

    def _not_ready(self) -> list[str]:
        return self._missing or [name for name, check in self._ready_checks.items() if not check()]

    async def _wait_for_database(self) -> None:
        """Wait for a database that may come later, saying so; what refuses us is told at once."""
        pause = 0.2
        while True:
            try:
                async with self.database.engine.connect():
                    return
            except Exception as error:
                if refusal_of(error):
                    raise FailedPrecondition(
                        f"{refusal_of(error)}: correct LOUYU_DATABASE_URL or LOUYU_{self.role.upper()}_DATABASE_URL",
                        reason="DATABASE_REFUSES",
                    ) from error
                if not is_away(error):
                    raise
                cause = (
                    "the name of its host is not known"
                    if isinstance(error, socket.gaierror)
                    else error.__class__.__name__
                )
                logger.warning("waiting for the database", extra={"cause": cause})
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5.0)
