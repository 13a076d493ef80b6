"""Isolation: one call of one plugin's hook, with a time limit, off the event loop, behind the plugin's breaker.

Whatever a plugin does (raise, sleep, spin, return rubbish), the caller gets a `CallFailed` in time, and other plugins
and the event loop go on. A thread cannot be ended from outside: one that never returns is lost to its plugin, which
runs out of threads and is left out, while the process can still stop.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import pluggy

from louyu_sdk.breaker import Breaker
from louyu_sdk.errors import (
    CallFailed,
    ContractBroken,
    InvalidField,
    PluginBusy,
    PluginLeftOut,
    PluginTooSlow,
    ResultRefused,
)
from louyu_sdk.time_limits import HOOK_TIME_LIMITS
from louyu_sdk.workers import WorkerThreads

logger = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFailure:
    """A failed call, for counters and pages."""

    plugin: str
    call: str
    """Name of the hook, or `send` and `receipts` for a channel."""
    reason: str
    """The `reason` of the error's class: raised, refused, too_slow, busy, left_out."""
    error: str
    """One line without anything that a resident wrote."""


class IsolatedCalls:
    """Calls hooks of the plugins of one manager. For one event loop."""

    def __init__(
        self,
        manager: pluggy.PluginManager,
        *,
        on_failure: Callable[[CallFailure], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._manager = manager
        self._on_failure = on_failure
        self._clock = clock
        self._workers: dict[str, WorkerThreads] = {}
        self._breakers: dict[str, Breaker] = {}

    def implementers(self, hook: str) -> tuple[str, ...]:
        """Return the names of the plugins that implement the hook, in alphabetical order."""
        caller: pluggy.HookCaller = getattr(self._manager.hook, hook)
        return tuple(sorted(implementation.plugin_name for implementation in caller.get_hookimpls()))

    def left_out(self) -> tuple[str, ...]:
        """Return the names of the plugins whose breaker is open now."""
        return tuple(sorted(plugin for plugin, breaker in self._breakers.items() if breaker.is_open))

    def hanging(self) -> tuple[str, ...]:
        """Return the names of the plugins that are not called now, since all their threads hang."""
        return tuple(sorted(plugin for plugin, workers in self._workers.items() if workers.all_hang))

    async def call(self, plugin: str, hook: str, arguments: Mapping[str, object], *, check: Callable[[object], T]) -> T:
        """Call the plugin's implementation of the hook and return what `check` makes of its result.

        `check` raises ContractBroken or InvalidField for a result that the hook does not allow. Raises CallFailed,
        logged and reported already.
        """
        breaker = self._breakers.setdefault(plugin, Breaker(self._clock))
        workers = self._workers.setdefault(plugin, WorkerThreads(plugin))
        if workers.all_hang:
            hanging = PluginLeftOut(f"all threads of {plugin} hang in calls that have not returned")
            self._report(plugin, hook, hanging)
            raise hanging
        if not breaker.admits():
            failure = PluginLeftOut(f"{plugin} is left out after repeated failures")
            self._report(plugin, hook, failure)
            raise failure
        try:
            result = check(await self._run(workers, plugin, hook, arguments))
        except (ContractBroken, InvalidField) as error:
            breaker.failed()
            refused = ResultRefused(str(error))
            self._report(plugin, hook, refused)
            raise refused from error
        except PluginBusy as error:
            # Not a failure of its own: calls that hang are counted by their time limits, and a burst is no fault.
            breaker.abandoned()
            self._report(plugin, hook, error)
            raise
        except CallFailed as error:
            breaker.failed()
            self._report(plugin, hook, error)
            raise
        except asyncio.CancelledError:
            breaker.abandoned()
            raise
        breaker.succeeded()
        return result

    def close(self) -> None:
        """Let the worker threads end."""
        for workers in self._workers.values():
            workers.close()

    async def _run(self, workers: WorkerThreads, plugin: str, hook: str, arguments: Mapping[str, object]) -> object:
        implementation = self._implementation(plugin, hook)
        named = {name: arguments[name] for name in implementation.argnames}
        limit = HOOK_TIME_LIMITS[hook].total_seconds()
        future = workers.submit(lambda: implementation.function(**named))
        try:
            async with asyncio.timeout(limit):
                return await asyncio.wrap_future(future)
        except TimeoutError:
            workers.give_up(future)
            raise PluginTooSlow(f"{plugin} did not return from {hook} within {limit:g} s") from None

    def _implementation(self, plugin: str, hook: str) -> pluggy.HookImpl:
        caller: pluggy.HookCaller = getattr(self._manager.hook, hook)
        for implementation in caller.get_hookimpls():
            if implementation.plugin_name == plugin:
                return implementation
        raise LookupError(f"{plugin} does not implement {hook}")

    def _report(self, plugin: str, hook: str, error: CallFailed) -> None:
        failure = CallFailure(plugin=plugin, call=hook, reason=error.reason, error=str(error))
        if not isinstance(error, PluginLeftOut):
            logger.warning(
                "plugin call failed",
                extra={"plugin": plugin, "hook": hook, "reason": failure.reason, "error": failure.error},
            )
        self._on_failure(failure)
