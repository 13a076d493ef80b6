"""Plans: who is asked, in which order, how long each has, and what then.

A plan says what; routing carries it out, with durable clocks, and freezes it when the question opens. Names stay
selectors until a step starts, so that a new building head is asked rather than the one of last week.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from louyu_sdk.bounds import (
    require_instance,
    require_key,
    require_member,
    require_span,
    require_text,
    require_tuple,
    require_unique,
)
from louyu_sdk.directory import ChainTimes
from louyu_sdk.errors import InvalidField
from louyu_sdk.words import Role

MOST_STEPS = 20


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Every member of the group: nobody is told separately, for all have read the question."""


@dataclass(frozen=True, slots=True)
class RoleInGroup:
    """Whoever holds this role in the question's group when the step starts."""

    role: Role
    """Not RESIDENT (that is `Neighbours`) and not STAFF (that is `ResponderById`)."""

    def __post_init__(self) -> None:
        require_member("RoleInGroup.role", self.role, Role)
        if self.role in {Role.RESIDENT, Role.STAFF}:
            raise InvalidField("RoleInGroup.role", f"is {self.role}; use Neighbours() or ResponderById(...)")


@dataclass(frozen=True, slots=True)
class ResponderById:
    """The staff of one responder of the community."""

    responder_id: str
    """From `Directory.responders`."""

    def __post_init__(self) -> None:
        require_text("ResponderById.responder_id", self.responder_id, longest=64)


Whom = Neighbours | RoleInGroup | ResponderById
WHOM = (Neighbours, RoleInGroup, ResponderById)


class WhatThen(StrEnum):
    """What follows when nobody answered or acknowledged within the step's time."""

    NEXT = "next"
    """The next step starts."""
    REPEAT = "repeat"
    """The same step starts again, until a human answers or closes. Only for the last step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a plan."""

    whom: tuple[Whom, ...]
    """Asked at the same time; one to ten, each once. A selector that finds nobody is skipped, a step that finds
    nobody at all is passed over at once."""
    how_long: timedelta
    """How long they have to answer or acknowledge; above 0, at most 366 days. Rests while the asker is asked back."""
    what_then: WhatThen = WhatThen.NEXT
    rests_at_night: bool = True
    """Whether the step neither starts nor lapses in the community's quiet hours. False only in the emergency plan of
    routing; a plugin's plan leaves it True."""
    channels: tuple[str, ...] = ()
    """Keys of channels, best first; empty means the group and what each person has joined by. Not acted on yet."""

    def __post_init__(self) -> None:
        require_tuple("Step.whom", self.whom, WHOM, least=1, most=10)
        require_unique("Step.whom", self.whom)
        require_span("Step.how_long", self.how_long)
        require_member("Step.what_then", self.what_then, WhatThen)
        require_instance("Step.rests_at_night", self.rests_at_night, bool)
        require_tuple("Step.channels", self.channels, str, most=10)
        for position, channel in enumerate(self.channels):
            require_key(f"Step.channels[{position}]", channel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Supervision:
    """A second responder who does not do the work but presses the one who does, on a clock of its own.

    Part of the contract, but not acted on yet: routing takes a plan with supervision and wakes nobody by it.
    """

    whom: tuple[Whom, ...]
    wakes_after: timedelta
    """Counted from the opening, while the question is neither answered nor closed."""
    presses_every: timedelta
    """How often the supervisor is told again."""
    reason: str
    """Fit to show to staff; 1 to 200 characters."""
    legal_date: date | None = None
    """Date set by law; wakes the supervisor when it has passed, if that is sooner."""

    def __post_init__(self) -> None:
        require_tuple("Supervision.whom", self.whom, (RoleInGroup, ResponderById), least=1, most=10)
        require_span("Supervision.wakes_after", self.wakes_after)
        require_span("Supervision.presses_every", self.presses_every)
        require_text("Supervision.reason", self.reason, longest=200)
        if self.legal_date is not None:
            require_instance("Supervision.legal_date", self.legal_date, date)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The whole way of a question through its responders. It never ends in silence: the last step repeats."""

    steps: tuple[Step, ...]
    """1 to 20; the last has `WhatThen.REPEAT`, no other has."""
    promise: timedelta
    """From an acknowledgement until the answer is due; then routing presses whoever acknowledged, and goes on."""
    supervision: tuple[Supervision, ...] = ()

    def __post_init__(self) -> None:
        require_tuple("Plan.steps", self.steps, Step, least=1, most=MOST_STEPS)
        *earlier, last = self.steps
        for position, step in enumerate(earlier):
            if step.what_then is WhatThen.REPEAT:
                raise InvalidField(f"Plan.steps[{position}].what_then", "is REPEAT, so the steps after it never start")
        if last.what_then is not WhatThen.REPEAT:
            raise InvalidField(
                "Plan.steps", "the last step must have WhatThen.REPEAT, or the question could be forgotten"
            )
        require_span("Plan.promise", self.promise)
        require_tuple("Plan.supervision", self.supervision, Supervision, most=5)


def closing_chain(times: ChainTimes, *, rests_at_night: bool = True) -> tuple[Step, Step, Step]:
    """Return the steps with which plans end: building head, liaison, then the secretary until a human closes it."""
    return (
        Step(
            whom=(RoleInGroup(Role.BUILDING_HEAD),),
            how_long=times.building_head,
            rests_at_night=rests_at_night,
        ),
        Step(
            whom=(RoleInGroup(Role.LIAISON),),
            how_long=times.liaison,
            rests_at_night=rests_at_night,
        ),
        Step(
            whom=(RoleInGroup(Role.SECRETARY),),
            how_long=times.secretary,
            what_then=WhatThen.REPEAT,
            rests_at_night=rests_at_night,
        ),
    )
