"""Pace: how fast one person may write from a browser, so that nobody drowns a group in words.

Far more than somebody types in an excited evening, far less than a program sends. Whoever has a building's code can join
and has a session then; a program with a token of the operator's is not held back. Each replica counts for itself.
"""

import time
from collections import OrderedDict
from collections.abc import Callable

from louyu_runtime.errors import ResourceExhausted

AT_ONCE = 60
SECONDS_EACH = 5.0
"""After the first many, one more in so many seconds."""
MOST_KEPT = 20_000


class Pace:
    """Counts what each person writes."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._paid_until: OrderedDict[str, float] = OrderedDict()

    def keep(self, person_id: str) -> None:
        """Count one thing written. Raises ResourceExhausted for somebody who is too fast; that does not count."""
        now = self._monotonic()
        paid_until = max(now, self._paid_until.get(person_id, now)) + SECONDS_EACH
        ahead = paid_until - now - AT_ONCE * SECONDS_EACH
        if ahead > 0:
            raise ResourceExhausted(
                "too much written in a short time",
                reason="TOO_FAST",
                retry_after_seconds=ahead,
                resident_text="您发得太快了，请等一会儿再发。有危险请直接拨打 119、120 或 110。",
            )
        self._paid_until[person_id] = paid_until
        self._paid_until.move_to_end(person_id)
        if len(self._paid_until) > MOST_KEPT:
            self._paid_until.popitem(last=False)
