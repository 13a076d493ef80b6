"""What /api/v1 gives and takes. Fields are only ever added; times are UTC in RFC 3339."""

from datetime import datetime
from typing import Annotated, Literal

from louyu_runtime.errors import InvalidArgument
from pydantic import BaseModel, ConfigDict, Field, field_validator

from louyu_gateway.bounds import LARGEST, Moment, Version, checked_text

State = Literal["open", "assigned", "acknowledged", "asked_back", "answered", "resolved", "closed"]
Via = Literal["text", "voice", "photo"]
ReactionKind = Literal["me_too", "thanks"]
MessageState = Literal["shown", "recalled", "hidden", "removed"]
Urgency = Literal["emergency", "important", "ordinary"]
Reach = Literal["waiting", "sent", "reached", "unreachable"]
MediaKind = Literal["photo", "voice"]
MediaState = Literal["arriving", "ready", "unusable", "erased"]
WordsBy = Literal["channel", "plugin", "person", "nobody"]
Text = Annotated[str, Field(min_length=1, max_length=2000)]


class Given(BaseModel):
    """A body: unknown fields are refused, so that a misspelt one is noticed."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    @field_validator("*")
    @classmethod
    def _can_be_stored(cls, value: object) -> object:
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str):
                try:
                    checked_text("it", text)
                except InvalidArgument as error:
                    raise ValueError(error.message) from None
        return value


class Error(BaseModel):
    """What went wrong: a constant code, the field to blame, the fault, its mend, and the incident if it is ours."""

    code: str
    field: str
    message: str
    mend: str
    incident: str


class Building(BaseModel):
    """A building of a group."""

    id: str
    key: str
    name: str
    households: int


class Group(BaseModel):
    """A group. `join_code` is null for those who may not see it; what follows `read_seq` you have not read."""

    id: str
    community: str
    name: str
    buildings: list[Building]
    join_code: str | None
    last_seq: int
    read_seq: int


class Groups(BaseModel):
    """The groups of a community."""

    groups: list[Group]
    next_page: str | None


class UnitCoverage(BaseModel):
    """A unit; `unit` is empty where the building has none. `absent_owners` are flats of owners who live elsewhere."""

    unit: str
    households: int
    covered: int
    missing: list[str]
    absent_owners: list[str]


class BuildingCoverage(BaseModel):
    """A building with its units."""

    id: str
    name: str
    units: list[UnitCoverage]


class Coverage(BaseModel):
    """How many households of a group have somebody in it who lives there, and which have not."""

    group: str
    name: str
    households: int
    covered: int
    absent_owners: int
    unconfirmed: int
    buildings: list[BuildingCoverage]


class Sender(BaseModel):
    """Who said it; `id` is null for the platform's own words."""

    id: str | None
    name: str
    roles: list[str]
    is_platform: bool


class QuestionRef(BaseModel):
    """The question that a message has to do with; `what` says how (opened, asked_again, answered ...)."""

    id: str
    number: int | None
    state: State | None
    what: str


class ReactionCount(BaseModel):
    """How many have reacted in one way, and whether you have."""

    kind: ReactionKind
    count: int
    is_own: bool


class ReadPosition(Given):
    """Up to which position you have read a group."""

    seq: int = Field(ge=1, le=LARGEST, description="Position of the last message that you have read.")


class Media(BaseModel):
    """A photo (JPEG) or recording (MP3). `url` and `thumbnail` answer as long as `state` is ready."""

    id: str
    kind: MediaKind
    state: MediaState
    url: str
    thumbnail: str | None
    content_type: str | None
    size_bytes: int
    width: int | None
    height: int | None
    seconds: float | None
    words_by: WordsBy | None


class Message(BaseModel):
    """A message in a group. `reply_to` is the position of the quoted message.

    Of a message that is not `shown`, text and media are empty; those who look after the building read `hidden` ones.
    `media` are the addresses of its photos and recordings, `attachments` what is known of them. The text of a recording
    is what was understood; who understood it, its `words_by` says.
    """

    seq: int
    id: str
    sender: Sender
    text: str
    via: Via
    media: list[str]
    attachments: list[Media]
    at: datetime
    reply_to: int | None
    question: QuestionRef | None
    state: MessageState
    reactions: list[ReactionCount]
    is_pinned: bool


class Pinned(BaseModel):
    """The pinned messages of a group, the latest pinned first."""

    messages: list[Message]


class Messages(BaseModel):
    """Messages in order, and the group's newest position."""

    messages: list[Message]
    last_seq: int


class SnippetPart(BaseModel):
    """A piece of a snippet."""

    text: str
    is_hit: bool


class Hit(BaseModel):
    """A message that was found; the snippet is the stretch of it about the first hit, in pieces."""

    group: str
    message: Message
    snippet: list[SnippetPart]


class Hits(BaseModel):
    """Messages that were found, the newest first."""

    hits: list[Hit]
    next_page: str | None


class NewMessage(Given):
    """A message to be posted. `media` are ids or addresses of what was uploaded: up to 9 photos, or one recording."""

    text: str = Field(default="", max_length=2000)
    via: Via = "text"
    media: list[Annotated[str, Field(max_length=256)]] = Field(default=[], max_length=9)
    reply_to: int | None = Field(default=None, ge=1, le=LARGEST)


