"""Responder types: the kinds of responder that a plugin adds, what they may do, and what they promise."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from louyu_sdk.bounds import require_instance, require_key, require_span, require_text, require_tuple, require_unique
from louyu_sdk.errors import InvalidField


class Capability(StrEnum):
    """What responders of a type may do with a question."""

    ANSWER = "answer"
    """Answer it, which stops the clock."""
    ACKNOWLEDGE = "acknowledge"
    """Take it on ("马上修"), which cancels what is pending and starts the promise's clock."""
    ASK_BACK = "ask_back"
    """Ask the asker something, while the clock rests."""
    REFUSE = "refuse"
    """Refuse it with a reason; the next step follows at once."""
    SUPERVISE = "supervise"
    """Be named in a plan's supervision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkKind:
    """A kind of work of a responder type, and how long it ordinarily takes."""

    key: str
    name_zh: str
    name_en: str
    promise: timedelta
    """Time from acknowledgement until the answer is due, for normal urgency and without settings of the community."""

    def __post_init__(self) -> None:
        require_key("WorkKind.key", self.key)
        require_text("WorkKind.name_zh", self.name_zh, longest=32)
        require_text("WorkKind.name_en", self.name_en, longest=64)
        require_span("WorkKind.promise", self.promise)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponderType:
    """A kind of responder."""

    key: str
    """Unique in an installation; what a community's file, a classification and a match name."""
    name_zh: str
    name_en: str
    capabilities: frozenset[Capability]
    """At least ANSWER or SUPERVISE."""
    promise: timedelta
    """As `WorkKind.promise`, where no kind is known."""
    kinds: tuple[WorkKind, ...] = ()
    """Kinds of work with their own promises; empty when the type makes no difference."""

    def __post_init__(self) -> None:
        require_key("ResponderType.key", self.key)
        require_text("ResponderType.name_zh", self.name_zh, longest=32)
        require_text("ResponderType.name_en", self.name_en, longest=64)
        require_instance("ResponderType.capabilities", self.capabilities, frozenset)
        for capability in self.capabilities:
            require_instance("ResponderType.capabilities", capability, Capability)
        if not self.capabilities & {Capability.ANSWER, Capability.SUPERVISE}:
            raise InvalidField(
                "ResponderType.capabilities", "holds neither ANSWER nor SUPERVISE; nothing could be asked"
            )
        require_span("ResponderType.promise", self.promise)
        require_tuple("ResponderType.kinds", self.kinds, WorkKind)
        require_unique("ResponderType.kinds", (kind.key for kind in self.kinds))
