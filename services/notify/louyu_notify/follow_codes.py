"""Follow codes: the QR code of an Official Account that carries a group's join code.

Made by the platform at the first asking, through the account's one holder of tokens, and kept for good: pages and posters
then need the platform no more. While it does not answer nobody asks it again for a minute, so that a page which many open
stays quick. Nothing is held locked during the call.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Protocol

from louyu_runtime.database import Database
from louyu_runtime.errors import NotFound, Unavailable

from louyu_notify.channels.wechat_api import NoAnswer, NotSent, PlatformRefusal
from louyu_notify.store import follow_codes as store

CALL_SECONDS = 2.5
PAUSE_SECONDS = 60.0
_NOT_MADE = "the platform did not make the QR code"


class FollowCodeMaker(Protocol):
    """An account that can have such a code made."""

    async def make_follow_code(self, join_code: str) -> str:
        """Return what the code holds. Raises NotSent, NoAnswer, PlatformRefusal."""
        ...


class FollowCodes:
    """The codes of all accounts. `makers` are found when asked, since channels are made after this is."""

    def __init__(
        self,
        database: Database,
        makers: Callable[[], Mapping[str, FollowCodeMaker]],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._makers = makers
        self._monotonic = monotonic
        self._pauses_until: dict[str, float] = {}
        self._one_at_a_time = asyncio.Lock()

    async def content(self, community_id: str, account: str, join_code: str) -> str:
        """Return what the code holds. Raises NotFound for an account that is none of ours, and Unavailable."""
        maker = self._makers().get(account)
        if maker is None:
            raise NotFound("there is no such account", field="account")
        found = await self._kept(community_id, account, join_code)
        if found is not None:
            return found
        async with self._one_at_a_time:
            return await self._kept(community_id, account, join_code) or await self._make(
                maker, community_id, account, join_code
            )

    async def _kept(self, community_id: str, account: str, join_code: str) -> str | None:
        async with self._database.transaction(community_id) as tx:
            return await store.kept(tx, account, join_code)

    async def _make(self, maker: FollowCodeMaker, community_id: str, account: str, join_code: str) -> str:
        if self._monotonic() < self._pauses_until.get(account, 0.0):
            raise Unavailable(_NOT_MADE)
        try:
            async with asyncio.timeout(CALL_SECONDS):
                content = await maker.make_follow_code(join_code)
        except (NotSent, NoAnswer, PlatformRefusal, TimeoutError):
            self._pauses_until[account] = self._monotonic() + PAUSE_SECONDS
            raise Unavailable(_NOT_MADE) from None
        async with self._database.transaction(community_id) as tx:
            await store.keep(tx, account, join_code, content)
        return content
