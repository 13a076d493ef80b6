"""Signing in from inside WeChat, silently (snsapi_base): the account tells who follows it, messaging who that is here.

The state is random and bound to the browser, a code is used once, and a person who views the page as a snapshot has a
virtual openid that must never be bound to anybody. Source: platform document "网页授权".
"""

import json
import secrets
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode, urlsplit

import aiohttp
from fastapi import APIRouter
from louyu.messaging.v1 import community_pb2, message_pb2
from louyu.messaging.v1 import messaging_service_pb2 as messaging
from louyu_runtime.channels_file import WeChatOfficialAccount
from louyu_runtime.errors import NotFound, Unavailable
from louyu_runtime.identity import Principal
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from louyu_gateway.gateway import Gateway
from louyu_gateway.pages.signing_in import home_of
from louyu_gateway.pages.views import Link

CHANNEL = "wechat_official_account"
STATE_COOKIE = "louyu_oauth"
STATE_LIFE = timedelta(minutes=10)
LIMIT = aiohttp.ClientTimeout(total=4)
_OFFICIAL_API = "https://api.weixin.qq.com"
_OFFICIAL_AUTHORIZE = "https://open.weixin.qq.com"


@dataclass(frozen=True, slots=True)
class WeChatIdentity:
    """Who WeChat says is there. The openid is personal data."""

    openid: str
    is_snapshot: bool


def wechat_login_pages(gateway: Gateway) -> APIRouter:
    """Return the routes under /app/oauth/."""
    router = APIRouter(prefix="/app/oauth", include_in_schema=False)
    accounts = gateway.channels.wechat_official_accounts

    def account_of(name: str) -> WeChatOfficialAccount:
        if name not in accounts:
            raise NotFound("no such account")
        return accounts[name]

    @router.get("/{name}")
    async def begin(name: str, next: str = "/app/") -> Response:  # noqa: A002  # the customary name in the address
        account = account_of(name)
        state = secrets.token_hex(16)
        back = gateway.public_url(f"/app/oauth/{name}/back")
        response = RedirectResponse(authorize_address(account, back, state), status_code=303)
        kept = json.dumps({"state": state, "account": name, "next": own_path(next)})
        gateway.sessions.keep(response, STATE_COOKIE, kept.encode().hex(), STATE_LIFE)
        return response

    @router.get("/{name}/back")
    async def back(request: Request, name: str, code: str = "", state: str = "") -> Response:
        account = account_of(name)
        kept = _kept(request)
        if (
            not code
            or not state
            or kept.get("account") != name
            or not secrets.compare_digest(kept.get("state", "").encode(), state.encode())
        ):
            return _refusal(request, "登录没有完成", "请从公众号的菜单再进一次。", name)
        identity = await identity_of(account, code)
        if identity is None:
            return _refusal(request, "登录没有完成", "请从公众号的菜单再进一次。", name)
        if identity.is_snapshot:
            return _refusal(request, "现在是预览模式", "请点页面右下角的“使用完整服务”，再进一次。", name)
        found: messaging.FindPersonsByAddressResponse = await gateway.services.calls(None).messaging(
            messaging.FindPersonsByAddressRequest(
                address=message_pb2.ChannelAddress(channel=CHANNEL, account=name, address=identity.openid)
            )
        )
        if not found.persons:
            return _refusal(request, "您还没有加入", "请扫描楼门口的二维码，关注后按提示回复门牌号。", name)
        principal = principal_of(found.persons[0])
        response = RedirectResponse(own_path(kept.get("next") or home_of(principal)), status_code=303)
        gateway.sessions.begin(response, principal)
        response.delete_cookie(STATE_COOKIE)
        return response

    def _refusal(request: Request, heading: str, explanation: str, name: str) -> Response:
        texts = gateway.pages.texts(request)
        return gateway.pages.render(
            request,
            "app/plain.html",
            status=403,
            heading=texts(heading),
            words=texts(explanation),
            mend="",
            incident="",
            sign="door",
            actions=[Link(f"/app/oauth/{name}", texts("再试一次"))],
        )

    return router


def authorize_address(account: WeChatOfficialAccount, back: str, state: str) -> str:
    """Return where WeChat asks the person; the order of the parameters matters there."""
    base = _OFFICIAL_AUTHORIZE if account.api_base == _OFFICIAL_API else account.api_base
    query = urlencode(
        {
            "appid": account.app_id,
            "redirect_uri": back,
            "response_type": "code",
            "scope": "snsapi_base",
            "state": state,
        }
    )
    return f"{base}/connect/oauth2/authorize?{query}#wechat_redirect"


async def identity_of(account: WeChatOfficialAccount, code: str) -> WeChatIdentity | None:
    """Return who a code stands for; None for a code that is wrong, used or too old. Raises Unavailable."""
    parameters = {
        "appid": account.app_id,
        "secret": account.app_secret.get_secret_value(),
        "code": code,
        "grant_type": "authorization_code",
    }
    try:
        async with (
            aiohttp.ClientSession(timeout=LIMIT) as session,
            session.get(
                f"{account.api_base}/sns/oauth2/access_token", params=parameters, allow_redirects=False
            ) as response,
        ):
            answer = json.loads(await response.content.read(65_536))
    except (aiohttp.ClientError, TimeoutError, ValueError, RecursionError):
        # Without the cause: the address that failed holds the account's secret.
        raise Unavailable("WeChat does not answer", resident_text="微信暂时没有回应，请稍后再试。") from None
    openid = answer.get("openid") if isinstance(answer, dict) else None
    if not isinstance(openid, str) or not openid:
        return None
    return WeChatIdentity(openid, answer.get("is_snapshotuser") in (1, "1"))


def principal_of(person: community_pb2.Person) -> Principal:
    """Return the identity of a person of messaging."""
    return Principal(
        kind="person",
        id=person.id,
        community_id=person.community_id,
        name=person.name,
        roles=frozenset(role for membership in person.memberships for role in membership.roles),
    )


def own_path(address: str) -> str:
    """Return the address if it is a path of ours, else the resident's page: nobody is sent elsewhere from here."""
    parts = urlsplit(address)
    is_ours = (
        address.startswith("/") and not address.startswith(("//", "/\\")) and not parts.netloc and not parts.scheme
    )
    return address if is_ours and "\\" not in address and address.isprintable() else "/app/"


def _kept(request: Request) -> dict[str, str]:
    try:
        kept = json.loads(bytes.fromhex(request.cookies.get(STATE_COOKIE, "")))
    except (ValueError, RecursionError):
        return {}
    return {key: value for key, value in kept.items() if isinstance(value, str)} if isinstance(kept, dict) else {}
