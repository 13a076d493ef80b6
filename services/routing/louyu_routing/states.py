"""The life of a question: which change leads from which state to which. Whatever the table lacks does not happen.

    open ──> assigned ──> acknowledged ──> answered ──> resolved
              (asked_back: the clock rests, then the state before it holds again; closed: ended without a solution)

A question that is neither resolved nor closed has exactly one live clock; that is kept by `clocks`, not here.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from louyu_sdk import QuestionState

from louyu_routing.errors import NotInThisState

OPEN = QuestionState.OPEN
ASSIGNED = QuestionState.ASSIGNED
ACKNOWLEDGED = QuestionState.ACKNOWLEDGED
ASKED_BACK = QuestionState.ASKED_BACK
ANSWERED = QuestionState.ANSWERED
RESOLVED = QuestionState.RESOLVED
CLOSED = QuestionState.CLOSED

ENDED = frozenset({RESOLVED, CLOSED})
LIVE = frozenset(QuestionState) - ENDED
UNANSWERED = LIVE - {ANSWERED}


class Change(StrEnum):
    """What can happen to a question; the value is what errors say."""

    OFFER = "offered to neighbours"
    """A step begins in which nobody in particular is asked."""
    ASSIGN = "assigned"
    """A step begins in which somebody in particular is asked."""
    REST = "put off to the morning"
    """The step that follows may not disturb anybody now."""
    ACKNOWLEDGE = "acknowledged"
    ASK_BACK = "asked back"
    RESUME = "resumed"
    """The asker replied, or was silent for too long: the state before the asking back holds again."""
    ANSWER = "answered"
    RESOLVE = "resolved"
    CLOSE = "closed"
    REOPEN = "reopened"


TRANSITIONS: Mapping[Change, Mapping[QuestionState, frozenset[QuestionState]]] = MappingProxyType(
    {
        Change.OFFER: {OPEN: frozenset({OPEN}), ASSIGNED: frozenset({OPEN}), ACKNOWLEDGED: frozenset({OPEN})},
        Change.ASSIGN: {state: frozenset({ASSIGNED}) for state in (OPEN, ASSIGNED, ACKNOWLEDGED)},
        Change.REST: {state: frozenset({OPEN}) for state in (OPEN, ASSIGNED, ACKNOWLEDGED)},
        Change.ACKNOWLEDGE: {state: frozenset({ACKNOWLEDGED}) for state in UNANSWERED},
        Change.ASK_BACK: {state: frozenset({ASKED_BACK}) for state in (OPEN, ASSIGNED, ACKNOWLEDGED)},
        Change.RESUME: {ASKED_BACK: frozenset({OPEN, ASSIGNED, ACKNOWLEDGED})},
        Change.ANSWER: {state: frozenset({ANSWERED}) for state in LIVE},
        Change.RESOLVE: {state: frozenset({RESOLVED}) for state in LIVE},
        Change.CLOSE: {state: frozenset({CLOSED}) for state in LIVE},
        Change.REOPEN: {state: frozenset({OPEN}) for state in (ANSWERED, RESOLVED, CLOSED)},
    }
)


def allows(state: QuestionState, change: Change) -> bool:
    """Say whether this change may happen to a question in this state."""
    return state in TRANSITIONS[change]


def after(state: QuestionState, change: Change, resumed: QuestionState | None = None) -> QuestionState:
    """Return the state after the change; `resumed` names it where the table leaves a choice. Raises NotInThisState."""
    targets = TRANSITIONS[change].get(state, frozenset())
    if resumed is not None and resumed in targets:
        return resumed
    if len(targets) != 1:
        raise NotInThisState(change.value, state.value)
    (target,) = targets
    return target
