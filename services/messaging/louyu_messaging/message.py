"""A message: as it is to be posted, and as it stands in a group."""

from dataclasses import dataclass
from datetime import datetime

from louyu_messaging.errors import MessageFaulty
from louyu_messaging.media.media import Media
from louyu_messaging.seeing import shows_something

PLATFORM_NAME = "楼宇助手"
"""Who speaks when the platform itself does."""

LONGEST_TEXT = 2000
MOST_MEDIA = 9
LONGEST_MEDIA_ID = 256
VIAS = ("text", "voice", "photo")
SHOWN = "shown"
RECALLED = "recalled"
HIDDEN = "hidden"
REMOVED = "removed"


@dataclass(frozen=True)
class NewMessage:
    """A message to be posted. `sender_id` is None for the platform's own words; `said_at` None means now."""

    sender_id: str | None
    text: str
    via: str
    idempotency_key: str
    media_ids: tuple[str, ...] = ()
    reply_to_seq: int = 0
    question_id: str = ""
    said_at: datetime | None = None


@dataclass(frozen=True)
class Message:
    """A message as it stands in a group. `sender_id` is empty for the platform; `state` says who still reads it."""

    seq: int
    id: str
    sender_id: str
    sender_name: str
    sender_roles: tuple[str, ...]
    text: str
    via: str
    media_ids: tuple[str, ...]
    reply_to_seq: int
    question_id: str
    posted_at: datetime
    state: str = SHOWN
    is_pinned: bool = False
    media: tuple[Media, ...] = ()

    @property
    def is_platform(self) -> bool:
        return not self.sender_id


@dataclass(frozen=True)
class ReactionCount:
    """How many have reacted to a message in one way, and whether the reader is one of them."""

    kind: str
    count: int
    is_own: bool


def check_message(message: NewMessage) -> None:
    """Raise MessageFaulty for a message that no group would take, naming the field."""
    if not 1 <= len(message.idempotency_key) <= 128 or not _is_storable(message.idempotency_key):
        raise MessageFaulty(
            "INVALID_ARGUMENT", "message.idempotency_key", "idempotency_key must have 1 to 128 characters"
        )
    if len(message.text) > LONGEST_TEXT:
        raise MessageFaulty(
            "TEXT_TOO_LONG",
            "message.text",
            f"text has {len(message.text)} characters; at most {LONGEST_TEXT} can be posted",
            f"消息太长了，最多{LONGEST_TEXT}个字。",
        )
    if not _is_storable(message.text):
        raise MessageFaulty(
            "MESSAGE_UNREADABLE", "message.text", "text has characters that cannot be kept (NUL, surrogates)"
        )
    if not message.media_ids and not shows_something(message.text):
        raise MessageFaulty("MESSAGE_EMPTY", "message.text", "neither words nor a photo or recording", "还没有写内容。")
    if len(message.media_ids) > MOST_MEDIA:
        raise MessageFaulty("MESSAGE_UNREADABLE", "message.media_ids", f"at most {MOST_MEDIA} photos or recordings")
    for number, media_id in enumerate(message.media_ids):
        if not 1 <= len(media_id) <= LONGEST_MEDIA_ID or "," in media_id or not media_id.isprintable():
            raise MessageFaulty(
                "MESSAGE_UNREADABLE", f"message.media_ids[{number}]", "not the id of a photo or recording"
            )
    if message.reply_to_seq < 0:
        raise MessageFaulty("REPLY_NOT_FOUND", "message.reply_to_seq", "there is no such message in the group")
    if len(message.question_id) > 64 or not message.question_id.isprintable():
        raise MessageFaulty("INVALID_ARGUMENT", "message.question_id", "not the id of a question")


def _is_storable(text: str) -> bool:
    """Whether PostgreSQL can keep the text: no NUL, no half of a surrogate pair."""
    try:
        return b"\0" not in text.encode()
    except UnicodeEncodeError:
        return False
