"""The plugins whose channels notify uses, with what became of their calls, for operators and for metrics."""

from collections.abc import Callable
from dataclasses import replace

from louyu_sdk.host import PluginHost
from louyu_sdk.isolation import CallFailure
from louyu_sdk.plugin_state import PluginState
from louyu_sdk.sending import ChannelSender
from prometheus_client import Counter

FAILURES = Counter("louyu_channel_failures", "Calls of channels that failed as a whole.", ["channel", "reason"])


class ChannelPlugins:
    """The plugins that supply channels; a channel's failures count for its plugin."""

    def __init__(self, host: PluginHost) -> None:
        self._host = host
        self._senders = {
            plugin.name: [
                ChannelSender(channel, on_failure=self._counter(plugin.name))
                for channel in host.channels_of(plugin.name)
            ]
            for plugin in host.plugins
        }

    @property
    def senders(self) -> list[ChannelSender]:
        """A sender for each channel, in the order of the plugins."""
        return [sender for senders in self._senders.values() for sender in senders]

    def states(self) -> list[PluginState]:
        """Return the state of each plugin; one rests while a channel of it does."""
        resting = [name for name, senders in self._senders.items() if any(sender.is_resting for sender in senders)]
        return self._host.states("notify", resting=resting)

    def _counter(self, plugin: str) -> Callable[[CallFailure], None]:
        def count(failure: CallFailure) -> None:
            FAILURES.labels(failure.plugin, failure.reason).inc()
            self._host.failures.add(replace(failure, plugin=plugin, call=f"{failure.plugin}.{failure.call}"))

        return count
