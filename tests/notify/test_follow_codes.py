"""The QR code by which people follow an account and join a group: made once, kept, and no burden while it cannot be made."""

import asyncio

import pytest
from louyu.notify.v1 import notify_service_pb2 as pb
from louyu_notify.errors import InvalidField
from louyu_notify.follow_codes import PAUSE_SECONDS, FollowCodes
from louyu_runtime.errors import NotFound, Unavailable
from louyu_runtime.identity import service_principal

from tests.fakes.wechat_account import Account
from tests.fakes.wechat_platform import Fault, WeChatPlatform
from tests.notify.installation import Notify
from tests.notify.place import COMMUNITY


async def content(notify: Notify, code: str = "LOU28QUN", account: str = "youyou") -> str:
    request = pb.GetFollowCodeRequest(community_id=COMMUNITY, account=account, join_code=code)
    answer: pb.GetFollowCodeResponse = await notify.ask("GetFollowCode", request, service_principal("gateway"))
    return answer.content


async def test_a_code_is_made_once_however_many_ask(notify: Notify, account: Account, platform: WeChatPlatform) -> None:
    found = await asyncio.gather(*(content(notify) for _ in range(5)))
    assert set(found) == {await content(notify)}
    assert found[0].startswith("http://weixin.qq.com/q/")
    assert platform.calls.count("qrcode") == 1
    assert list(account.scenes.values()) == ["LOU28QUN"]
    assert await content(notify, "OTHER") != found[0]


async def test_a_refused_token_is_replaced_once(notify: Notify, platform: WeChatPlatform) -> None:
    platform.fail_next("qrcode", 40001)
    assert await content(notify)
    assert platform.calls.count("qrcode") == 2


async def test_while_the_platform_fails_it_is_asked_once_a_minute(
    notify: Notify, account: Account, platform: WeChatPlatform
) -> None:
    now = 0.0
    codes = FollowCodes(notify.database, notify.api._follow_codes._makers, lambda: now)
    platform.fail_next("qrcode", Fault.BAD_GATEWAY)
    for _ in range(3):
        with pytest.raises(Unavailable):
            await codes.content(COMMUNITY, "youyou", "LOU28QUN")
    assert platform.calls.count("qrcode") == 1
    now = PAUSE_SECONDS
    assert await codes.content(COMMUNITY, "youyou", "LOU28QUN")


async def test_what_is_no_account_or_code_is_refused(notify: Notify, platform: WeChatPlatform) -> None:
    with pytest.raises(NotFound):
        await content(notify, account="nobody")
    with pytest.raises(InvalidField):
        await content(notify, "x" * 65)
    assert platform.calls == []
