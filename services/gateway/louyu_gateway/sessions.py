"""Sessions: who is signed in, as a signed token in a cookie that scripts cannot read.

The token has an audience of its own, so that it is worth nothing outside the cookie and no bearer token is worth a
cookie. What somebody may do is not believed from it for long: `people.py` asks messaging again. Each session's token is
another one, so that signing out ends this session and no other.
"""

import secrets
from dataclasses import replace
from datetime import timedelta

from louyu_runtime.errors import Unauthenticated
from louyu_runtime.identity import STAFF_ROLES, Principal, TokenSigner, TokenVerifier
from starlette.requests import Request
from starlette.responses import Response

from louyu_gateway.ended_sessions import EndedSessions

AUDIENCE = "louyu-session"
RESIDENT_LIFE = timedelta(days=30)
"""The longest that a session lives."""
VISIT_COOKIE = "louyu_visit"


class Sessions:
    """Begins, reads and ends sessions; gives each browser a secret by which its own forms are known."""

    def __init__(
        self,
        signer: TokenSigner,
        verifier: TokenVerifier,
        ended: EndedSessions,
        *,
        is_https: bool,
        staff_life: timedelta,
    ) -> None:
        self._signer = signer
        self._verifier = verifier
        self._ended = ended
        self._is_https = is_https
        self._staff_life = staff_life
        self.cookie = "__Host-louyu_session" if is_https else "louyu_session"

    def begin(self, response: Response, principal: Principal) -> None:
        """Sign the person in on this browser."""
        life = self._staff_life if principal.roles & STAFF_ROLES else RESIDENT_LIFE
        # Groups are asked for anew with every use; a cookie has no room for hundreds of them.
        kept = replace(principal, group_ids=frozenset(), led_group_ids=frozenset())
        token = self._signer.sign(kept, (AUDIENCE, secrets.token_urlsafe(12)), seconds=life.total_seconds())
        self.keep(response, self.cookie, token, life)

    async def read(self, request: Request) -> Principal | None:
        """Return who is signed in on this browser; None if nobody is, or no longer."""
        token = request.cookies.get(self.cookie)
        if token is None:
            return None
        try:
            principal = self._verifier.verify(token)
        except Unauthenticated:
            return None
        return None if await self._ended.holds(token) else principal

    async def end(self, request: Request, response: Response) -> None:
        """Sign out on this browser, and end the session wherever its cookie may have been copied to."""
        if await self.read(request) is not None:
            await self._ended.add(request.cookies[self.cookie])
        response.delete_cookie(self.cookie, path="/", secure=self._is_https, httponly=True, samesite="lax")

    async def close(self) -> None:
        """Let go of what ended sessions are kept in."""
        await self._ended.close()

    def visit(self, request: Request) -> str:
        """Return this browser's secret; a new one if it has none yet, to be given with `keep_visit`."""
        known = request.cookies.get(VISIT_COOKIE, "")
        if 32 <= len(known) <= 64:
            return known
        fresh: str = getattr(request.state, "visit", "") or secrets.token_urlsafe(32)
        request.state.visit = fresh
        return fresh

    def keep_visit(self, request: Request, response: Response) -> None:
        """Give the browser the secret that `visit` has made for this request, if it has made one."""
        fresh: str = getattr(request.state, "visit", "")
        if fresh:
            self.keep(response, VISIT_COOKIE, fresh, timedelta(days=30))

    def keep(self, response: Response, name: str, value: str, life: timedelta | None = None) -> None:
        """Give the browser a cookie that no script and no foreign form reads; without a life until it is closed."""
        response.set_cookie(
            name,
            value,
            max_age=int(life.total_seconds()) if life is not None else None,
            path="/",
            secure=self._is_https,
            httponly=True,
            samesite="lax",
        )
