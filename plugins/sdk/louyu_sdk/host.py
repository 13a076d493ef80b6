"""The host: what a service uses to ask its plugins. Typed, isolated, and silent about failures but for a callback.

A failed call counts as nothing; only the start turns failures into faults, since a plugin that cannot say what it
supplies cannot be used.
"""

import asyncio
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from louyu_sdk.action import Action
from louyu_sdk.channel import Channel, ChannelAccount
from louyu_sdk.directory import Directory
from louyu_sdk.errors import CallFailed
from louyu_sdk.isolation import CallFailure, IsolatedCalls
from louyu_sdk.loading import InstalledPlugin, LoadedPlugins, PluginFault
from louyu_sdk.match import Match
from louyu_sdk.media import Recording, Transcript
from louyu_sdk.plan import Plan
from louyu_sdk.plugin_state import CALLED_BY, DISABLED, FAILED, RESTING, RUNNING, FailureLog, PluginState
from louyu_sdk.question import Question, QuestionChange
from louyu_sdk.responder_type import ResponderType
from louyu_sdk.results import (
    checked_actions,
    checked_channels,
    checked_match,
    checked_plan,
    checked_responder_types,
    checked_settings,
    checked_transcript,
)
from louyu_sdk.settings import SettingsSection

_FAILED_AGAIN = "its calls failed again and again; it is left out for a minute"
_ALL_HANG = "all its threads hang in calls that have not returned; it is left out until one does"


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginMatch:
    """A match, and the plugin that made it."""

    plugin: str
    match: Match


def _ignore(failure: CallFailure) -> None:
    """Failures are logged already."""


def _is_used(plugin: InstalledPlugin, service: str) -> bool:
    return any(CALLED_BY.get(hook) == service for hook in plugin.hooks)


