"""A double of the WeChat platform for tests and demonstrations: a real HTTP server on the loopback address.

It keeps the rules that decide whether a message arrives: tokens that end, the reply window and count of each person,
daily quotas, codes that work once; it signs, encrypts and repeats pushes (`wechat_push.py`), and it fails on demand.
Errors come with status 200. Time comes from the given clock, so that a test moves it instead of waiting.

    async with WeChatPlatform() as platform:
        account = platform.add_account(CallbackConfig("wx…", token, key, "safe", callback_url), app_secret)
        delivery = await account.follow("oResident1", scene="join-code")      # pushes to the callback
        await account.person("oResident1").wait_for(1)                        # customer-service messages received

Rules: platform documents "获取接口调用凭据", "发送客服消息", "生成带参数的二维码", "网页授权", "全局返回码".
"""

import asyncio
import json
import re
import secrets
import time
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from enum import Enum
from types import TracebackType
from urllib.parse import urlencode

from aiohttp import web

from tests.fakes.wechat_account import Account
from tests.fakes.wechat_credentials import Clock, PlatformError
from tests.fakes.wechat_push import CallbackConfig

Reply = dict[str, object]
MEDIA_KEPT_SECONDS = 3 * 24 * 3600


class Fault(Enum):
    """Ways to fail other than an errcode."""

    SILENT_AFTER_ACCEPTING = "the call takes effect, no answer ever comes"
    MALFORMED_JSON = "the call takes effect, the answer cannot be read"
    BAD_GATEWAY = "the call takes no effect, status 502 with a page"


