"""Availability: who answers for somebody who is away, and who is on duty, at one moment.

Times of the roster are those of the community's own clock. An end that is not after the beginning lies on the next day,
an equal one makes a whole day. Pure: the caller passes `now`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MOST_SUBSTITUTES = 10
"""So long may a chain of substitutes be who are away themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AwayTime:
    """Somebody is away from `starts_at` until before `ends_at`; `substitute_id` is "" where nobody answers meanwhile."""

    person_id: str
    name: str
    starts_at: datetime
    ends_at: datetime
    substitute_id: str = ""
    substitute_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyTime:
    """Somebody is on duty for a role or a responder, on days of the week (1 Monday to 7 Sunday) or on one day."""

    person_id: str
    role: str = ""
    responder_key: str = ""
    weekdays: tuple[int, ...] = ()
    on_date: date | None = None
    from_time: time
    until_time: time

    def covers(self, day: date, clock: time) -> bool:
        """Say whether it lasts on a day at a time of the community's clock."""
        if self.from_time < self.until_time:
            return self._begins_on(day) and self.from_time <= clock < self.until_time
        if clock >= self.from_time:
            return self._begins_on(day)
        return clock < self.until_time and self._begins_on(day - timedelta(days=1))

    def _begins_on(self, day: date) -> bool:
        return day == self.on_date if self.on_date is not None else day.isoweekday() in self.weekdays


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIn:
    """Somebody who answers now, for themselves or for `for_name`."""

    person_id: str
    name: str = ""
    for_name: str = ""


class Availability:
    """Who of a community is there at one moment."""

    def __init__(self, away: Iterable[AwayTime], duty: Sequence[DutyTime], now: datetime, zone: ZoneInfo) -> None:
        self._away = {each.person_id: each for each in away if each.starts_at <= now < each.ends_at}
        self._duty = duty
        self._wall = now.astimezone(zone)

    def is_away(self, person_id: str) -> bool:
        """Say whether somebody is away."""
        return person_id in self._away

    def answering(self, person_id: str) -> StandIn | None:
        """Return who answers for somebody: themselves, or the first substitute who is there; None when nobody does."""
        answering = person_id
        name = ""
        for _ in range(MOST_SUBSTITUTES):
            absence = self._away.get(answering)
            if absence is None:
                for_name = self._away[person_id].name if answering != person_id else ""
                return StandIn(person_id=answering, name=name, for_name=for_name)
            if not absence.substitute_id:
                return None
            answering, name = absence.substitute_id, absence.substitute_name
        return None

    def stood_in_for(self, person_id: str) -> tuple[str, ...]:
        """Return for whom somebody answers now besides themselves."""
        return tuple(
            each
            for each in self._away
            if each != person_id and (found := self.answering(each)) is not None and found.person_id == person_id
        )

    def on_duty(self, *, role: str = "", responder_key: str = "", among: Iterable[str]) -> tuple[str, ...] | None:
        """Return who of `among` is on duty for a role or responder; None when no roster is kept for these persons."""
        able = set(among)
        roster = [
            each
            for each in self._duty
            if each.role == role and each.responder_key == responder_key and each.person_id in able
        ]
        if not roster:
            return None
        return tuple(
            dict.fromkeys(each.person_id for each in roster if each.covers(self._wall.date(), self._wall.time()))
        )
