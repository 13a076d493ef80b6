"""Questions as a plugin sees them, and the changes in a question's life that a plugin is told of.

A question never carries a phone number or a WeChat id: whoever must reach the asker does so through the platform.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from louyu_sdk.bounds import (
    require_aware,
    require_instance,
    require_key,
    require_member,
    require_number,
    require_optional_text,
    require_text,
    require_tuple,
)
from louyu_sdk.media import Media
from louyu_sdk.message import Classification
from louyu_sdk.words import QuestionState, Urgency, Via


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who asked first: enough to go to the right door, nothing to phone or write to."""

    person_id: str
    name: str
    """The name shown in the group; 1 to 64 characters."""
    building_key: str | None = None
    """Key of the building in the community's file; None for a member without a flat."""
    flat: str | None = None
    """Such as `3-502`; None for a member without a flat."""

    def __post_init__(self) -> None:
        require_text("Asker.person_id", self.person_id, longest=64)
        require_text("Asker.name", self.name, longest=64)
        require_optional_text("Asker.building_key", self.building_key, longest=64)
        require_optional_text("Asker.flat", self.flat, longest=64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Something that needs somebody; frozen as it was when the hook was called."""

    id: str
    number: int
    """Counts from 1 in each community; shown as `#17`."""
    community_id: str
    group_id: str
    building_keys: tuple[str, ...]
    """Buildings of the group in which it was asked; one or several."""
    text: str
    """1 to 2,000 characters: the message, the transcript, or the caption; `[照片]` for a photo without caption."""
    via: Via
    asker: Asker
    classification: Classification
    """What holds now: the classifier's word, or a correction by staff."""
    state: QuestionState
    opened_at: datetime
    """Aware; of the first opening, also after a reopening."""
    media: tuple[Media, ...] = ()
    kind: str | None = None
    """Kind of work, from the match that won; None before matching and for types without kinds."""
    responder_ids: tuple[str, ...] = ()
    """Responders named by the steps of its plan, in that order, each once; empty before there is a plan."""
    asset: str | None = None
    """The thing concerned where it is known, such as the number of a lift."""
    asker_count: int = 1
    """Persons who asked the same; at least 1."""
    times_reopened: int = 0

    def __post_init__(self) -> None:
        require_text("Question.id", self.id, longest=64)
        require_instance("Question.number", self.number, int)
        require_number("Question.number", self.number, least=1, most=2**63 - 1)
        require_text("Question.community_id", self.community_id, longest=64)
        require_text("Question.group_id", self.group_id, longest=64)
        require_tuple("Question.building_keys", self.building_keys, str, least=1)
        require_text("Question.text", self.text, longest=2_000)
        require_member("Question.via", self.via, Via)
        require_instance("Question.asker", self.asker, Asker)
        require_instance("Question.classification", self.classification, Classification)
        require_member("Question.state", self.state, QuestionState)
        require_aware("Question.opened_at", self.opened_at)
        require_tuple("Question.media", self.media, Media, most=20)
        if self.kind is not None:
            require_key("Question.kind", self.kind)
        require_tuple("Question.responder_ids", self.responder_ids, str)
        require_optional_text("Question.asset", self.asset, longest=100)
        require_number("Question.asker_count", self.asker_count, least=1, most=1_000_000)
        require_number("Question.times_reopened", self.times_reopened, least=0, most=1_000)

    @property
    def urgency(self) -> Urgency:
        """How soon somebody must act, as the classification in force says."""
        return self.classification.urgency


class ChangeKind(StrEnum):
    """What happened to a question. New kinds may be added: ignore those you do not know."""

    OPENED = "opened"
    STEP_STARTED = "step_started"
    ACKNOWLEDGED = "acknowledged"
    ASKED_BACK = "asked_back"
    ANSWERED = "answered"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionChange:
    """One fact from a question's timeline, for `louyu_question_changed`. May be told twice: `id` stays the same."""

    id: str
    """The same whenever this change is told; what a work order elsewhere should be keyed by."""
    kind: ChangeKind
    at: datetime
    """Aware."""
    by_person_id: str | None = None
    """None when the platform did it, a step that started for example."""
    text: str | None = None
    """What was said with it, such as the answer; 1 to 2,000 characters."""
    step: int | None = None
    """For STEP_STARTED: place of the step in the plan, from 0."""
    asked_responder_ids: tuple[str, ...] = ()
    """For STEP_STARTED: the responders that this step asks; only they may refuse. Empty when it asks others."""

    def __post_init__(self) -> None:
        require_text("QuestionChange.id", self.id, longest=64)
        require_member("QuestionChange.kind", self.kind, ChangeKind)
        require_aware("QuestionChange.at", self.at)
        require_optional_text("QuestionChange.by_person_id", self.by_person_id, longest=64)
        require_optional_text("QuestionChange.text", self.text, longest=2_000)
        if self.step is not None:
            require_number("QuestionChange.step", self.step, least=0, most=1_000)
        require_tuple("QuestionChange.asked_responder_ids", self.asked_responder_ids, str)
