"""Rendering: templates with the reader's language, letter size, clock and form secret; assets under hashed addresses."""

import hashlib
import io
import re
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import segno
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from louyu_runtime.identity import Principal
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from louyu_gateway.pages import moments
from louyu_gateway.pages.texts import LANGUAGE_COOKIE, Texts, choose_language
from louyu_gateway.sessions import Sessions

_ROOT = Path(__file__).parent.parent
ASSETS = _ROOT / "assets"
SIZE_COOKIE = "louyu_size"
CHOICE_LIFE = timedelta(days=365)


def assets_version() -> str:
    """Return a short hash over every asset: their addresses change when, and only when, one of them changes."""
    digest = hashlib.sha256()
    for path in sorted(ASSETS.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(ASSETS).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


class Pages:
    """Renders pages for a request."""

    def __init__(self, sessions: Sessions, now: Callable[[], datetime]) -> None:
        self._sessions = sessions
        self._now = now
        self.version = assets_version()
        self._environment = Environment(
            loader=FileSystemLoader(_ROOT / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )

    def asset(self, path: str) -> str:
        """Return the address of an asset, such as css/base.css."""
        return f"/assets/{self.version}/{path}"

    def texts(self, request: Request) -> Texts:
        """Return the reader's words: as chosen now, as chosen before, as the browser prefers, else Chinese."""
        chosen = request.query_params.get("lang") or request.cookies.get(LANGUAGE_COOKIE)
        return Texts(choose_language(chosen, request.headers.get("accept-language", "")))

    def render(self, request: Request, template: str, *, status: int = 200, **values: object) -> Response:
        """Return the page. Choices of language and size in the query are kept in cookies."""
        response = HTMLResponse(self.text(request, template, **values), status_code=status)
        for cookie, choices, key in (
            (LANGUAGE_COOKIE, ("zh", "en"), "lang"),
            (SIZE_COOKIE, ("normal", "large"), "size"),
        ):
            if request.query_params.get(key) in choices:
                self._sessions.keep(response, cookie, request.query_params[key], CHOICE_LIFE)
        self._sessions.keep_visit(request, response)
        response.headers["Cache-Control"] = "no-store"
        return response

    def text(self, request: Request, template: str, **values: object) -> str:
        """Return what a template gives for this request."""
        texts = self.texts(request)
        now = self._now()

        def day(moment: datetime) -> str:
            return f"{moments.day_of(moment, now, texts)} {moments.weekday_of(moment, texts)}"

        context: dict[str, object] = {
            "_": texts,
            "lang": texts.language,
            "large": (request.query_params.get("size") or request.cookies.get(SIZE_COOKIE)) == "large",
            "asset": self.asset,
            "csrf": self._sessions.visit(request),
            "idempotency_key": uuid.uuid4().hex,
            "when": lambda moment: f"{moments.day_of(moment, now, texts)} {moments.clock_of(moment)}",
            "clock": moments.clock_of,
            "day": day,
            "span": lambda span: moments.span_of(span, texts),
        }
        return self._environment.get_template(template).render(context | values)


def qr_code(content: str) -> Markup:
    """Return a QR code as SVG without styles, so that the strictest content policy lets it stand in a page."""
    buffer = io.BytesIO()
    segno.make(content, error="m").save(buffer, kind="svg", xmldecl=False, svgns=False, border=2, omitsize=True)
    svg = re.sub(r' class="[^"]*"', "", buffer.getvalue().decode("ascii").strip())
    return Markup(svg.replace("<svg ", '<svg role="img" aria-label="QR" ', 1))  # noqa: S704  # made here, from no words of people


def name_of(principal: Principal, texts: Texts) -> str:
    """Return how somebody signed in is called on their pages."""
    return principal.name or (texts("运维") if principal.is_operator else texts("工作人员"))
