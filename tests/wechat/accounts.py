"""Accounts and pushes the tests here start from; every value is invented."""

from datetime import UTC, datetime

from louyu_gateway.wechat.callback import CallbackQuery, Inbound, OfficialAccountCallback
from louyu_runtime.channels_file import WeChatOfficialAccount

from tests.fakes.wechat_push import CallbackConfig, Mode, PushRequest, push_request

APP_ID = "wxb11529c136998cb6"
TOKEN = "AAAAA"
SECRET = "0123456789abcdef0123456789abcdef"
KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
FORMER_KEY = "ZYXWVUTSRQPONMLKJIHGFEDCBA9876543210zyxwvut"
FOREIGN_KEY = "0000000000000000000000000000000000000000000"
NOW = datetime(2026, 11, 22, 10, 0, 0, tzinfo=UTC)
TEXT = {
    "ToUserName": "gh_0123456789ab",
    "FromUserName": "oResident-0001_x",
    "CreateTime": str(int(NOW.timestamp()) - 1),
    "MsgType": "text",
    "Content": "暖气不热，怎么办？😀 <b>&amp;]]",
    "MsgId": "24000000000000001",
}


def account(mode: Mode = "safe", *, key: str | None = KEY, former_key: str | None = None) -> WeChatOfficialAccount:
    return WeChatOfficialAccount.model_validate(
        {
            "kind": "wechat_official_account",
            "name": "youyou",
            "app_id": APP_ID,
            "app_secret": SECRET,
            "token": TOKEN,
            "encoding_aes_key": key,
            "previous_encoding_aes_key": former_key,
            "mode": mode,
        }
    )


def callback(mode: Mode = "safe", *, former_key: str | None = None) -> OfficialAccountCallback:
    return OfficialAccountCallback(account(mode, former_key=former_key))


def config(mode: Mode = "safe", *, key: str = KEY, app_id: str = APP_ID, url: str = "") -> CallbackConfig:
    return CallbackConfig(app_id, TOKEN, key, mode, url)


def pushed(mode: Mode = "safe", fields: dict[str, str] | None = None, *, key: str = KEY) -> PushRequest:
    return push_request(config(mode, key=key), fields or TEXT, NOW.timestamp())


def query(params: dict[str, str]) -> CallbackQuery:
    return CallbackQuery(**{name: value for name, value in params.items() if name != "openid"})


def opened(mode: Mode = "safe", fields: dict[str, str] | None = None) -> Inbound:
    request = pushed(mode, fields)
    return callback(mode).open(query(request.params), request.body.encode(), NOW)
