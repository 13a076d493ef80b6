"""Availability: absences of those with a role, with who answers meanwhile, and the duty roster.

Here it is entered and told; whom a question is put to at a moment is routing's to decide, by the database's clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time


@dataclass(frozen=True)
class Absence:
    """Somebody is away from `starts_at` until before `ends_at`; `substitute_id` is "" where nobody answers meanwhile."""

    id: str
    person_id: str
    name: str
    starts_at: datetime
    ends_at: datetime
    substitute_id: str = ""
    substitute_name: str = ""
    is_substitute_away: bool = False


@dataclass(frozen=True)
class DutyShift:
    """Somebody is on duty for a role or for a responder, on days of the week (1 Monday to 7 Sunday) or on one day.

    An end that is not after the beginning lies on the next day; an equal one makes a whole day.
    """

    id: str
    person_id: str
    name: str
    role: str
    responder_key: str
    weekdays: tuple[int, ...]
    on_date: date | None
    from_time: time
    until_time: time
