"""Questions as routing holds them: the question, who asked, its frozen steps, its clock, its timeline. All frozen.

A change is a new value, written by `store` under the lock of the question's row.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from louyu_sdk import QuestionState, Reason, Urgency
from louyu_sdk.plan import Whom

URGENCY_RANK: Mapping[Urgency, int] = {urgency: rank for rank, urgency in enumerate(Urgency)}
"""Emergencies first; the order in which lists are shown and clocks are handled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question. `version` grows with each change of its life, not with notes in its timeline."""

    community_id: str
    question_id: str
    number: int
    state: QuestionState
    kind: str
    """"question", "report" or "event"."""
    responder_type: str
    urgency: Urgency
    text: str
    via: str
    group_id: str
    message_seq: int
    opened_at: datetime
    reasons: tuple[str, ...]
    confidence: float
    asset: str = ""
    emergency_numbers: tuple[str, ...] = ()
    emergency_advice: str = ""
    """What its asker was told to do at once."""
    ended_at: datetime | None = None
    answer: str = ""
    answered_by: str = ""
    generation: int = 1
    """Grows with each reopening, which begins the chain anew."""
    plugin: str = ""
    """Name of the plugin that made the plan; empty for the built-in one."""
    match_reasons: tuple[Reason, ...] = ()
    """Why the plugin whose plan this is takes the question for its own; for staff."""
    work_kind: str | None = None
    promise: timedelta | None = None
    """From an acknowledgement until the answer is due, as the plan says."""
    waiting_for: tuple[str, ...] = ()
    """Persons for whom it waits now; empty while neighbours are asked."""
    acknowledged_by_id: str | None = None
    acknowledged_by: str = ""
    traceparent: str = ""
    """The trace of the message that opened it; all that becomes of it belongs there."""
    version: int = 1

    @property
    def is_emergency(self) -> bool:
        """Whether somebody may be disturbed for it at any hour."""
        return self.urgency is Urgency.EMERGENCY

    @property
    def subject(self) -> str:
        """What its events are about."""
        return f"question/{self.question_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Somebody who asked a question."""

    person_id: str
    name: str
    group_id: str
    message_seq: int
    asked_at: datetime
    last_said_at: datetime
    """When the person last wrote of it; by this a follow-up is told from a new matter."""


class StepState(StrEnum):
    """Where a step of the plan stands."""

    WAITING = "waiting"
    CURRENT = "current"
    DONE = "done"
    """Somebody acted in its time."""
    LAPSED = "lapsed"
    SKIPPED = "skipped"
    """Nobody held the role."""
    CANCELLED = "cancelled"
    """The question was answered, settled or closed before it began."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of the frozen plan."""

    step_id: str
    question_id: str
    generation: int
    position: int
    """From 1."""
    who: str
    """Key of who is asked, of the first where several are asked at once."""
    who_name: str
    whom: tuple[Whom, ...]
    window: timedelta
    rests_at_night: bool
    state: StepState = StepState.WAITING
    person_ids: tuple[str, ...] = ()
    started_at: datetime | None = None
    due_at: datetime | None = None
    repeated_times: int = 0


class ClockKind(StrEnum):
    """What happens when a clock runs out."""

    PLAN = "plan"
    """The plan is made and its first step begins."""
    START = "start"
    """The next step begins: quiet hours are over."""
    STEP = "step"
    """The current step lapses and the next one begins."""
    FOLLOW_UP = "follow_up"
    """Whoever took it on did not answer: the chain goes on."""
    CONFIRM = "confirm"
    """The asker's silence counts as consent."""
    ASK_BACK = "ask_back"
    """The asker's silence no longer stops the clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """What happens next to a question, and when. The `resume` fields hold what rests while the asker is asked back."""

    kind: ClockKind
    due_at: datetime
    step_id: str | None = None
    resume_kind: ClockKind | None = None
    resume_state: QuestionState | None = None
    resume_after: timedelta | None = None
    turn: int = 0
    """Given by the database at each winding; a claimer with another turn is too late."""


@dataclass(frozen=True, slots=True, kw_only=True)
class By:
    """Who does something to a question; empty for the platform."""

    person_id: str | None = None
    name: str = ""
    role: str = ""


PLATFORM = By()


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """The words that go with a change, and where they stand."""

    text: str = ""
    group_id: str | None = None
    seq: int = 0
    """Of the message in that group; 0 when it was not said in a group."""
    is_guess: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry of a question's timeline."""

    entry_id: str
    question_id: str
    at: datetime
    what: str
    by: By
    said: Said
    staff_only: bool = False
    """A plugin's note: staff see it, residents do not."""
    untold_to: str | None = None
    """Name of the plugin that made the plan, while it has not been told of this."""
    before_guess: Mapping[str, object] | None = None
    undone_at: datetime | None = None
