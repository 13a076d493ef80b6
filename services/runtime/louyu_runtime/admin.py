"""Probes and metrics on a port of their own, plain HTTP: Kubernetes' gRPC probes cannot speak TLS.

/livez: the loop turns; never a dependency. /readyz: this replica can serve; a dependency that all replicas share is
told in the body and does not make it leave. /metrics: Prometheus.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest


class AdminServer:
    """Serves /livez, /readyz and /metrics at `address`. `readiness` returns what is missing; empty means ready."""

    def __init__(self, address: str, readiness: Callable[[], list[str]], notes: Callable[[], list[str]]) -> None:
        self._address = address
        self._readiness = readiness
        self._notes = notes
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Begin to serve. Raises OSError when the address is taken."""
        app = web.Application()
        app.router.add_get("/livez", self._livez)
        app.router.add_get("/readyz", self._readyz)
        app.router.add_get("/metrics", self._metrics)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        parts = urlsplit("//" + self._address)
        await web.TCPSite(self._runner, parts.hostname or "127.0.0.1", parts.port or 0).start()

    async def stop(self) -> None:
        """Serve no longer."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _livez(self, request: web.Request) -> web.Response:
        return web.json_response({"status": "alive"})

    async def _readyz(self, request: web.Request) -> web.Response:
        missing = self._readiness()
        return web.json_response(
            {"status": "ready" if not missing else "not ready", "missing": missing, "notes": self._notes()},
            status=200 if not missing else 503,
        )

    async def _metrics(self, request: web.Request) -> web.Response:
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})
