"""Media of channels: fetched with the account's one token, passed on as it is, and known to be gone when it is."""

import secrets

import pytest
from louyu_notify.channels.wechat_official_account import WeChatOfficialAccountChannel
from louyu_notify.errors import MediaGone
from louyu_runtime.errors import Unavailable

from tests.fakes.wechat_account import Account
from tests.fakes.wechat_platform import Fault, WeChatPlatform

FILE = secrets.token_bytes(300_000)


@pytest.fixture
def media_id(account: Account) -> str:
    """A photo that somebody has sent."""
    return account._keep(FILE)


async def fetched(channel: WeChatOfficialAccountChannel, media_id: str) -> bytes:
    return b"".join([chunk async for chunk in channel.fetch_media(media_id)])


async def test_a_file_comes_as_it_was_sent(wechat_channel: WeChatOfficialAccountChannel, media_id: str) -> None:
    assert await fetched(wechat_channel, media_id) == FILE


async def test_what_the_platform_has_no_longer_is_gone(wechat_channel: WeChatOfficialAccountChannel) -> None:
    with pytest.raises(MediaGone):
        await fetched(wechat_channel, "never-sent")


async def test_a_token_that_was_ended_is_fetched_anew(
    wechat_channel: WeChatOfficialAccountChannel, platform: WeChatPlatform, media_id: str
) -> None:
    platform.fail_next("media/get", 40001)
    with pytest.raises(Unavailable):
        await fetched(wechat_channel, media_id)

    assert await fetched(wechat_channel, media_id) == FILE
    assert platform.calls.count("stable_token") >= 2


@pytest.mark.parametrize("fault", [Fault.BAD_GATEWAY, -1, 45009])
async def test_other_faults_may_pass(
    wechat_channel: WeChatOfficialAccountChannel, platform: WeChatPlatform, media_id: str, fault: Fault | int
) -> None:
    platform.fail_next("media/get", fault)

    with pytest.raises(Unavailable):
        await fetched(wechat_channel, media_id)
