"""The plugin of the built-in channels: it brings them by the hook that every plugin has, and nothing else."""

from collections.abc import Sequence

from louyu.messaging.v1.messaging_service_pb2_grpc import MessagingServiceStub
from louyu_runtime.channels_file import WeChatOfficialAccount
from louyu_runtime.database import Database
from louyu_runtime.rpc.client import Client
from louyu_runtime.sealing import Sealer
from louyu_sdk import Channel, ChannelAccount, hookimpl

from louyu_notify import screens
from louyu_notify.channels.group import GroupChannel
from louyu_notify.channels.lobby_display import LobbyDisplayChannel
from louyu_notify.channels.wechat_official_account import WeChatOfficialAccountChannel

NAME = "louyu_channels"


class BuiltInChannels:
    """Brings `group`, `lobby_display`, and `wechat_official_account` for each account of its kind."""

    def __init__(
        self, database: Database, messaging: Client[MessagingServiceStub], data_keys: str, on_change: screens.OnChange
    ) -> None:
        self._database = database
        self._messaging = messaging
        self._data_keys = data_keys
        self._on_change = on_change
        self._accounts: list[WeChatOfficialAccountChannel] = []

    @hookimpl
    def louyu_channels(self, accounts: Sequence[ChannelAccount]) -> Sequence[Channel]:
        """Supply the built-in channels."""
        for account in accounts:
            if account.kind == WeChatOfficialAccountChannel.key:
                found = WeChatOfficialAccount.model_validate(
                    {"kind": account.kind, "name": account.name, **account.settings}
                )
                self._accounts.append(WeChatOfficialAccountChannel(found, self._database, Sealer(self._data_keys)))
        return [
            GroupChannel(self._messaging),
            LobbyDisplayChannel(self._database, self._on_change),
            *self._accounts,
        ]

    def accounts(self) -> dict[str, WeChatOfficialAccountChannel]:
        """Return the channels of the Official Accounts by name, as soon as they are made."""
        return {channel.account: channel for channel in self._accounts if channel.account is not None}

    async def close(self) -> None:
        """Close the connections of all accounts."""
        for channel in self._accounts:
            await channel.close()