class PostedMessage(BaseModel):
    """Where a message stands."""

    seq: int
    id: str
    at: datetime


class Asker(BaseModel):
    """Somebody who asked."""

    id: str
    name: str
    group: str
    seq: int


class NextStep(BaseModel):
    """Who is waited for, and until when; `then` is what follows after that."""

    who: str
    who_name: str
    persons: list[str]
    due_at: datetime | None
    then: str
    is_overdue: bool


class TimelineEntry(BaseModel):
    """Something that happened."""

    id: str
    at: datetime
    what: str
    by: str
    text: str
    seq: int | None
    is_guess: bool
    can_undo: bool


class PlannedStep(BaseModel):
    """A step of the frozen plan."""

    who: str
    who_name: str
    state: str
    started_at: datetime | None
    due_at: datetime | None


class MatchReason(BaseModel):
    """Why a plugin takes a question for its own, and the words of the question that this rests on."""

    text: str
    evidence: list[str]


class Question(BaseModel):
    """A question. `timeline`, `plan` and `asked_because` are given for a single question only, null in lists;
    `asked_because` to staff only. `plugin` made the plan; null where it is louyu's own."""

    id: str
    number: int
    state: State
    kind: str
    responder_type: str | None
    urgency: str
    text: str
    group: str
    group_name: str
    askers: list[Asker]
    asset: str | None
    opened_at: datetime
    ended_at: datetime | None
    next_step: NextStep | None
    answer: str | None
    answered_by: str | None
    reasons: list[str]
    version: int
    timeline: list[TimelineEntry] | None
    plan: list[PlannedStep] | None
    plugin: str | None
    asked_because: list[MatchReason] | None


class Questions(BaseModel):
    """Questions, the most urgent and longest waiting first."""

    questions: list[Question]
    next_page: str | None


class Acknowledgement(Given):
    """Taking a question on. Without a time it is the responder type's usual one."""

    text: str = Field(default="", max_length=2000)
    promised_within_minutes: int | None = Field(default=None, ge=1, le=86_400)
    expected_version: Version = 0


class Words(Given):
    """Words with an action that needs some: an answer, a question back, the reason of closing."""

    text: Text
    expected_version: Version = 0


class OptionalWords(Given):
    """Words with an action that does without."""

    text: str = Field(default="", max_length=2000)
    expected_version: Version = 0


class Undoing(Given):
    """Which guess to take back: the id of its timeline entry."""

    entry: str = Field(min_length=1, max_length=64)


class NewAnnouncement(Given):
    """An announcement. Without groups it is for the whole community; without channels by all that there are."""

    community: str | None = Field(default=None, max_length=64, description="Key or UUID; your own if left out.")
    title: str = Field(min_length=1, max_length=60)
    text: Text
    urgency: Urgency = "ordinary"
    groups: list[Annotated[str, Field(max_length=64)]] = Field(default=[], max_length=500)
    channels: list[Annotated[str, Field(max_length=64)]] = Field(default=[], max_length=20)
    valid_until: Moment | None = None
    source: str = Field(default="", max_length=100)


class Counts(BaseModel):
    """Households by state."""

    waiting: int
    sent: int
    reached: int
    unreachable: int


class Announcement(BaseModel):
    """An announcement with its ledger in figures."""

    id: str
    community: str
    title: str
    text: str
    urgency: Urgency
    groups: list[str]
    channels: list[str]
    published_at: datetime | None
    published_by: str
    valid_until: datetime | None
    source: str
    households: int
    counts: Counts
    is_ledger_complete: bool


class Announcements(BaseModel):
    """Announcements, newest first."""

    announcements: list[Announcement]
    next_page: str | None


class Preview(BaseModel):
    """How an announcement would be published."""

    households: int
    title: str
    text: str
    warnings: list[str]


class HouseholdReach(BaseModel):
    """A household's line in the ledger: reached or last tried by this channel, at this time."""

    household: str
    building: str
    flat: str
    state: Reach
    channel: str | None
    at: datetime | None


class Ledger(BaseModel):
    """The ledger: counts of all, one page of households (not reached first), and those of the page not reached."""

    announcement: str
    counts: Counts
    households: list[HouseholdReach]
    not_reached: list[HouseholdReach]
    next_page: str | None


class NewVisit(Given):
    """A knock on the door."""

    household: str = Field(min_length=1, max_length=64)
    result: Literal["told", "not_at_home", "slip_left"]


class UndeliveredDelivery(BaseModel):
    """Something that did not surely arrive. `reason` says why in plain words; `reason_code` is the provider's or ours.

    `can_visit`: a household's door stands in the announcement's ledger for it.
    """

    id: str
    channel: str
    state: Literal["failed", "unknown"]
    recipient_kind: Literal["person", "group", "screen"]
    recipient: str
    flat: str | None
    purpose: str
    question: str | None
    question_number: int | None
    announcement: str | None
    reason: str
    reason_class: str
    reason_code: str
    tries: int
    at: datetime
    can_retry: bool
    can_visit: bool


class Undelivered(BaseModel):
    """What did not surely arrive, the latest first."""

    deliveries: list[UndeliveredDelivery]
    next_page: str | None
