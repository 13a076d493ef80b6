"""Access tokens of an Official Account: one holder fetches, everybody reads.

A replica that fetches for itself would break the others' tokens. So tokens stand sealed in the database, and who wants
to fetch takes a lease there first; the others wait for its result, or go on with the old token while that still holds.
A refused token is dropped by its value: however many notice the refusal, one new token is fetched.

Source: the platform's documents "获取稳定版接口调用凭据" (the platform renews in the last five minutes, and both tokens
work for five minutes; forcing is allowed 20 times a day, at least 30 s apart).
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable

from louyu_runtime.database import Database
from louyu_runtime.sealing import Sealer

from louyu_notify.store import access_tokens as store

RENEW_SECONDS = 300.0
POLL_SECONDS = 0.05

Fetch = Callable[[bool], Awaitable[tuple[str, float]]]
"""Fetches a token from the platform and says for how many seconds it holds; True forces another one."""


class AccessTokens:
    """The tokens of one account."""

    def __init__(self, database: Database, sealer: Sealer, account: str, fetch: Fetch) -> None:
        self._database = database
        self._sealer = sealer
        self._account = account
        self._fetch = fetch
        self._holder = secrets.token_hex(8)
        self._sealed: dict[str, bytes] = {}

    async def current(self) -> str:
        """Return a token that holds. May wait for another replica; the caller sets the time limit.

        Raises whatever fetching raises.
        """
        while True:
            kept = await store.kept(self._database, self._account)
            if kept is not None and kept.seconds_left > RENEW_SECONDS:
                return self._open(kept)
            if await store.lease(self._database, self._account, self._holder):
                return await self._renew(kept)
            if kept is not None and kept.seconds_left > 0:
                return self._open(kept)
            await asyncio.sleep(POLL_SECONDS)

    async def refuse(self, token: str) -> None:
        """Say that the platform refused this token: nobody uses it again."""
        sealed = self._sealed.pop(token, None)
        if sealed is not None:
            await store.refuse(self._database, self._account, sealed)

    async def _renew(self, former: store.KeptToken | None) -> str:
        again = await store.kept(self._database, self._account)
        if again is not None and again.seconds_left > RENEW_SECONDS:  # renewed between reading and the lease
            await store.keep(self._database, self._account, self._holder, again.sealed, again.seconds_left)
            return self._open(again)
        token, seconds = await self._fetch(False)
        is_refused = former is not None and former.seconds_left <= 0
        if is_refused and former is not None and self._sealer.open(former.sealed) == token:
            token, seconds = await self._fetch(True)
        sealed = self._sealer.seal(token)
        await store.keep(self._database, self._account, self._holder, sealed, seconds)
        self._sealed = {token: sealed}
        return token

    def _open(self, kept: store.KeptToken) -> str:
        token = self._sealer.open(kept.sealed)
        self._sealed = {token: kept.sealed}
        return token
