"""The state of each plugin of one process, for operators: is it in use, left out, and what failed lately.

Counts begin anew with the process. A call that was left out by the breaker is none.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType

from louyu_sdk.isolation import CallFailure
from louyu_sdk.loading import BUILT_IN

CALLED_BY: Mapping[str, str] = MappingProxyType(
    {
        "louyu_responder_types": "routing",
        "louyu_settings": "routing",
        "louyu_channels": "notify",
        "louyu_transcribe": "messaging",
        "louyu_match": "routing",
        "louyu_plan": "routing",
        "louyu_question_changed": "routing",
    }
)
"""The service that runs each hook, and so knows how its plugins fare; hooks that are not called yet are left out."""

RUNNING, RESTING, FAILED, DISABLED = "running", "resting", "failed", "disabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginState:
    """A plugin. `state` is "running", "resting" (its breaker is open), "failed" (left out until the next start) or
    "disabled" (switched off by the operator)."""

    name: str
    version: str = ""
    source: str = BUILT_IN
    hooks: tuple[str, ...] = ()
    state: str
    fault: str = ""
    since: datetime | None = None
    failure_count: int = 0
    """Calls that failed since the process started."""
    last_failure: str = ""
    """The last of them: call, reason and place, without anything that a resident wrote."""
    last_failed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class FailureRecord:
    """How many calls failed, and the last of them."""

    count: int = 0
    last: str = ""
    at: datetime | None = None


class FailureLog:
    """Counts the failed calls of each plugin."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self._records: dict[str, FailureRecord] = {}

    def add(self, failure: CallFailure) -> None:
        """Count one failure; calls that the breaker left out do not count."""
        if failure.reason != "left_out":
            before = self.of(failure.plugin)
            last = f"{failure.call} {failure.reason}: {failure.error}"
            self._records[failure.plugin] = FailureRecord(before.count + 1, last, self._now())

    def of(self, plugin: str) -> FailureRecord:
        """Return what is counted for this plugin."""
        return self._records.get(plugin, FailureRecord())
