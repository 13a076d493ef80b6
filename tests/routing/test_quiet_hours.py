"""Nights: pure rules of the clock, and what they do to a chase."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from louyu_routing.chase import Chase
from louyu_routing.quiet_hours import USUAL, QuietHours, is_quiet, lapse_at, next_allowed

from tests.routing.conftest import Neighbourhood, person

BEIJING = ZoneInfo("Asia/Shanghai")


def at(text: str) -> datetime:
    """Return a moment of January 2026 in Beijing, such as "15 21:50"."""
    return datetime.strptime(f"2026-01-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=BEIJING)


@pytest.mark.parametrize(
    ("moment", "quiet"), [("15 21:59", False), ("15 22:00", True), ("16 06:59", True), ("16 07:00", False)]
)
def test_quiet_hours_include_their_begin_and_not_their_end(moment: str, quiet: bool) -> None:
    assert is_quiet(at(moment), USUAL) is quiet


def test_quiet_hours_within_one_day() -> None:
    siesta = QuietHours(begins=time(12), ends=time(14), zone=BEIJING)
    assert next_allowed(at("15 13:00"), siesta) == at("15 14:00")


def test_equal_limits_are_never_quiet() -> None:
    never = QuietHours(begins=time(0), ends=time(0), zone=BEIJING)
    assert not is_quiet(at("15 03:00"), never)
    assert lapse_at(at("15 23:50"), timedelta(minutes=30), never) == at("16 00:20")


@pytest.mark.parametrize(
    ("start", "window", "end"),
    [
        ("15 12:00", timedelta(minutes=30), "15 12:30"),
        ("15 21:50", timedelta(minutes=30), "16 07:20"),
        ("15 23:30", timedelta(minutes=5), "16 07:05"),
        ("15 21:30", timedelta(minutes=30), "16 07:00"),
        ("15 20:00", timedelta(hours=20), "17 10:00"),
        ("15 12:00", timedelta(hours=24), "16 12:00"),
        ("15 23:00", timedelta(hours=24), "17 07:00"),
    ],
)
def test_short_windows_rest_at_night_and_long_ones_count_by_the_calendar(
    start: str, window: timedelta, end: str
) -> None:
    assert lapse_at(at(start), window, USUAL) == at(end)


def test_limits_hold_on_the_wall_when_clocks_change() -> None:
    berlin = QuietHours(begins=time(22), ends=time(7), zone=ZoneInfo("Europe/Berlin"))
    night = datetime(2026, 3, 28, 23, 0, tzinfo=ZoneInfo("Europe/Berlin"))
    assert next_allowed(night, berlin) == datetime(2026, 3, 29, 5, 0, tzinfo=UTC)


def test_moment_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        is_quiet(datetime(2026, 1, 1), USUAL)  # noqa: DTZ001 - what is refused


async def test_question_of_the_night_disturbs_nobody_until_the_morning(neighbourhood: Neighbourhood) -> None:
    await neighbourhood.clock.set_local_time("2026-01-15 23:30")
    await neighbourhood.ask("asker", "迁户口去哪个派出所？")
    await neighbourhood.later(hours=7)
    assert await neighbourhood.asked() == ["neighbours"]
    await neighbourhood.clock.set_local_time("2026-01-16 07:05:01")
    await neighbourhood.tick()
    assert await neighbourhood.asked() == ["neighbours", "building_head"]


async def test_clock_that_is_handled_late_into_the_night_waits_for_the_morning(neighbourhood: Neighbourhood) -> None:
    await neighbourhood.clock.set_local_time("2026-01-15 21:50")
    await neighbourhood.ask("asker", "迁户口去哪个派出所？")
    await neighbourhood.clock.set_local_time("2026-01-15 22:30")
    await neighbourhood.tick()
    assert await neighbourhood.asked() == ["neighbours"]
    view = await neighbourhood.newest()
    assert view.next_step is not None
    assert view.next_step.due_at == at("16 07:00")
    await neighbourhood.clock.set_local_time("2026-01-16 07:00:01")
    await neighbourhood.tick()
    assert (await neighbourhood.newest()).question.waiting_for != ()


async def test_community_without_quiet_hours_is_chased_at_night(neighbourhood: Neighbourhood) -> None:
    await neighbourhood.set_up(Chase(quiet=QuietHours(begins=time(0), ends=time(0), zone=BEIJING)))
    await neighbourhood.clock.set_local_time("2026-01-15 23:30")
    await neighbourhood.ask("asker", "迁户口去哪个派出所？")
    await neighbourhood.later(minutes=5)
    assert (await neighbourhood.newest()).question.waiting_for == (person("head"),)
