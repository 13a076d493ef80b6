"""Quiet hours: whether a person may be disturbed now, and if not, when next.

Emergencies ignore quiet hours; deciding what is an emergency belongs to routing. Limits are compared in the community's
own time zone. Pure functions: the caller passes `now`.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """When nobody is disturbed: from `begins` up to, not including, `ends`. Equal limits: never quiet."""

    begins: time = time(22)
    ends: time = time(7)
    zone: ZoneInfo = SHANGHAI


def is_quiet(now: datetime, hours: QuietHours) -> bool:
    """Say whether `now` (aware) lies in the quiet hours."""
    wall = now.astimezone(hours.zone).time()
    if hours.begins <= hours.ends:
        return hours.begins <= wall < hours.ends
    return wall >= hours.begins or wall < hours.ends


def next_allowed(now: datetime, hours: QuietHours) -> datetime:
    """Return the first moment at or after `now` when a person may be disturbed, in UTC."""
    if not is_quiet(now, hours):
        return now.astimezone(UTC)
    local = now.astimezone(hours.zone)
    morning = datetime.combine(local.date(), hours.ends, tzinfo=hours.zone).astimezone(UTC)
    if morning <= now:
        morning = datetime.combine(local.date() + timedelta(days=1), hours.ends, tzinfo=hours.zone).astimezone(UTC)
    return morning
