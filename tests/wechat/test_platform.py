"""The double of the platform keeps the platform's rules; a double that is too kind would prove nothing."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from aiohttp import web

from tests.fakes.wechat_account import Account
from tests.fakes.wechat_platform import Fault, WeChatPlatform
from tests.wechat.accounts import APP_ID, SECRET, config

PERSON = "oResident1"


class Clock:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.now = 1_795_140_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Client:
    """Calls the double as a program would."""

    def __init__(
        self, platform: WeChatPlatform, account: Account, clock: Clock, session: aiohttp.ClientSession
    ) -> None:
        self.platform, self.account, self.clock, self.session = platform, account, clock, session

    async def get(self, path: str, **query: str) -> dict[str, object]:
        async with self.session.get(self.platform.base_url + path, params=query) as answer:
            assert answer.status == 200
            return dict(await answer.json())

    async def post(self, path: str, body: object, **query: str) -> dict[str, object]:
        data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        async with self.session.post(self.platform.base_url + path, data=data, params=query) as answer:
            assert answer.status == 200
            return dict(await answer.json())

    async def token(self, secret: str = SECRET) -> dict[str, object]:
        return await self.get("/cgi-bin/token", grant_type="client_credential", appid=APP_ID, secret=secret)

    async def stable(self, **more: object) -> dict[str, object]:
        asked = {"grant_type": "client_credential", "appid": APP_ID, "secret": SECRET}
        return await self.post("/cgi-bin/stable_token", asked | more)

    async def send(self, token: object, content: str = "好", touser: str = PERSON) -> object:
        message = {"touser": touser, "msgtype": "text", "text": {"content": content}}
        return (await self.post("/cgi-bin/message/custom/send", message, access_token=str(token)))["errcode"]


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    clock = Clock()

    async def success(_: web.Request) -> web.Response:
        return web.Response(text="success")

    application = web.Application()
    application.router.add_post("/wechat/youyou", success)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    callback_url = f"http://127.0.0.1:{runner.addresses[0][1]}/wechat/youyou"
    async with WeChatPlatform(clock) as platform, aiohttp.ClientSession() as session:
        yield Client(platform, platform.add_account(config(url=callback_url), SECRET), clock, session)
    await runner.cleanup()


async def test_the_former_token_works_for_five_minutes_more(client: Client) -> None:
    await client.account.say(PERSON, "在吗")
    first, second = (await client.token())["access_token"], (await client.token())["access_token"]
    assert (await client.send(first), await client.send(second)) == (45015, 45015)  # known, but does not follow
    client.clock.now += 300
    assert (await client.send(first), await client.send(second)) == (40001, 45015)
    client.clock.now += 7200
    assert await client.send(second) == 42001


async def test_a_stable_token_stays_until_shortly_before_its_end(client: Client) -> None:
    first = await client.stable()
    client.clock.now += 6900
    assert await client.stable() == first | {"expires_in": 300}
    client.clock.now += 1
    second = await client.stable()
    assert second["access_token"] != first["access_token"]
    assert await client.send(first["access_token"]) == 40003


async def test_forcing_ends_the_stable_token_at_once_and_not_more_often_than_every_30_seconds(client: Client) -> None:
    first = (await client.stable())["access_token"]
    second = (await client.stable(force_refresh=True))["access_token"]
    assert (await client.send(first), await client.send(second)) == (40001, 40003)
    assert (await client.stable(force_refresh=True))["errcode"] == 45011
    for _ in range(19):
        client.clock.now += 30
        assert "access_token" in await client.stable(force_refresh=True)
    client.clock.now += 30
    assert (await client.stable(force_refresh=True))["errcode"] == 45009


async def test_wrong_credentials(client: Client) -> None:
    assert (await client.token("wrong"))["errcode"] == 40125
    assert (await client.get("/cgi-bin/token", grant_type="client_credential", appid="wx", secret=SECRET))[
        "errcode"
    ] == 40013
    assert await client.send("nonsense") == 40001
    assert await client.send("") == 41001


async def test_five_messages_in_48_hours_after_a_message(client: Client) -> None:
    await client.account.follow(PERSON)
    client.clock.now += 60
    token = (await client.stable())["access_token"]
    assert await client.send(token) == 45015
    await client.account.say(PERSON, "暖气不热")
    assert [await client.send(token) for _ in range(6)] == [0, 0, 0, 0, 0, 45047]
    await client.account.say(PERSON, "还是不热")
    assert await client.send(token) == 0
    client.clock.now += 48 * 3600
    assert await client.send((await client.stable())["access_token"]) == 45015
    assert len(client.account.person(PERSON).received) == 6


async def test_three_messages_in_a_minute_after_a_tap_and_none_after_unfollowing(client: Client) -> None:
    await client.account.follow(PERSON)
    client.clock.now += 60
    await client.account.tap(PERSON, "ask")
    token = (await client.stable())["access_token"]
    assert [await client.send(token) for _ in range(4)] == [0, 0, 0, 45047]
    await client.account.say(PERSON, "在吗")
    await client.account.unfollow(PERSON)
    assert await client.send(token) == 45015


async def test_messages_that_the_platform_does_not_take(client: Client) -> None:
    token = str((await client.stable())["access_token"])
    await client.account.follow(PERSON)
    assert await client.send(token, touser="oNobody") == 40003
    assert await client.send(token, "好" * 683) == 45002
    assert await client.send(token, "") == 44004
    escaped = json.dumps({"touser": PERSON, "msgtype": "text", "text": {"content": "好"}}).encode()
    path = "/cgi-bin/message/custom/send"
    assert (await client.post(path, escaped, access_token=token))["errcode"] == 40033
    assert (await client.post(path, b"{", access_token=token))["errcode"] == 47001
    assert (await client.post(path, {"touser": PERSON, "msgtype": "text"}, access_token=token))["errcode"] == 40008
    client.account.quotas.limits["custom/send"] = 0
    assert await client.send(token) == 45009


async def test_a_qr_code_leads_to_following_and_then_to_scanning(client: Client) -> None:
    token = str((await client.stable())["access_token"])
    asked = {
        "expire_seconds": 604800,
        "action_name": "QR_STR_SCENE",
        "action_info": {"scene": {"scene_str": "join-28"}},
    }
    code = await client.post("/cgi-bin/qrcode/create", asked, access_token=token)
    assert client.account.scenes[str(code["ticket"])] == "join-28"
    assert code["expire_seconds"] == 604800
    wrong = asked | {"action_info": {"scene": {"scene_str": "x" * 65}}}
    assert (await client.post("/cgi-bin/qrcode/create", wrong, access_token=token))["errcode"] == 40053
    assert (await client.account.scan(PERSON, "join-28")).is_received
    assert (await client.account.scan(PERSON, "join-28")).is_received
    assert client.account.person(PERSON).follows


async def test_a_login_code_works_once_and_for_five_minutes(client: Client) -> None:
    async def redeem(code: str) -> dict[str, object]:
        path = "/sns/oauth2/access_token"
        return await client.get(path, appid=APP_ID, secret=SECRET, code=code, grant_type="authorization_code")

    code = client.account.logins.code(PERSON)
    assert (await redeem(code))["openid"] == PERSON
    assert (await redeem(code))["errcode"] == 40163
    assert (await redeem("nonsense"))["errcode"] == 40029
    late = client.account.logins.code(PERSON)
    client.clock.now += 300
    assert (await redeem(late))["errcode"] == 42003
    virtual = await redeem(client.account.logins.code(PERSON, is_snapshot=True))
    assert virtual["is_snapshotuser"] == 1
    assert virtual["openid"] != PERSON


async def test_the_login_page_sends_the_browser_back_with_code_and_state(client: Client) -> None:
    client.platform.browser_openid = PERSON
    query = {"appid": APP_ID, "redirect_uri": "http://127.0.0.1/app/login?a=1", "response_type": "code", "state": "s1"}
    address = client.platform.base_url + "/connect/oauth2/authorize"
    async with client.session.get(address, params=query, allow_redirects=False) as answer:
        assert answer.status == 302
        back = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert (back["a"], back["state"]) == (["1"], ["s1"])
    assert client.account.logins.redeem(back["code"][0])["openid"] == PERSON


async def test_faults_on_demand(client: Client) -> None:
    await client.account.follow(PERSON)
    await client.account.say(PERSON, "在吗")
    token = str((await client.stable())["access_token"])
    for code in (-1, 45009, 45011):
        client.platform.fail_next("custom/send", code)
        assert await client.send(token) == code
    assert client.account.person(PERSON).received == []

    client.platform.fail_next("custom/send", Fault.BAD_GATEWAY)
    message = json.dumps({"touser": PERSON, "msgtype": "text", "text": {"content": "1"}}).encode()
    address = client.platform.base_url + f"/cgi-bin/message/custom/send?access_token={token}"
    async with client.session.post(address, data=message) as answer:
        assert answer.status == 502
    assert client.account.person(PERSON).received == []

    client.platform.fail_next("custom/send", Fault.MALFORMED_JSON)
    async with client.session.post(address, data=message) as answer:
        with pytest.raises(ValueError, match="Unterminated"):
            await answer.json()

    client.platform.fail_next("custom/send", Fault.SILENT_AFTER_ACCEPTING)
    waiting = asyncio.create_task(client.session.post(address, data=message))
    assert len(await client.account.person(PERSON).wait_for(2)) == 2
    assert not waiting.done()
    waiting.cancel()


async def test_a_push_is_repeated_twice_when_it_is_not_answered_or_not_validly() -> None:
    answers = [
        web.Response(status=500),
        web.Response(text="ok"),
        web.Response(text="<xml><MsgType>text</MsgType></xml>"),
    ]

    async def misbehave(_: web.Request) -> web.Response:
        return answers.pop(0)

    application = web.Application()
    application.router.add_post("/", misbehave)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with WeChatPlatform() as platform:
        account = platform.add_account(config(url=f"http://127.0.0.1:{runner.addresses[0][1]}/"), SECRET)
        delivery = await account.say(PERSON, "在吗")
    await runner.cleanup()
    assert (delivery.statuses, delivery.is_received, delivery.reply) == ([500, 200, 200], False, None)
    assert answers == []


async def test_silence_counts_as_no_answer() -> None:
    let_go = asyncio.Event()

    async def keep_silent(_: web.Request) -> web.Response:
        await let_go.wait()
        return web.Response(text="success")

    application = web.Application()
    application.router.add_post("/", keep_silent)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with WeChatPlatform() as platform:
        account = platform.add_account(config(url=f"http://127.0.0.1:{runner.addresses[0][1]}/"), SECRET)
        account.answer_limit_seconds = 0.05
        delivery = await account.say(PERSON, "在吗")
    let_go.set()
    await runner.cleanup()
    assert (delivery.statuses, delivery.is_received) == ([0, 0, 0], False)
