"""How fast one person may write: an excited evening is let through, a program is not, and others are not held up."""

import pytest
from louyu_gateway.pace import AT_ONCE, MOST_KEPT, SECONDS_EACH, Pace
from louyu_runtime.errors import ResourceExhausted


def test_whoever_writes_too_much_at_once_waits_and_others_do_not() -> None:
    now = 1_000.0
    pace = Pace(lambda: now)
    for _ in range(AT_ONCE):
        pace.keep("fast")
    for _ in range(2):
        with pytest.raises(ResourceExhausted) as refused:
            pace.keep("fast")
        assert refused.value.retry_after_seconds == pytest.approx(SECONDS_EACH)
    pace.keep("other")

    now += SECONDS_EACH
    pace.keep("fast")
    with pytest.raises(ResourceExhausted):
        pace.keep("fast")

    now += AT_ONCE * SECONDS_EACH
    for _ in range(AT_ONCE):
        pace.keep("fast")


def test_no_more_people_are_kept_than_there_is_room_for() -> None:
    pace = Pace(lambda: 1_000.0)
    for number in range(MOST_KEPT + 10):
        pace.keep(str(number))
    assert len(pace._paid_until) == MOST_KEPT
