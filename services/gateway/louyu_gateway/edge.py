"""What holds for every request at the edge: headers that protect pages, a limit on bodies, counting, the last word on faults.

Pure ASGI rather than Starlette's BaseHTTPMiddleware, which would buffer streams and lose their cancellation.
"""

import asyncio
import re
import time
from collections.abc import Callable
from urllib.parse import parse_qsl, urlsplit

from fastapi import HTTPException
from louyu_runtime.errors import InvalidArgument, NotFound
from louyu_runtime.telemetry import span_from
from opentelemetry.trace import SpanKind
from prometheus_client import Counter, Histogram
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from louyu_gateway.bounds import checked_text
from louyu_gateway.live import send_stream

MOST_BODY_BYTES = 256 * 1024
BODY_SECONDS = 10.0
REQUESTS = Counter("louyu_http_requests", "Requests answered, by area and status class.", ["area", "status"])
SECONDS = Histogram(
    "louyu_http_request_seconds",
    "Time to the first byte of the answer, by area.",
    ["area"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
_FILES = re.compile(r"/api/v1/groups/[^/]+/media/?")
"""Where files are taken in, which are larger than forms and come from phones."""
MOST_FILE_BYTES = 20 * 1024 * 1024
FILE_SECONDS = 120.0
_AREAS = frozenset({"app", "console", "display", "join", "api", "wechat", "assets", "signin", "signout"})

CONTENT_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "worker-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)


class Edge:
    """Wraps the application."""

    def __init__(self, app: ASGIApp, *, public_url: str, answer: Callable[[Request, Exception], Response]) -> None:
        self._app = app
        self._answer = answer
        self._headers = {
            "Content-Security-Policy": CONTENT_POLICY,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
            "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
            "Cross-Origin-Opener-Policy": "same-origin",
            "X-Frame-Options": "DENY",
        }
        if urlsplit(public_url).scheme == "https":
            self._headers["Strict-Transport-Security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        area = _area(scope["path"])
        begun_at = time.perf_counter()
        carrier = {
            key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"] if key == b"traceparent"
        }

        has_begun = False

        async def send_with_headers(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                if message["status"] in (408, 413):
                    headers["Connection"] = "close"  # the rest of the body must not keep it open
                REQUESTS.labels(area, f"{message['status'] // 100}xx").inc()
                SECONDS.labels(area).observe(time.perf_counter() - begun_at)
            await send(message)

        length = dict(scope["headers"]).get(b"content-length", b"0")
        most_bytes, seconds = _body_bounds(scope)
        if not length.isdigit() or int(length) > most_bytes:
            await self._answer(Request(scope, receive), _too_large(most_bytes))(scope, receive, send_with_headers)
            return
        unreadable = _unreadable(scope)
        if unreadable is not None:
            await self._answer(Request(scope, receive), unreadable)(scope, receive, send_with_headers)
            return
        with span_from(carrier, f"{scope['method']} /{area}", kind=SpanKind.SERVER):
            try:
                limited = _limited(receive, most_bytes, seconds)
                await self._app(scope, limited, send_with_headers)
                await send_stream(scope, limited, send_with_headers)
            except Exception as error:
                # Here and not above us, so that the answer has the headers and the log one line.
                response = self._answer(Request(scope, receive), error)
                if not has_begun:
                    await response(scope, receive, send_with_headers)


def _body_bounds(scope: Scope) -> tuple[int, float]:
    """Return how large a request's body may be, and how long it may take."""
    is_file = scope["method"] == "POST" and _FILES.fullmatch(scope["path"]) is not None
    return (MOST_FILE_BYTES, FILE_SECONDS) if is_file else (MOST_BODY_BYTES, BODY_SECONDS)


def _too_large(most_bytes: int) -> HTTPException:
    return HTTPException(413, f"the body is larger than {most_bytes} bytes")


def _limited(receive: Receive, most_bytes: int, seconds: float) -> Receive:
    """Return `receive`, ended as soon as a body without a length is larger than allowed, or a body takes too long."""
    received = 0
    has_all = False
    ends_at = asyncio.get_running_loop().time() + seconds

    async def limited() -> Message:
        nonlocal received, has_all
        try:
            # After the whole body only its sender's leaving is awaited, for as long as the answer takes.
            async with asyncio.timeout_at(None if has_all else ends_at):
                message = await receive()
        except TimeoutError:
            raise HTTPException(408, f"the body did not come within {seconds:.0f} seconds") from None
        received += len(message.get("body", b""))
        has_all = not message.get("more_body", False)
        if received > most_bytes:
            raise _too_large(most_bytes)
        return message

    return limited


def _unreadable(scope: Scope) -> Exception | None:
    """Return what is wrong with an address that holds U+0000, which no database takes; None for any other."""
    if "\x00" in scope["path"]:
        return NotFound("there is no such address")
    if b"%00" in scope["query_string"]:
        try:
            for name, value in parse_qsl(scope["query_string"].decode("latin-1")):
                checked_text(name, value)
        except InvalidArgument as error:
            return error
    return None


def _area(path: str) -> str:
    first = path.split("/", 2)[1] if path.startswith("/") else ""
    return first if first in _AREAS else "other"
