"""What is installed: the channels of all plugins, made from the accounts of the channels file."""

import logging
import os
from collections.abc import Mapping
from pathlib import Path

from louyu_runtime.channels_file import Account, Channels, PluginAccount, read_channels_file
from louyu_runtime.errors import FailedPrecondition
from louyu_sdk import ChannelAccount
from louyu_sdk.host import PluginHost
from louyu_sdk.loading import installed_entry_points, load_plugins
from pydantic import SecretStr

from louyu_notify.channel_list import ChannelList
from louyu_notify.plugin_states import ChannelPlugins
from louyu_notify.settings import NotifySettings

logger = logging.getLogger(__name__)


def read_accounts(settings: NotifySettings, environ: Mapping[str, str] = os.environ) -> list[ChannelAccount]:
    """Return the accounts of the channels file. Raises ChannelsFileError with every fault found."""
    if not settings.channels_file:
        return []
    channels: Channels = read_channels_file(Path(settings.channels_file), environ)
    return [as_plugins_see(account) for account in channels.accounts]


def as_plugins_see(account: Account) -> ChannelAccount:
    """Return an account with its secrets resolved."""
    if isinstance(account, PluginAccount):
        return ChannelAccount(kind=account.kind, name=account.name, settings=account.settings)
    fields = account.model_dump(exclude={"kind", "name"}, exclude_none=True)
    settings = {
        name: value.get_secret_value() if isinstance(value, SecretStr) else str(value) for name, value in fields.items()
    }
    return ChannelAccount(kind=account.kind, name=account.name, settings=settings)


async def load_channels(
    settings: NotifySettings, accounts: list[ChannelAccount], built_in: Mapping[str, object]
) -> tuple[ChannelList, ChannelPlugins]:
    """Load all plugins and return their channels, and their states. Raises FailedPrecondition when a built-in one fails."""
    disabled = {name.strip() for name in settings.plugins_disabled.split(",") if name.strip()}
    loaded = load_plugins(installed_entry_points(), switched_off=disabled, built_in=built_in)
    host = PluginHost(loaded)
    channels = await host.channels(accounts)
    host.close()
    for fault in host.faults:
        if fault.name in built_in:
            raise FailedPrecondition(f"the built-in channels cannot be used: {fault.error}")
        logger.warning("a plugin is left out", extra={"plugin": fault.name, "fault": fault.error})
    taken = {channel.account for channel in channels}
    for account in (one for one in accounts if one.name not in taken):
        if not host.faults and not loaded.switched_off:
            raise FailedPrecondition(
                f"the channels file has account {account.name} of kind {account.kind}, which no installed channel takes:"
                " install the plugin of this kind, mend the kind's spelling, or remove the account"
            )
        logger.error("no channel takes an account", extra={"account": account.name, "kind": account.kind})
    plugins = ChannelPlugins(host)
    return ChannelList(plugins.senders), plugins
