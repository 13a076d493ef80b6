"""The Official Account of these tests at the double of the platform; every value is invented."""

import time

from louyu_runtime.channels_file import WeChatOfficialAccount

from tests.fakes.wechat_account import Account, Allowance, Person
from tests.fakes.wechat_platform import WeChatPlatform
from tests.fakes.wechat_push import CallbackConfig

KEY = "wechat_official_account"
APP_ID = "wxb11529c136998cb6"
SECRET = "0123456789abcdef0123456789abcdef"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"


def register(platform: WeChatPlatform) -> Account:
    """Register the account at the platform."""
    return platform.add_account(
        CallbackConfig(APP_ID, "AAAAA", AES_KEY, "safe", "http://127.0.0.1:9/wechat/youyou"), SECRET
    )


def settings(platform: WeChatPlatform) -> WeChatOfficialAccount:
    """Return the account as the channels file has it."""
    return WeChatOfficialAccount.model_validate(
        {
            "kind": KEY,
            "name": "youyou",
            "app_id": APP_ID,
            "app_secret": SECRET,
            "token": "AAAAA",
            "encoding_aes_key": AES_KEY,
            "api_base": platform.base_url,
        }
    )


def wrote_lately(account: Account, openid: str) -> Person:
    """Let a person follow the account and have written to it just now."""
    found = account.person(openid)
    found.follows = True
    found.allowances["message"] = Allowance(5, time.time() + 48 * 3600)
    return found


def contents(person: Person) -> list[str]:
    """Return the texts that a person received."""
    return [str(message["text"]["content"]) for message in person.received]  # type: ignore[index]  # text messages only
