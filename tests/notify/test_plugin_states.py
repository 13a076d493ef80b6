"""Operators see which plugin's channel fails; an account that nobody takes is noticed at the start."""

from collections.abc import Sequence
from types import SimpleNamespace

import pytest
from louyu_notify.channel_list import ChannelList
from louyu_notify.installed import load_channels
from louyu_notify.plugin_states import ChannelPlugins
from louyu_notify.settings import NotifySettings
from louyu_runtime.errors import FailedPrecondition
from louyu_sdk import Channel, ChannelAccount, Delivery, SendResult, hookimpl
from louyu_sdk.breaker import ERRORS
from louyu_sdk.host import PluginHost
from louyu_sdk.loading import load_plugins
from louyu_sdk.sending import ChannelSender
from louyu_sdk.testing import example_delivery

from tests.sdk.lobby import Lobby


async def fail(batch: Sequence[Delivery]) -> Sequence[SendResult]:
    raise ConnectionError


@hookimpl
def louyu_channels(accounts: Sequence[ChannelAccount]) -> list[Channel]:
    """Supply a channel that always fails, for each account of its kind."""
    return [Lobby(fail, account=account.name) for account in accounts if account.kind == "lobby"]


PLUGIN = SimpleNamespace(louyu_contract=1, louyu_channels=louyu_channels)
ACCOUNT = ChannelAccount(kind="lobby", name="east", settings={})


async def test_failures_of_a_channel_count_for_its_plugin_and_open_its_rest() -> None:
    host = PluginHost(load_plugins((), built_in={"lobbies": PLUGIN}))
    await host.channels([ACCOUNT])
    plugins = ChannelPlugins(host)
    (sender,) = plugins.senders
    for _ in range(ERRORS + 1):
        await sender.send([example_delivery(sender.channel)])
    (state,) = plugins.states()
    assert (state.name, state.state, state.failure_count) == ("lobbies", "resting", ERRORS)
    assert state.last_failure.startswith("lobby.send raised: ConnectionError")
    host.close()


@pytest.fixture
def settings() -> NotifySettings:
    return NotifySettings.model_construct(plugins_disabled="")


async def test_an_account_that_no_channel_takes_stops_the_start(settings: NotifySettings) -> None:
    with pytest.raises(FailedPrecondition, match="account mind of kind telepathy, which no installed channel takes"):
        await load_channels(settings, [ChannelAccount(kind="telepathy", name="mind", settings={})], {"lobbies": PLUGIN})


async def test_an_account_of_a_plugin_that_is_switched_off_does_not_stop_the_start() -> None:
    settings = NotifySettings.model_construct(plugins_disabled="property")
    account = ChannelAccount(kind="telepathy", name="mind", settings={})
    channels, _ = await load_channels(settings, [account], {"lobbies": PLUGIN})
    assert channels.keys == ()


async def test_an_account_of_a_plugins_kind_makes_its_channel(settings: NotifySettings) -> None:
    channels, plugins = await load_channels(settings, [ACCOUNT], {"lobbies": PLUGIN})
    assert channels.keys == ("lobby",)
    assert [state.name for state in plugins.states()] == ["lobbies"]


def test_what_goes_to_no_address_is_sent_by_the_first_account() -> None:
    senders = [ChannelSender(Lobby(account=name), on_failure=lambda failure: None) for name in ("east", "west")]
    channel = ChannelList(senders).channels["lobby"]
    assert channel.sender(None) is senders[0]
    assert channel.sender("west") is senders[1]
    assert channel.sender("north") is None
