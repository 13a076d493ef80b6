"""The gateway's process: settings, wiring, serving, and a stop that ends live streams before the listener."""

import asyncio
import logging
import os
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import uvicorn
from louyu_runtime import telemetry
from louyu_runtime.admin import AdminServer
from louyu_runtime.channels_file import Channels, read_channels_file
from louyu_runtime.events.streams import connect_redis
from louyu_runtime.identity import TokenSigner, TokenVerifier, public_keys_from_pem
from louyu_runtime.logs import start_logging
from louyu_runtime.settings import is_loopback, load_settings

from louyu_gateway import connections
from louyu_gateway.application import application
from louyu_gateway.ended_sessions import EndedSessions
from louyu_gateway.gateway import Gateway
from louyu_gateway.live import Live
from louyu_gateway.names import Names
from louyu_gateway.pace import Pace
from louyu_gateway.pages.render import Pages
from louyu_gateway.people import TICKET_AUDIENCE, People
from louyu_gateway.services import Services
from louyu_gateway.sessions import AUDIENCE, RESIDENT_LIFE, Sessions
from louyu_gateway.settings import GatewaySettings
from louyu_gateway.sharing import SharedStreams

logger = logging.getLogger(__name__)

DRAIN_SECONDS = 5.0
GRACE_SECONDS = 15


def make_gateway(settings: GatewaySettings, channels: Channels) -> Gateway:
    """Return the parts of the edge, wired. Nothing is connected yet."""
    signer = TokenSigner(settings.signing_key.get_secret_value())
    keys = [signer.public_key, *public_keys_from_pem(settings.verify_keys.get_secret_value())]
    services = Services(settings, signer)
    ended = EndedSessions(connect_redis(settings.redis_url.get_secret_value()), RESIDENT_LIFE)
    sessions = Sessions(
        signer,
        TokenVerifier(keys, AUDIENCE),
        ended,
        is_https=urlsplit(settings.public_url).scheme == "https",
        staff_life=timedelta(hours=settings.session_hours),
    )

    def now() -> datetime:
        return datetime.now(UTC)

    return Gateway(
        settings=settings,
        services=services,
        sessions=sessions,
        people=People(services, sessions, TokenVerifier(keys, settings.role), TokenVerifier(keys, TICKET_AUDIENCE)),
        names=Names(services),
        pages=Pages(sessions, now),
        live=Live(settings.live_limit),
        shared=SharedStreams(),
        pace=Pace(),
        channels=channels,
        now=now,
    )


def _bound(listen_address: str) -> socket.socket:
    """Return a listening socket. Raises OSError when the address is taken."""
    address = urlsplit("//" + listen_address)
    host, port = address.hostname or "127.0.0.1", address.port or 0
    return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=2048)


@asynccontextmanager
async def _tracing(settings: GatewaySettings) -> AsyncIterator[None]:
    provider = telemetry.start_tracing(settings.role, settings.instance, settings.otel_endpoint)
    try:
        yield
    finally:
        telemetry.stop_tracing(provider)


class _Server(uvicorn.Server):
    """A uvicorn server that leaves signals to us: live streams must end before connections are waited for."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


async def serve() -> None:
    """Serve until SIGTERM or SIGINT, then stop gracefully.

    Raises SettingsError and ChannelsFileError with every fault found, OSError for a taken address.
    """
    settings = load_settings(GatewaySettings)
    start_logging(settings.role, settings.log_level)
    channels = read_channels_file(Path(settings.channels_file), os.environ) if settings.channels_file else Channels()
    async with _tracing(settings):
        gateway = make_gateway(settings, channels)
        missing = ["starting"]
        listener = _bound(settings.listen_address)
        server = _Server(
            uvicorn.Config(
                application(gateway, lambda: missing),
                **connections.bounds(settings.live_limit),
                log_config=None,
                access_log=False,  # queries of callbacks and sign-ins hold openids and tickets
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=GRACE_SECONDS,
                lifespan="off",
            )
        )
        admin = AdminServer(settings.admin_address, lambda: missing, lambda: [])
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        await admin.start()
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        stopping = asyncio.create_task(stop.wait())
        missing.clear()  # the listener is bound: who connects now is served in a moment
        logger.info("serving", extra={"address": settings.listen_address})
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        missing.append("stopping")
        if not serving.done():
            if not is_loopback(settings.listen_address):
                await asyncio.sleep(DRAIN_SECONDS)  # until endpoints have disappeared from balancers
            gateway.live.stop()
            server.should_exit = True
        stopping.cancel()
        await serving
        await gateway.services.close()
        await gateway.sessions.close()
        await admin.stop()
        logger.info("stopped")
