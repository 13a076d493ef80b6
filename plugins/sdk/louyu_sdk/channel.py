"""Channels: ways to deliver. What a channel can do, what it is given to send, and what it says became of it.

Notify decides who is told, when and on which channel, keeps rates and quiet hours, and records every outcome; a
channel only sends. It is called on the event loop, so it must not block.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol, runtime_checkable

from louyu_sdk.bounds import (
    require_aware,
    require_instance,
    require_key,
    require_member,
    require_number,
    require_optional_text,
    require_span,
    require_text,
    require_tuple,
)
from louyu_sdk.errors import InvalidField
from louyu_sdk.media import Media
from louyu_sdk.words import Urgency


class RecipientKind(StrEnum):
    """What a channel delivers to."""

    PERSON = "person"
    GROUP = "group"
    SCREEN = "screen"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelCapabilities:
    """What notify must know of a channel before it chooses it."""

    recipients: RecipientKind
    batch_size: int
    """Most deliveries in one `send`; 1 to 1,000."""
    rate_per_second: float | None
    """Most deliveries a second over all replicas; None: no limit of its own."""
    receipts: bool
    """Whether the channel can be asked later what became of a delivery; it is then a `ChannelWithReceipts`."""
    works_at_night: bool
    """Whether it disturbs nobody, so that quiet hours do not hold it back: a lobby screen, say."""
    needs_address: bool
    """Whether `Recipient.address` must be there. Somebody without one is not a failure: the next channel is chosen."""
    repeats_are_safe: bool
    """Whether sending the same delivery id again cannot reach the recipient twice; decides what follows UNKNOWN."""
    reply_window: timedelta | None = None
    """How long after a person's last words the channel may write to them; None: always. Outside of it `send` is not
    called: the next channel is chosen at once."""
    text_bytes: int | None = None
    """Most bytes in UTF-8 of a text with its page's address; 200 to 100,000; None: no limit but the 2,000 characters.
    What waited overnight is put together so that it fits."""

    def __post_init__(self) -> None:
        require_member("ChannelCapabilities.recipients", self.recipients, RecipientKind)
        require_instance("ChannelCapabilities.batch_size", self.batch_size, int)
        require_number("ChannelCapabilities.batch_size", self.batch_size, least=1, most=1_000)
        if self.rate_per_second is not None:
            require_number("ChannelCapabilities.rate_per_second", self.rate_per_second, least=0.001, most=1_000_000)
        for name in ("receipts", "works_at_night", "needs_address", "repeats_are_safe"):
            require_instance(f"ChannelCapabilities.{name}", getattr(self, name), bool)
        if self.reply_window is not None:
            require_span("ChannelCapabilities.reply_window", self.reply_window)
        if self.text_bytes is not None:
            require_instance("ChannelCapabilities.text_bytes", self.text_bytes, int)
            require_number("ChannelCapabilities.text_bytes", self.text_bytes, least=200, most=100_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """To whom one delivery goes."""

    kind: RecipientKind
    id: str
    """Of the person, group or screen."""
    address: str | None = field(default=None, repr=False)
    """The person's address on this channel, an openid for example. Never to be logged or kept."""

    def __post_init__(self) -> None:
        require_member("Recipient.kind", self.kind, RecipientKind)
        require_text("Recipient.id", self.id, longest=64)
        require_optional_text("Recipient.address", self.address, longest=256)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One thing to be told to one recipient."""

    id: str
    """The same whenever it is sent again; pass it to the provider as its idempotency key where it takes one."""
    community_id: str
    recipient: Recipient
    text: str
    """1 to 2,000 characters, complete without the title."""
    urgency: Urgency
    title: str | None = None
    """Up to 64 characters, for channels that show one."""
    url: str | None = None
    """A page of the platform with more; None: there is none."""
    media: tuple[Media, ...] = ()
    question_id: str | None = None
    question_number: int | None = None
    announcement_id: str | None = None
    source: str | None = None
    """Who stands behind it, and when, in one line, for channels that show one: a screen, say."""
    valid_until: datetime | None = None
    """Until when it may be shown, for channels that keep it on view; aware. None: the channel's own rule."""

    def __post_init__(self) -> None:
        require_text("Delivery.id", self.id, longest=64)
        require_text("Delivery.community_id", self.community_id, longest=64)
        require_instance("Delivery.recipient", self.recipient, Recipient)
        require_text("Delivery.text", self.text, longest=2_000)
        require_member("Delivery.urgency", self.urgency, Urgency)
        require_optional_text("Delivery.title", self.title, longest=64)
        require_optional_text("Delivery.url", self.url, longest=2_000)
        require_tuple("Delivery.media", self.media, Media, most=20)
        require_optional_text("Delivery.question_id", self.question_id, longest=64)
        if self.question_number is not None:
            require_number("Delivery.question_number", self.question_number, least=1, most=2**63 - 1)
        require_optional_text("Delivery.announcement_id", self.announcement_id, longest=64)
        require_optional_text("Delivery.source", self.source, longest=200)
        if self.valid_until is not None:
            require_aware("Delivery.valid_until", self.valid_until)


