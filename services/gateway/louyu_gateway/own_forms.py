"""Whether a writing request comes from our own page: the browser's secret in form or header, and where it was sent from.

A request with a bearer token needs none of this, since no browser adds one by itself.
"""

import hmac
from urllib.parse import urlsplit

from louyu_runtime.errors import PermissionDenied
from starlette.requests import Request

from louyu_gateway.sessions import VISIT_COOKIE

HEADER = "x-csrf-token"


def check_own_form(request: Request, given: str) -> None:
    """Raise PermissionDenied unless the secret matches the cookie's and the browser names no foreign origin."""
    known = request.cookies.get(VISIT_COOKIE, "")
    if len(known) < 32 or not hmac.compare_digest(known.encode(), given.encode()):
        raise PermissionDenied(
            f"the form's secret does not match this browser; load the page again (JSON: send header {HEADER})",
            reason="FORM_NOT_OURS",
            resident_text="页面放得太久了，请刷新后再试一次。",
        )
    origin = request.headers.get("origin")
    if origin not in (None, "null") and _host_of(origin) != request.headers.get("host", ""):
        raise PermissionDenied("the request comes from another site", reason="FORM_NOT_OURS")
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise PermissionDenied("the request comes from another site", reason="FORM_NOT_OURS")


def _host_of(origin: str) -> str | None:
    """Return host and port of an origin, None for what is none."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None
