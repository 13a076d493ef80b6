"""Notify on real PostgreSQL, beside doubles of messaging and of the WeChat platform."""

from collections.abc import AsyncIterator

import pytest
from louyu_notify.channels.group import GroupChannel
from louyu_notify.channels.lobby_display import LobbyDisplayChannel
from louyu_notify.channels.wechat_official_account import WeChatOfficialAccountChannel
from louyu_notify.screen_watch import ScreenWatch
from louyu_runtime.database import Database
from louyu_runtime.identity import TokenSigner
from louyu_runtime.rpc.client import Client
from louyu_runtime.sealing import Sealer
from louyu_sdk import Channel

from tests.fakes.wechat_account import Account
from tests.fakes.wechat_platform import WeChatPlatform
from tests.notify import wechat
from tests.notify.installation import Notify, put_together
from tests.notify.messaging import Messaging, Stub, client, serving
from tests.notify.other_channels import TextMessages
from tests.notify.place import GROUP_28, GROUP_30, group_changed
from tests.platform.fixtures import Clock


@pytest.fixture
async def messaging() -> Messaging:
    """Messaging's double."""
    return Messaging()  # type: ignore[abstract]  # the double has the methods that notify calls


@pytest.fixture
async def messaging_client(messaging: Messaging, signer: TokenSigner) -> AsyncIterator[Client[Stub]]:
    """A client of messaging's double."""
    async with serving(messaging) as address:
        found = client(address, signer)
        yield found
        await found.close()


@pytest.fixture
async def platform() -> AsyncIterator[WeChatPlatform]:
    """The WeChat platform's double."""
    async with WeChatPlatform() as found:
        yield found


@pytest.fixture
def account(platform: WeChatPlatform) -> Account:
    """The Official Account at the platform."""
    return wechat.register(platform)


@pytest.fixture
async def wechat_channel(
    platform: WeChatPlatform, account: Account, notify_database: Database, sealer: Sealer
) -> AsyncIterator[WeChatOfficialAccountChannel]:
    """The channel of that account."""
    found = WeChatOfficialAccountChannel(wechat.settings(platform), notify_database, sealer, whole_seconds=1.5)
    yield found
    await found.close()


@pytest.fixture
def text_messages() -> TextMessages:
    """A channel of another package, preferred after WeChat."""
    return TextMessages()


@pytest.fixture
async def notify(
    notify_database: Database,
    messaging: Messaging,
    messaging_client: Client[Stub],
    wechat_channel: WeChatOfficialAccountChannel,
    text_messages: TextMessages,
    clock: Clock,
) -> Notify:
    """One replica of notify with the built-in channels and one more, at ten in the morning, knowing the two groups."""
    await clock.set_local_time("2026-01-15 10:00")
    watch = ScreenWatch(notify_database, heartbeat_seconds=0.2)
    channels: list[Channel] = [
        GroupChannel(messaging_client),
        LobbyDisplayChannel(notify_database, watch.wake),
        wechat_channel,
    ]
    found = put_together(notify_database, messaging, messaging_client, [*channels, text_messages], watch)
    await found.hear(group_changed(GROUP_28), group_changed(GROUP_30))
    return found
