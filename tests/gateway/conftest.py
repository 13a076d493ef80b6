"""One installation for all tests of the edge: started as a person starts it, with an Official Account on a fake platform."""

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from louyu_cli import token as tokens
from louyu_runtime import ids
from louyu_runtime.embedded.ports import free_port
from louyu_runtime.identity import Principal, TokenSigner

from tests.embedded.waiting import until
from tests.fakes.wechat_account import Account
from tests.fakes.wechat_platform import WeChatPlatform
from tests.fakes.wechat_push import CallbackConfig
from tests.platform.installation import Installation, installation

COMMUNITY = "guangximen-beili-bei"
COMMUNITY_ID = ids.community_id(COMMUNITY)
GROUP = ids.named_id(COMMUNITY_ID, "group", "28")
OTHER_GROUP = ids.named_id(COMMUNITY_ID, "group", "32")
JOIN_CODE = "LOU28QUN"
HEAD = "louzhang-28"
SECRETARY = "shuji"
_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"


@dataclass(frozen=True)
class Edge:
    """A running installation with the demo community; the clock of its services stands in an afternoon."""

    louyu: Installation
    platform: WeChatPlatform
    account: Account

    @property
    def url(self) -> str:
        return self.louyu.url

    def principal(self, person: str, *roles: str, group: str = GROUP) -> Principal:
        """Return somebody of the demo community, as the import named them."""
        return Principal(
            kind="person",
            id=ids.named_id(COMMUNITY_ID, "person", person),
            community_id=COMMUNITY_ID,
            name=person,
            roles=frozenset(roles),
            group_ids=frozenset({group}),
            led_group_ids=frozenset({group}) if set(roles) - {"resident"} else frozenset(),
        )

    def sign(self, principal: Principal, *audience: str, seconds: float = 600) -> str:
        """Return a token of the installation."""
        key = Path(self.louyu.settings["LOUYU_SIGNING_KEY_FILE"]).read_text("utf-8")
        return TokenSigner(key).sign(principal, audience, seconds=seconds)

    def bearer(self, person: str, *roles: str, group: str = GROUP) -> dict[str, str]:
        """Return the header by which a program acts as somebody."""
        token = self.sign(self.principal(person, *roles, group=group), *tokens.AUDIENCE)
        return {"Authorization": f"Bearer {token}"}

    def link(self, person: str, *roles: str) -> str:
        """Return a link by which a browser signs in."""
        ticket = self.sign(self.principal(person, *roles), *tokens.SIGN_IN_AUDIENCE)
        return f"{self.url}/signin?ticket={ticket}"


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def edge(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Edge]:
    """The installation; tests share it, so each brings messages and people of its own."""
    port = free_port()
    async with WeChatPlatform(time.time) as platform:
        callback = CallbackConfig("wx28", "token28", _KEY, "safe", f"http://127.0.0.1:{port}/wechat/district")
        account = platform.add_account(callback, "secret28")
        channels = tmp_path_factory.mktemp("channels") / "channels.yaml"
        channels.write_text(
            "accounts:\n"
            "  - kind: wechat_official_account\n    name: district\n    app_id: wx28\n    app_secret: secret28\n"
            f"    token: token28\n    encoding_aes_key: {_KEY}\n    api_base: {platform.base_url}\n",
            "utf-8",
        )
        async with installation(port=port, env={"LOUYU_CHANNELS_FILE": str(channels)}) as louyu:
            await louyu.clock.set_local_time("2026-01-15 15:00")
            edge = Edge(louyu, platform, account)
            await until(lambda: _is_known_everywhere(edge), within_seconds=60)
            yield edge


async def _is_known_everywhere(edge: Edge) -> bool:
    """Whether the community that was imported has reached routing and notify, which learn of it by events."""
    headers = edge.bearer(SECRETARY, "secretary")
    body = {"title": "试", "text": "试", "groups": [GROUP]}
    async with (
        aiohttp.ClientSession(edge.url) as session,
        session.post("/api/v1/announcements/preview", headers=headers, json=body) as answer,
    ):
        return answer.status == 200 and (await answer.json())["households"] == 168


@pytest_asyncio.fixture(loop_scope="session")
async def http(edge: Edge) -> AsyncIterator[aiohttp.ClientSession]:
    """A client that keeps cookies, as a browser does, and follows no redirects by itself."""
    async with aiohttp.ClientSession(edge.url, cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield session