class WeChatPlatform:
    """The platform; several accounts, each with people of its own."""

    def __init__(self, clock: Clock = time.time) -> None:
        self.base_url = ""
        """Where it listens, once entered; an account's `api_base`."""
        self.calls: list[str] = []
        """Names of the calls made, in order."""
        self.browser_openid = ""
        """Who is logged in to WeChat in the browser that opens the login page."""
        self._clock = clock
        self._accounts: dict[str, Account] = {}
        self._faults: defaultdict[str, deque[Fault | int]] = defaultdict(deque)
        self._closing = asyncio.Event()
        self._runner: web.AppRunner | None = None

    def add_account(self, callback: CallbackConfig, app_secret: str) -> Account:
        """Register an account and return it."""
        account = Account(callback, app_secret, self._clock)
        self._accounts[callback.app_id] = account
        return account

    def fail_next(self, call: str, fault: Fault | int, *, times: int = 1) -> None:
        """Let the next calls fail with a fault or an errcode (then without effect).

        Calls: `token`, `stable_token`, `custom/send`, `qrcode`, `media/get`, `login`.
        """
        self._faults[call].extend([fault] * times)

    async def __aenter__(self) -> "WeChatPlatform":
        """Listen on a free port."""
        application = web.Application()
        application.add_routes(
            [
                web.get("/cgi-bin/token", self._route("token", self._token)),
                web.post("/cgi-bin/stable_token", self._route("stable_token", self._stable_token)),
                web.post("/cgi-bin/message/custom/send", self._route("custom/send", self._custom_send)),
                web.post("/cgi-bin/qrcode/create", self._route("qrcode", self._qrcode)),
                web.get("/cgi-bin/media/get", self._route("media/get", self._media_get)),
                web.get("/sns/oauth2/access_token", self._route("login", self._login)),
                web.get("/connect/oauth2/authorize", self._authorize),
            ]
        )
        self._runner = web.AppRunner(application, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.base_url = f"http://{host}:{port}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop listening; calls kept waiting are let go."""
        self._closing.set()
        if self._runner is not None:
            await self._runner.cleanup()

    def _route(
        self, call: str, handle: Callable[[web.Request], Awaitable[Reply]] | Callable[[web.Request], Awaitable[bytes]]
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def respond(request: web.Request) -> web.StreamResponse:
            self.calls.append(call)
            fault = self._faults[call].popleft() if self._faults[call] else None
            if fault is Fault.BAD_GATEWAY:
                return web.Response(status=502, text="<html><h1>502 Bad Gateway</h1></html>", content_type="text/html")
            reply: Reply | bytes
            try:
                if isinstance(fault, int):
                    raise PlatformError(fault, "fault asked for")
                reply = await handle(request)
            except PlatformError as error:
                reply = {"errcode": error.code, "errmsg": f"{error} rid: {secrets.token_hex(4)}"}
            if fault is Fault.SILENT_AFTER_ACCEPTING:
                await self._closing.wait()
            if isinstance(reply, bytes):
                named = {"Content-Disposition": 'attachment; filename="media"'}
                return web.Response(body=reply, content_type="application/octet-stream", headers=named)
            if fault is Fault.MALFORMED_JSON:
                return web.Response(text='{"errcode":0,"errm', content_type="application/json")
            return web.json_response(reply)

        return respond

    async def _token(self, request: web.Request) -> Reply:
        if request.query.get("grant_type") != "client_credential":
            raise PlatformError(40002, "invalid grant_type")
        account = self._with_secret(request.query.get("appid", ""), request.query.get("secret", ""))
        token, seconds = account.tokens.new()
        return {"access_token": token, "expires_in": seconds}

    async def _stable_token(self, request: web.Request) -> Reply:
        asked = await _json(request)
        if asked.get("grant_type") != "client_credential":
            raise PlatformError(40002, "invalid grant_type")
        account = self._with_secret(str(asked.get("appid", "")), str(asked.get("secret", "")))
        token, seconds = account.tokens.stable(is_forced=asked.get("force_refresh") is True)
        return {"access_token": token, "expires_in": seconds}

    async def _custom_send(self, request: web.Request) -> Reply:
        account = self._with_token(request)
        message = await _json(request)
        account.quotas.count("custom/send")
        if not isinstance(message.get(str(message.get("msgtype"))), dict):
            raise PlatformError(40008, "invalid message type")
        text = message.get("text")
        if isinstance(text, dict):
            if not text.get("content"):
                raise PlatformError(44004, "empty content")
            if len(str(text["content"]).encode()) > 2048:
                raise PlatformError(45002, "content size out of limit")
        person = account.known_person(str(message.get("touser", "")))
        if person is None:
            raise PlatformError(40003, "invalid openid")
        person.spend_allowance(self._clock())
        await person.receive(message)
        return {"errcode": 0, "errmsg": "ok"}

    async def _media_get(self, request: web.Request) -> bytes:
        account = self._with_token(request)
        account.quotas.count("media/get")
        file, sent_at = account.media.get(request.query.get("media_id", ""), (b"", 0.0))
        if not file or self._clock() > sent_at + MEDIA_KEPT_SECONDS:
            raise PlatformError(40007, "invalid media_id")
        return file

    async def _qrcode(self, request: web.Request) -> Reply:
        account = self._with_token(request)
        asked = await _json(request)
        account.quotas.count("qrcode")
        try:
            scene = asked["action_info"]["scene"]  # type: ignore[index]  # a wrong shape is an errcode here
            is_number = asked["action_name"] in ("QR_SCENE", "QR_LIMIT_SCENE")
            is_lasting = asked["action_name"] in ("QR_LIMIT_SCENE", "QR_LIMIT_STR_SCENE")
            value = str(int(scene["scene_id"])) if is_number else scene["scene_str"]
            seconds = 0 if is_lasting else int(asked.get("expire_seconds", 60))  # type: ignore[call-overload]
        except (KeyError, TypeError, ValueError):
            raise PlatformError(40053, "invalid action info") from None
        if not isinstance(value, str) or not 1 <= len(value) <= 64 or value == "0" or not 0 <= seconds <= 2_592_000:
            raise PlatformError(40053, "invalid action info")
        ticket = "gQ" + secrets.token_urlsafe(60)
        account.scenes[ticket] = value
        reply: Reply = {"ticket": ticket, "url": f"http://weixin.qq.com/q/{secrets.token_urlsafe(12)}"}
        return reply if is_lasting else reply | {"expire_seconds": seconds}

    async def _login(self, request: web.Request) -> Reply:
        account = self._with_secret(request.query.get("appid", ""), request.query.get("secret", ""))
        return account.logins.redeem(request.query.get("code", ""))

    async def _authorize(self, request: web.Request) -> web.StreamResponse:
        """Stand for the login page, which in WeChat's browser sends a person on without a question."""
        account = self._accounts.get(request.query.get("appid", ""))
        if account is None or request.query.get("response_type") != "code" or not self.browser_openid:
            return web.Response(status=400, text="参数错误")
        code = account.logins.code(self.browser_openid, scope=request.query.get("scope", ""))
        back = request.query["redirect_uri"]
        query = urlencode({"code": code, "state": request.query.get("state", "")})
        raise web.HTTPFound(back + ("&" if "?" in back else "?") + query)

    def _with_secret(self, app_id: str, secret: str) -> Account:
        account = self._accounts.get(app_id)
        if account is None:
            raise PlatformError(40013, "invalid appid")
        if secret != account.app_secret:
            raise PlatformError(40125, "invalid appsecret")
        return account

    def _with_token(self, request: web.Request) -> Account:
        token = request.query.get("access_token", "")
        if not token:
            raise PlatformError(41001, "access_token missing")
        for account in self._accounts.values():
            if account.tokens.check(token):
                return account
        raise PlatformError(40001, "invalid credential, access_token is invalid or not latest")


async def _json(request: web.Request) -> Reply:
    body = await request.read()
    if re.search(rb"(?<!\\)(?:\\\\)*\\u[0-9A-Fa-f]{4}", body):
        raise PlatformError(40033, "invalid charset. please check your request, if include \\uxxxx will create fail!")
    try:
        asked = json.loads(body)
    except ValueError:
        asked = None
    if not isinstance(asked, dict):
        raise PlatformError(47001, "data format error")
    return asked
