"""The channels of this installation: by key, by what they deliver to, and by account, with a sender for each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from louyu_sdk import ChannelCapabilities, RecipientKind
from louyu_sdk.sending import ChannelSender


@dataclass(frozen=True, slots=True)
class InstalledChannel:
    """One kind of channel with a sender for each of its accounts; accounts of a kind have the same capabilities."""

    key: str
    capabilities: ChannelCapabilities
    senders: dict[str | None, ChannelSender]

    def sender(self, account: str | None) -> ChannelSender | None:
        """Return the sender of an account; None when the channels file no longer names it.

        A recipient without an address belongs to no account: the first one sends.
        """
        if account is None and account not in self.senders:
            return next(iter(self.senders.values()))
        return self.senders.get(account)


class ChannelList:
    """All channels, in the order in which they are preferred: built-in ones first."""

    def __init__(self, senders: Iterable[ChannelSender]) -> None:
        self.channels: dict[str, InstalledChannel] = {}
        for sender in senders:
            channel = sender.channel
            installed = self.channels.setdefault(channel.key, InstalledChannel(channel.key, channel.capabilities, {}))
            installed.senders[channel.account] = sender

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of all channels, in their order."""
        return tuple(self.channels)

    def of(self, kind: RecipientKind, among: Sequence[str] | None = None) -> tuple[str, ...]:
        """Return the keys of the channels that deliver to this kind of recipient, of all or of those named."""
        return tuple(
            key
            for key, channel in self.channels.items()
            if channel.capabilities.recipients is kind and (among is None or key in among)
        )
