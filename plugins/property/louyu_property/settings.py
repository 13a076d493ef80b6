"""Settings that a community gives its property company, all optional, times in minutes."""

from datetime import timedelta
from typing import Annotated

from louyu_sdk import PluginSettings, Urgency
from pydantic import Field

from louyu_property.kinds import FIELDS, OTHER_PROMISE, Kind

Minutes = Annotated[float, Field(gt=0, le=30 * 24 * 60)]


class ReactMinutes(PluginSettings):
    """How long staff have to answer or acknowledge before the next is asked."""

    emergency: Minutes = 5
    high: Minutes = 15
    normal: Minutes = 120
    low: Minutes = 480


class PromiseAtMostMinutes(PluginSettings):
    """The longest promise when it is urgent, whatever the kind of work."""

    emergency: Minutes = 60
    high: Minutes = 480


class PropertySettings(PluginSettings):
    """What stands under `settings` of a responder of type `property` in a community's file."""

    react_minutes: ReactMinutes = ReactMinutes()
    promise_minutes: dict[Kind, Minutes] = Field(default_factory=dict)
    """From acknowledgement until done, for the kinds that differ from this plugin's own times."""
    promise_at_most_minutes: PromiseAtMostMinutes = PromiseAtMostMinutes()

    def react(self, urgency: Urgency) -> timedelta:
        """Return how long staff have to answer or acknowledge."""
        return timedelta(minutes=getattr(self.react_minutes, urgency.value))

    def promise(self, kind: Kind | None, urgency: Urgency) -> timedelta:
        """Return the time from acknowledgement until the answer is due; None is work of no recognised kind."""
        promise = OTHER_PROMISE if kind is None else FIELDS[kind].promise
        if kind in self.promise_minutes:
            promise = timedelta(minutes=self.promise_minutes[kind])
        if urgency is Urgency.EMERGENCY:
            return min(promise, timedelta(minutes=self.promise_at_most_minutes.emergency))
        if urgency is Urgency.HIGH:
            return min(promise, timedelta(minutes=self.promise_at_most_minutes.high))
        return promise
