"""What an Official Account can receive: messages of people, and events about them.

Frozen values, already checked. Fields that tell who somebody is, where, or what they say stay out of `repr`, so that a
value in a log line reveals nothing. Media ids are valid for 3 days. Source: platform documents "接收普通消息",
"接收事件推送", "模板消息", "订阅通知".
"""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """What every push has."""

    account_id: str
    """The account's own id (gh_…), the sender of a passive reply."""
    openid: str = field(repr=False)
    """The person, for this account only."""
    created_at: datetime
    """Whole seconds, UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message(Push):
    """Something a person sent. The number is unique together with the openid only."""

    message_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TextMessage(Message):
    """Words; `menu_id` is set if the person tapped an entry of a menu message instead of typing."""

    content: str = field(repr=False)
    menu_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageMessage(Message):
    """A picture, to be fetched by media id."""

    media_id: str
    picture_url: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceMessage(Message):
    """Speech in `amr` or `speex`. The platform has not recognised speech since 2023; accounts that had it may have it."""

    media_id: str
    audio_format: str
    recognition: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoMessage(Message):
    """A film, or a short one (小视频)."""

    media_id: str
    thumbnail_media_id: str
    is_short: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationMessage(Message):
    """A place the person chose to send, in degrees."""

    latitude: float = field(repr=False)
    longitude: float = field(repr=False)
    label: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkMessage(Message):
    """A shared page."""

    title: str = field(repr=False)
    description: str = field(repr=False)
    url: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherMessage(Message):
    """A message of a kind without fields of use here, such as `file`, whose content cannot be fetched."""

    message_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Event(Push):
    """Something that happened. Events have no message id."""

    event: str
    event_key: str = field(repr=False)

    @property
    def job_ids(self) -> tuple[str, ...]:
        """Numbers of the sends that the event reports on; they tell apart events of one person in one second."""
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscribed(Event):
    """The person follows the account, by a QR code with a scene or without one (None)."""

    scene: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsubscribed(Event):
    """The person stopped following: nothing can be sent any more, and the platform asks to delete personal data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanned(Event):
    """Somebody who already follows scanned a QR code with a scene."""

    scene: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuClicked(Event):
    """A tap on a menu entry; `event_key` is the entry's key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuViewed(Event):
    """A tap on a menu entry that opens a page; `event_key` is its address. Nothing can be replied."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationReported(Event):
    """Where the person is, in degrees; sent only if the account has switched it on."""

    latitude: float = field(repr=False)
    longitude: float = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateSendFinished(Event):
    """The result of a template message: `success`, `failed:user block`, `failed:system failed` or another failure."""

    message_id: str
    status: str

    @property
    def job_ids(self) -> tuple[str, ...]:
        """The number of the template message."""
        return (self.message_id,)


@dataclass(frozen=True, slots=True)
class SubscriptionChoice:
    """What a person decided about one template's notifications."""

    template_id: str
    is_accepted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionsChosen(Event):
    """The person accepted, refused or withdrew notifications; at least one choice."""

    choices: tuple[SubscriptionChoice, ...]


@dataclass(frozen=True, slots=True)
class SubscriptionSendResult:
    """The result of one subscription notification; error code 0 means delivered."""

    template_id: str
    message_id: str
    error_code: int
    error_status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionsSent(Event):
    """Results of subscription notifications; at least one."""

    results: tuple[SubscriptionSendResult, ...]

    @property
    def job_ids(self) -> tuple[str, ...]:
        """The numbers of the notifications."""
        return tuple(result.message_id for result in self.results)


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherEvent(Event):
    """An event without fields of use here, such as MASSSENDJOBFINISH or the other menu kinds."""

    message_id: str = ""

    @property
    def job_ids(self) -> tuple[str, ...]:
        """The number of the send it reports on, if it does."""
        return (self.message_id,) if self.message_id else ()
