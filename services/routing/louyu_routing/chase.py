"""The chase: how long each link of a community's chain has, and what its nights are.

From the community's file; what the file leaves out has the defaults of this module. Later edits touch later questions.
"""

from dataclasses import dataclass
from datetime import timedelta

from louyu_sdk import ChainTimes

from louyu_routing.quiet_hours import USUAL, QuietHours

NEIGHBOUR_WINDOW = timedelta(minutes=5)
BUILDING_HEAD_WINDOW = timedelta(minutes=30)
LIAISON_WINDOW = timedelta(hours=2)
SECRETARY_WINDOW = timedelta(hours=24)
CONFIRM_WINDOW = timedelta(days=3)
FOLLOW_UP_WINDOW = timedelta(hours=24)
ASK_BACK_WINDOW = timedelta(days=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chase:
    """How a community's questions are chased. A window that is None has its default."""

    neighbour_window: timedelta | None = None
    building_head_window: timedelta | None = None
    liaison_window: timedelta | None = None
    secretary_window: timedelta | None = None
    confirm_window: timedelta | None = None
    follow_up_window: timedelta | None = None
    ask_back_window: timedelta | None = None
    quiet: QuietHours = USUAL

    @property
    def times(self) -> ChainTimes:
        """The chain's times as plugins see them."""
        return ChainTimes(
            neighbours=self.neighbour_window or NEIGHBOUR_WINDOW,
            building_head=self.building_head_window or BUILDING_HEAD_WINDOW,
            liaison=self.liaison_window or LIAISON_WINDOW,
            secretary=self.secretary_window or SECRETARY_WINDOW,
        )

    def follow_up_after(self, promise: timedelta | None) -> timedelta:
        """Return how long after an acknowledgement louyu asks how it goes.

        The responder's promise, but no longer than the community's own window where it set one.
        """
        if promise is None:
            return self.follow_up_window or FOLLOW_UP_WINDOW
        return min(promise, self.follow_up_window) if self.follow_up_window else promise

    @property
    def confirm_after(self) -> timedelta:
        """How long after an answer silence counts as consent."""
        return self.confirm_window or CONFIRM_WINDOW

    @property
    def ask_back_after(self) -> timedelta:
        """When an asker who was asked back and is silent no longer stops the clock."""
        return self.ask_back_window or ASK_BACK_WINDOW
