"""Actions: what a plugin asks routing to do after a change. Routing checks, does and records; a plugin never writes.

Acting for a responder is allowed only for responders of the plugin's own types that the question's plan names, and only
what the type's capabilities name.
"""

from dataclasses import dataclass
from datetime import timedelta

from louyu_sdk.bounds import require_span, require_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Write a line into the question's timeline, where staff see it; residents do not."""

    text: str
    """1 to 500 characters, such as `已开工单 WO-1024`."""

    def __post_init__(self) -> None:
        require_text("Note.text", self.text, longest=500)


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledge:
    """Take the question on for a responder: what is pending is cancelled, the promise's clock starts."""

    responder_id: str
    """One of `Question.responder_ids`."""
    promise: timedelta | None = None
    """None means the plan's promise."""

    def __post_init__(self) -> None:
        require_text("Acknowledge.responder_id", self.responder_id, longest=64)
        if self.promise is not None:
            require_span("Acknowledge.promise", self.promise)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Answer for a responder: posted in the group and told to the askers; the clock stops."""

    responder_id: str
    text: str
    """1 to 2,000 characters, fit for the whole group: no names, flats or phone numbers."""

    def __post_init__(self) -> None:
        require_text("Answer.responder_id", self.responder_id, longest=64)
        require_text("Answer.text", self.text, longest=2_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class AskBack:
    """Ask the asker something for a responder; the clock rests until the reply."""

    responder_id: str
    text: str
    """1 to 500 characters."""

    def __post_init__(self) -> None:
        require_text("AskBack.responder_id", self.responder_id, longest=64)
        require_text("AskBack.text", self.text, longest=500)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuse:
    """Hand the question back for a responder: the next step starts at once and the reason is shown.

    Only while a step asks that responder: answer a STEP_STARTED with it, for one of `change.asked_responder_ids`.
    """

    responder_id: str
    reason: str
    """1 to 200 characters, fit to show to the asker: why not, and who instead where known."""

    def __post_init__(self) -> None:
        require_text("Refuse.responder_id", self.responder_id, longest=64)
        require_text("Refuse.reason", self.reason, longest=200)


Action = Note | Acknowledge | Answer | AskBack | Refuse
ACTIONS = (Note, Acknowledge, Answer, AskBack, Refuse)
