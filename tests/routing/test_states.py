"""The table of transitions: complete, and without ways out of an end but reopening."""

import pytest
from louyu_routing.errors import NotInThisState
from louyu_routing.states import ENDED, LIVE, TRANSITIONS, Change, after, allows
from louyu_sdk import QuestionState


def test_every_change_is_in_the_table() -> None:
    assert set(TRANSITIONS) == set(Change)


@pytest.mark.parametrize("state", sorted(ENDED))
def test_only_reopening_leads_out_of_an_end(state: QuestionState) -> None:
    assert [change for change in Change if allows(state, change)] == [Change.REOPEN]


@pytest.mark.parametrize("state", sorted(LIVE))
def test_every_live_question_can_be_answered_resolved_and_closed(state: QuestionState) -> None:
    assert after(state, Change.ANSWER) is QuestionState.ANSWERED
    assert after(state, Change.RESOLVE) is QuestionState.RESOLVED
    assert after(state, Change.CLOSE) is QuestionState.CLOSED


def test_what_the_table_lacks_is_refused_with_the_state() -> None:
    with pytest.raises(NotInThisState, match="resolved cannot be acknowledged"):
        after(QuestionState.RESOLVED, Change.ACKNOWLEDGE)


def test_resuming_needs_the_state_that_rests() -> None:
    assert after(QuestionState.ASKED_BACK, Change.RESUME, QuestionState.OPEN) is QuestionState.OPEN
    with pytest.raises(NotInThisState):
        after(QuestionState.ASKED_BACK, Change.RESUME)
