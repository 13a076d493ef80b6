"""Quiet hours: whether anybody may be disturbed now, when next, and when a clock runs out that rests at night.

Emergencies ignore quiet hours; deciding what is one belongs to `understanding`. Limits are compared in the community's
own time zone, also on the days when clocks change. Pure functions: the caller passes `now`; all results are in UTC.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """When nobody is disturbed: from `begins` up to, not including, `ends`. Equal limits: never quiet."""

    begins: time
    ends: time
    zone: ZoneInfo


USUAL = QuietHours(begins=time(22), ends=time(7), zone=ZoneInfo("Asia/Shanghai"))
"""What holds for a community that says nothing else."""


def is_quiet(now: datetime, hours: QuietHours) -> bool:
    """Say whether `now` (aware) lies in the quiet hours."""
    wall = _wall(now, hours)
    if hours.begins <= hours.ends:
        return hours.begins <= wall < hours.ends
    return wall >= hours.begins or wall < hours.ends


def next_allowed(now: datetime, hours: QuietHours) -> datetime:
    """Return the first moment at or after `now` when somebody may be disturbed."""
    if not is_quiet(now, hours):
        return now.astimezone(UTC)
    return _next(now, hours.ends, hours.zone)


def lapse_at(start: datetime, window: timedelta, hours: QuietHours | None) -> datetime:
    """Return when a clock runs out that was started at `start`; None for `hours`: it does not rest at night.

    A window of less than a day counts waking hours only: half an hour that begins at 21:50 ends at 07:20. A longer one
    counts by the calendar, and what would run out at night does so in the morning.
    """
    if hours is None or hours.begins == hours.ends:
        return start.astimezone(UTC) + window
    if window >= DAY:
        return next_allowed(start + window, hours)
    left, moment = window, next_allowed(start, hours)
    while True:
        night = _next(moment, hours.begins, hours.zone)
        if moment + left < night:
            return moment + left
        left -= night - moment
        moment = next_allowed(night, hours)


def _wall(now: datetime, hours: QuietHours) -> time:
    if now.utcoffset() is None:
        raise ValueError("a moment without a time zone cannot be compared with quiet hours")
    return now.astimezone(hours.zone).time()


def _next(now: datetime, wall: time, zone: ZoneInfo) -> datetime:
    """Return the first moment after `now` when the clock on the wall shows `wall`."""
    local = now.astimezone(zone)
    moment = datetime.combine(local.date(), wall, tzinfo=zone).astimezone(UTC)
    if moment <= now:
        moment = datetime.combine(local.date() + DAY, wall, tzinfo=zone).astimezone(UTC)
    return moment
