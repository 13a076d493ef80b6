"""The breaker: leaves out what fails again and again, and lets one call through to see whether it has recovered."""

from collections import deque
from collections.abc import Callable

ERRORS = 5
WITHIN_SECONDS = 30.0
LEFT_OUT_SECONDS = 60.0


class Breaker:
    """Five errors within 30 seconds open it for 60; then one call is let through, and its fate decides.

    Not for use from several threads. `clock` gives seconds that never run backwards.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._errors: deque[float] = deque(maxlen=ERRORS)
        self._open_until: float | None = None
        self._trial_under_way = False

    @property
    def is_open(self) -> bool:
        """Whether calls are left out now, or only one on trial is let through."""
        return self._open_until is not None

    def admits(self) -> bool:
        """Say whether the next call may go through; whoever gets True must report what became of it."""
        if self._open_until is None:
            return True
        if self._trial_under_way or self._clock() < self._open_until:
            return False
        self._trial_under_way = True
        return True

    def succeeded(self) -> None:
        """Report that an admitted call went well; a success on trial closes the breaker."""
        if self._trial_under_way:
            self._trial_under_way = False
            self._open_until = None
            self._errors.clear()

    def failed(self) -> None:
        """Report that an admitted call failed."""
        now = self._clock()
        self._errors.append(now)
        full = len(self._errors) == ERRORS and now - self._errors[0] <= WITHIN_SECONDS
        if self._trial_under_way or (full and self._open_until is None):
            self._open_until = now + LEFT_OUT_SECONDS
        self._trial_under_way = False

    def abandoned(self) -> None:
        """Report that an admitted call was given up by its caller, so that nothing is known of its fate."""
        self._trial_under_way = False