class Outcome(StrEnum):
    """What became of a delivery."""

    DELIVERED = "delivered"
    """The provider accepted it, or the recipient has it where the channel can know."""
    FAILED = "failed"
    """It certainly did not arrive."""
    UNKNOWN = "unknown"
    """Sent or not, nobody can say: a time limit or a broken connection after the request went out."""


class ErrorClass(StrEnum):
    """What may be done about a failed delivery."""

    LATER = "later"
    """Try again after a while: provider overloaded, network down."""
    REFRESH_TOKEN = "refresh_token"  # noqa: S105 - names an error, not a secret
    """The access token is not valid any more: refresh it, then try again at once."""
    QUOTA_SPENT = "quota_spent"
    """No more today, for this person or this account: choose the next channel."""
    WRONG_PERSON = "wrong_person"
    """The address is nobody's, or they have left: forget it, choose the next channel."""
    OTHER_CHANNEL = "other_channel"
    """Not possible here, for example outside the window of 48 hours: choose the next channel."""
    GIVE_UP = "give_up"
    """Neither trying again nor another account helps: show it to the operator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendError:
    """Why a delivery failed or is unknown."""

    error_class: ErrorClass
    code: str
    """The provider's code as it gave it, such as `45015`, or a word of ours such as `timeout`."""
    message: str
    """For the operator; never an address, a name or the text that was sent."""
    retry_after: timedelta | None = None
    """For LATER: not before this span; None: notify's own back-off."""

    def __post_init__(self) -> None:
        require_member("SendError.error_class", self.error_class, ErrorClass)
        require_text("SendError.code", self.code, longest=64)
        require_text("SendError.message", self.message, longest=500)
        if self.retry_after is not None:
            require_span("SendError.retry_after", self.retry_after)


@dataclass(frozen=True, slots=True, kw_only=True)
class SendResult:
    """What became of one delivery."""

    delivery_id: str
    outcome: Outcome
    provider_id: str | None = None
    """The provider's id of the message, for receipts and complaints."""
    error: SendError | None = None
    """Required with FAILED, allowed with UNKNOWN, absent with DELIVERED."""

    def __post_init__(self) -> None:
        require_text("SendResult.delivery_id", self.delivery_id, longest=64)
        require_member("SendResult.outcome", self.outcome, Outcome)
        require_optional_text("SendResult.provider_id", self.provider_id, longest=256)
        if self.error is not None:
            require_instance("SendResult.error", self.error, SendError)
        if self.outcome is Outcome.FAILED and self.error is None:
            raise InvalidField(
                "SendResult.error", "is None though the outcome is FAILED; say what may be done about it"
            )
        if self.outcome is Outcome.DELIVERED and self.error is not None:
            raise InvalidField("SendResult.error", "is set though the outcome is DELIVERED")


JsonValue = None | bool | int | float | str | Sequence["JsonValue"] | Mapping[str, "JsonValue"]
"""What an entry of the channels file may hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelAccount:
    """One entry under `accounts` in the channels file, secrets resolved."""

    kind: str
    """Which channel it is for, such as `wechat_official_account`."""
    name: str
    """Unique in the file; part of the callback's address."""
    settings: Mapping[str, JsonValue] = field(repr=False)
    """Everything else in the entry; validate it with a model of your own."""

    def __post_init__(self) -> None:
        require_key("ChannelAccount.kind", self.kind)
        require_text("ChannelAccount.name", self.name, longest=64)
        require_instance("ChannelAccount.settings", self.settings, Mapping)


@runtime_checkable
class Channel(Protocol):
    """A way to deliver, of one account where the provider has accounts."""

    @property
    def key(self) -> str:
        """Which channel it is, such as `lobby_display`: what plans, settings and the ledger call it."""

    @property
    def account(self) -> str | None:
        """Name of its account in the channels file; None for a channel without accounts."""

    @property
    def name_zh(self) -> str:
        """What pages call it in Chinese."""

    @property
    def name_en(self) -> str:
        """What pages call it in English."""

    @property
    def capabilities(self) -> ChannelCapabilities:
        """The same in every call, so that notify may plan ahead."""

    async def send(self, batch: Sequence[Delivery]) -> Sequence[SendResult]:
        """Send 1 to `batch_size` deliveries, and say of each what became of it, in any order.

        Has 10 seconds. On the time limit, on an exception, and for a delivery without a result, the outcome counts
        as UNKNOWN. Must not block the event loop and must not try again by itself: notify does, with back-off.
        """


@runtime_checkable
class ChannelWithReceipts(Channel, Protocol):
    """A channel whose provider can be asked what became of a delivery."""

    async def receipts(self, delivery_ids: Sequence[str]) -> Sequence[SendResult]:
        """Say what became of these deliveries; one that the provider never saw is FAILED with LATER. Has 10 seconds."""
