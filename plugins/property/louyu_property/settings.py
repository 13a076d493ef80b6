"""Settings that a community gives its property company: times in minutes, all optional.

The defaults are this plugin's proposal for a property company of ordinary strength.
"""

from datetime import timedelta
from typing import Annotated

from louyu_sdk import PluginSettings, Urgency
from pydantic import Field

from louyu_property.kinds import Kind

Minutes = Annotated[float, Field(gt=0, le=30 * 24 * 60)]


class PropertySettings(PluginSettings):
    """What stands under `settings` of a responder of type `property` in a community's file."""

    react_high_minutes: Minutes = 15
    """How long staff have to answer or acknowledge before the next is asked; so for each urgency but emergencies, which
    no plugin plans."""
    react_normal_minutes: Minutes = 120
    react_low_minutes: Minutes = 480

    promise_danger_minutes: Minutes = 30
    """From acknowledgement until done; so for each kind of work."""
    promise_lift_minutes: Minutes = 4 * 60
    promise_power_minutes: Minutes = 4 * 60
    promise_water_minutes: Minutes = 8 * 60
    promise_heating_minutes: Minutes = 12 * 60
    promise_fire_equipment_minutes: Minutes = 24 * 60
    promise_door_minutes: Minutes = 24 * 60
    promise_light_minutes: Minutes = 24 * 60
    promise_fabric_minutes: Minutes = 72 * 60
    promise_clutter_minutes: Minutes = 48 * 60
    promise_cleaning_minutes: Minutes = 24 * 60
    promise_grounds_minutes: Minutes = 72 * 60
    promise_service_minutes: Minutes = 72 * 60
    promise_other_minutes: Minutes = 48 * 60
    """Work of no recognised kind."""

    promise_high_at_most_minutes: Minutes = 8 * 60
    """The longest promise for high urgency, whatever the kind of work."""

    def react(self, urgency: Urgency) -> timedelta:
        """Return how long staff have to answer or acknowledge."""
        return timedelta(minutes=getattr(self, f"react_{urgency}_minutes"))

    def promise(self, kind: Kind | None, urgency: Urgency) -> timedelta:
        """Return the time from acknowledgement until the answer is due; None is work of no recognised kind."""
        minutes: float = getattr(self, f"promise_{kind or 'other'}_minutes")
        if urgency is Urgency.HIGH:
            minutes = min(minutes, self.promise_high_at_most_minutes)
        return timedelta(minutes=minutes)
