"""What the templates are given: frozen, already decided, nothing to compute and nothing the reader may not see.

The builders beside the routes fill these from the services' answers; the templates only lay them out.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Tone = Literal["accent", "wait", "alarm", "done", "calm"]
Standing = Literal["asked", "now", "waiting"]


@dataclass(frozen=True, slots=True)
class GroupCard:
    """A group in a list. `plate` is the building's number or a short form of the name; `unread` counts messages."""

    id: str
    name: str
    plate: str
    community_name: str
    unread: int


@dataclass(frozen=True, slots=True)
class StepView:
    """One link of the plan's chain: who is asked, and whether that has been, is, or is still to come."""

    who: str
    standing: Standing


@dataclass(frozen=True, slots=True)
class QuestionView:
    """A question as a card: its state in words, who is asked next and by when. `state` is the contract's word."""

    id: str
    number: int
    state: str
    state_label: str
    tone: Tone
    text: str
    kind: str
    responder: str
    group_id: str
    group_name: str
    message_seq: int
    asker: str
    opened_at: datetime
    emergency: bool
    steps: tuple[StepView, ...]
    next_who: str
    next_due_at: datetime | None
    begins_later: bool
    """Nobody has been asked yet: who is next is asked at `next_due_at`, not waited for until then."""
    then: str
    overdue: bool
    overdue_by: timedelta | None
    answer: str
    answered_by: str
    may_confirm: bool
    advice: str
    """What its asker must do now, for the asker of an emergency that goes on."""
    version: int


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One thing that happened to a question, newest last. `can_undo` only for those who may take the guess back."""

    id: str
    at: datetime
    what: str
    by: str
    text: str
    tone: Tone
    is_guess: bool
    can_undo: bool


@dataclass(frozen=True, slots=True)
class Quote:
    """A message in short, above a reply to it or in the composer; `href` leads to the message itself."""

    seq: int
    sender: str
    text: str
    href: str


@dataclass(frozen=True, slots=True)
class ReactionView:
    """How many have reacted in one way, and whether the viewer has."""

    count: int = 0
    own: bool = False


@dataclass(frozen=True, slots=True)
class MediaView:
    """A photo or recording. `kind` and `state` are the contract's words; `length` is that of a recording, as 0:42.

    `words_by` says who found the words of a recording, "nobody" if a person understood nothing; empty: not yet.
    """

    id: str
    kind: str
    state: str
    url: str
    thumbnail: str
    width: int
    height: int
    seconds: int
    length: str
    words_by: str
    alt: str


@dataclass(frozen=True, slots=True)
class MessageView:
    """A message in the conversation. `initial` stands in the avatar; `role` is empty for a resident.

    `quoted` is the message that this one replies to, `quote` this one as it looks when somebody replies to it.
    `question` is the card of a question that the message opened; `note` says in a word what else it did to one.
    `gone` says why the words cannot be read, empty when they can; the viewer may take it back for `recallable_seconds`.
    """

    seq: int
    id: str
    sender: str
    initial: str
    role: str
    own: bool
    platform: bool
    text: str
    via: str
    media: tuple[MediaView, ...]
    at: datetime
    quoted: Quote | None
    quote: Quote
    question: QuestionView | None
    note: str
    note_question_id: str
    gone: str
    hidden: bool
    recallable_seconds: int
    me_too: ReactionView
    thanks: ReactionView
    pinned: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """What a message did to a question, in a word."""

    seq: int
    question_id: str
    note: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A number above the work list, a link to what it counts."""

    count: int
    label: str
    tone: Tone
    href: str


@dataclass(frozen=True, slots=True)
class Filter:
    """One choice in a row of filters."""

    label: str
    href: str
    current: bool = False


@dataclass(frozen=True, slots=True)
class LedgerFigures:
    """How many households stand where, and the whole."""

    reached: int
    sent: int
    waiting: int
    unreachable: int

    @property
    def total(self) -> int:
        return self.reached + self.sent + self.waiting + self.unreachable


@dataclass(frozen=True, slots=True)
class AnnouncementRow:
    """An announcement in the list."""

    id: str
    title: str
    state_label: str
    tone: Tone
    audience: str
    at: datetime
    figures: LedgerFigures


@dataclass(frozen=True, slots=True)
class HouseholdRow:
    """A household that has not been reached, or how it was."""

    id: str
    building: str
    flat: str
    state_label: str
    tone: Tone
    channel: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of the console's rail. `sign` names an icon; `count` is shown when it is not 0."""

    href: str
    sign: str
    label: str
    current: bool
    count: int = 0


@dataclass(frozen=True, slots=True)
class Choice:
    """One entry of a list to choose from."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Link:
    """A way onward."""

    href: str
    label: str