class PluginHost:
    """Asks the plugins of one process. Call `start` once before anything else; for one event loop."""

    def __init__(
        self,
        loaded: LoadedPlugins,
        *,
        on_failure: Callable[[CallFailure], None] = _ignore,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._loaded = loaded
        self.failures = FailureLog()
        self._on_failure = on_failure
        self._calls = IsolatedCalls(loaded.manager, on_failure=self._failed, clock=clock)
        self._faults = list(loaded.faults)
        self._types: dict[str, tuple[ResponderType, ...]] = {}
        self._sections: dict[str, SettingsSection] = {}
        self._channels: dict[str, tuple[Channel, ...]] = {}

    async def start(self) -> None:
        """Ask every plugin for its responder types and settings; those that fail become faults and are left out."""
        for plugin in self._calls.implementers("louyu_responder_types"):
            try:
                types = await self._calls.call(plugin, "louyu_responder_types", {}, check=checked_responder_types)
            except CallFailed as error:
                self._leave_out(plugin, f"louyu_responder_types: {error}")
                continue
            owners = {one.key: owner for owner, known in self._types.items() for one in known}
            taken = owners.keys() & {one.key for one in types}
            if taken:
                key = min(taken)
                self._leave_out(plugin, f"responder type {key} belongs to the plugin {owners[key]} already; rename one")
            else:
                self._types[plugin] = types
        for plugin in self._calls.implementers("louyu_settings"):
            own = {one.key for one in self._types.get(plugin, ())}
            try:
                sections = await self._calls.call(
                    plugin, "louyu_settings", {}, check=partial(checked_settings, own_types=own)
                )
            except CallFailed as error:
                self._leave_out(plugin, f"louyu_settings: {error}")
                continue
            self._sections.update((section.responder_type, section) for section in sections)

    @property
    def plugins(self) -> tuple[InstalledPlugin, ...]:
        """The plugins in use."""
        return tuple(one for one in self._loaded.plugins if self._loaded.manager.has_plugin(one.name))

    @property
    def faults(self) -> tuple[PluginFault, ...]:
        """The plugins that are left out until the next start, and why."""
        return tuple(self._faults)

    def states(self, service: str, *, resting: Collection[str] = ()) -> list[PluginState]:
        """Return the plugins with a hook that this service calls, those left out, and those switched off.

        `resting` are names of plugins to be shown as resting beside those whose own breaker is open.
        """
        why_resting = dict.fromkeys((*self._calls.left_out(), *resting), _FAILED_AGAIN)
        why_resting.update(dict.fromkeys(self._calls.hanging(), f"{_ALL_HANG}; start {service} again"))
        found = [self._state_of(one, why_resting.get(one.name, "")) for one in self.plugins if _is_used(one, service)]
        for fault in self.faults:
            failures = self.failures.of(fault.name)
            found.append(
                PluginState(
                    name=fault.name,
                    version=fault.version,
                    source=fault.source,
                    state=FAILED,
                    fault=fault.error,
                    since=fault.since,
                    failure_count=failures.count,
                    last_failure=failures.last,
                    last_failed_at=failures.at,
                )
            )
        found += [PluginState(name=name, source="", state=DISABLED) for name in self._loaded.switched_off]
        return found

    @property
    def responder_types(self) -> tuple[ResponderType, ...]:
        """The responder types of all plugins, in the order of the plugins' names."""
        return tuple(one for types in self._types.values() for one in types)

    def settings_section(self, responder_type: str) -> SettingsSection | None:
        """Return the model for the settings of responders of this type; None: the type takes none."""
        return self._sections.get(responder_type)

    async def channels(self, accounts: Sequence[ChannelAccount]) -> tuple[Channel, ...]:
        """Ask every plugin for its channels; those that fail become faults and are left out."""
        found: dict[tuple[str, str | None], Channel] = {}
        for plugin in self._calls.implementers("louyu_channels"):
            try:
                channels = await self._calls.call(
                    plugin, "louyu_channels", {"accounts": tuple(accounts)}, check=checked_channels
                )
            except CallFailed as error:
                self._leave_out(plugin, f"louyu_channels: {error}")
                continue
            own = {(channel.key, channel.account): channel for channel in channels}
            taken = sorted(key for key, _ in found.keys() & own.keys())
            if taken:
                self._leave_out(plugin, f"channel {taken[0]} belongs to another plugin already")
            else:
                found.update(own)
                self._channels[plugin] = channels
        return tuple(found.values())

    def channels_of(self, plugin: str) -> tuple[Channel, ...]:
        """Return the channels that this plugin has supplied."""
        return self._channels.get(plugin, ())

    async def match(self, question: Question) -> tuple[PluginMatch, ...]:
        """Ask all plugins at the same time whether the question concerns them; best first, may be empty."""
        plugins = self._calls.implementers("louyu_match")
        answers = await asyncio.gather(*(self._match(plugin, question) for plugin in plugins))
        matches = [one for one in answers if one is not None]
        return tuple(sorted(matches, key=lambda one: (-one.match.score, one.plugin)))

    async def plan(self, chosen: PluginMatch, question: Question, directory: Directory) -> Plan | None:
        """Ask the plugin of this match for its plan; None: it has none, or failed to make one."""
        if chosen.plugin not in self._calls.implementers("louyu_plan"):
            return None
        arguments = {"question": question, "match": chosen.match, "directory": directory}
        try:
            return await self._calls.call(
                chosen.plugin, "louyu_plan", arguments, check=lambda result: checked_plan(result, directory)
            )
        except CallFailed:
            return None

    async def question_changed(self, plugin: str, question: Question, change: QuestionChange) -> tuple[Action, ...]:
        """Tell the plugin that made the question's plan of a change; a plugin that has gone or failed asks nothing."""
        if plugin not in self._calls.implementers("louyu_question_changed"):
            return ()
        arguments = {"question": question, "change": change}
        try:
            return await self._calls.call(plugin, "louyu_question_changed", arguments, check=checked_actions)
        except CallFailed:
            return ()

    @property
    def transcribers(self) -> tuple[str, ...]:
        """Names of the plugins that put recordings into words."""
        return self._calls.implementers("louyu_transcribe")

    async def transcribe(self, recording: Recording) -> tuple[Transcript | None, bool]:
        """Ask all plugins at the same time for the words; return the surest, and whether any of them failed."""
        plugins = self.transcribers
        arguments = {"recording": recording}
        answers = await asyncio.gather(
            *(self._calls.call(one, "louyu_transcribe", arguments, check=checked_transcript) for one in plugins),
            return_exceptions=True,
        )
        unexpected = [one for one in answers if isinstance(one, BaseException) and not isinstance(one, CallFailed)]
        if unexpected:
            raise unexpected[0]
        found = [one for one in answers if isinstance(one, Transcript)]
        has_failure = any(isinstance(one, CallFailed) for one in answers)
        return max(found, key=lambda one: one.confidence, default=None), has_failure

    def close(self) -> None:
        """Let the worker threads end; no call may follow."""
        self._calls.close()

    async def _match(self, plugin: str, question: Question) -> PluginMatch | None:
        own = self._types.get(plugin, ())
        try:
            match = await self._calls.call(
                plugin, "louyu_match", {"question": question}, check=lambda result: checked_match(result, own)
            )
        except CallFailed:
            return None
        return None if match is None else PluginMatch(plugin=plugin, match=match)

    def _failed(self, failure: CallFailure) -> None:
        self.failures.add(failure)
        self._on_failure(failure)

    def _state_of(self, plugin: InstalledPlugin, why_resting: str) -> PluginState:
        failures = self.failures.of(plugin.name)
        return PluginState(
            name=plugin.name,
            version=plugin.version,
            source=plugin.source,
            hooks=plugin.hooks,
            state=RESTING if why_resting else RUNNING,
            fault=why_resting,
            failure_count=failures.count,
            last_failure=failures.last,
            last_failed_at=failures.at,
        )

    def _leave_out(self, plugin: str, error: str) -> None:
        left_out = next(one for one in self._loaded.plugins if one.name == plugin)
        self._loaded.manager.unregister(name=plugin)
        self._types.pop(plugin, None)
        self._faults.append(
            PluginFault(
                name=plugin,
                version=left_out.version,
                source=left_out.source,
                error=error,
                since=datetime.now(UTC),
            )
        )
