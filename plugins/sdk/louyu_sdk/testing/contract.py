"""The contract as checks: what louyu relies on, tried on one plugin through the same isolation that services use."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import pluggy

from louyu_sdk.errors import CallFailed, ContractBroken, ResultRefused
from louyu_sdk.isolation import CallFailure, IsolatedCalls
from louyu_sdk.loading import load_plugins
from louyu_sdk.markers import CONTRACT
from louyu_sdk.match import Match
from louyu_sdk.plan import Plan
from louyu_sdk.question import ChangeKind, Question
from louyu_sdk.responder_type import ResponderType
from louyu_sdk.results import (
    checked_actions,
    checked_channels,
    checked_classification,
    checked_match,
    checked_plan,
    checked_responder_types,
    checked_settings,
    checked_transcript,
)
from louyu_sdk.settings import settings_faults
from louyu_sdk.testing.examples import (
    example_change,
    example_recording,
    many_directories,
    many_messages,
    many_questions,
)
from louyu_sdk.words import Urgency

NAME = "plugin_under_test"

T = TypeVar("T")


class PluginUnderTest:
    """One plugin, loaded alone; calls of hooks that it does not implement come to None."""

    def __init__(self, plugin: object) -> None:
        self._calls = IsolatedCalls(load_plugins((), built_in={NAME: plugin}).manager, on_failure=_ignore)

    async def ask(self, hook: str, arguments: Mapping[str, object], check: Callable[[object], T]) -> T:
        """Call the hook; raises ContractBroken with the plugin's own error as its cause."""
        if NAME not in self._calls.implementers(hook):
            return check(None)
        before = repr(arguments)
        try:
            result = await self._calls.call(NAME, hook, arguments, check=check)
        except ResultRefused as error:
            raise ContractBroken(str(error)) from error.__cause__
        except CallFailed as error:
            raise ContractBroken(f"{hook} {error.reason}: {error}") from error.__cause__
        if repr(arguments) != before:
            raise ContractBroken(f"{hook} changed its arguments; they are frozen for a reason")
        return result

    async def responder_types(self) -> tuple[ResponderType, ...]:
        """Return the plugin's responder types; empty without the hook."""
        return await self.ask("louyu_responder_types", {}, checked_responder_types)

    async def match(self, question: Question, types: tuple[ResponderType, ...]) -> Match | None:
        """Return the plugin's match; None without the hook."""
        return await self.ask("louyu_match", {"question": question}, lambda result: checked_match(result, types))

    def close(self) -> None:
        """Let its threads end."""
        self._calls.close()


@dataclass(frozen=True, slots=True)
class ContractCheck:
    """One promise of the contract, tried on a plugin."""

    name: str
    run: Callable[[PluginUnderTest], Coroutine[object, object, None]]

    def __call__(self, plugin: object) -> None:
        """Try a module or object with hook implementations; raises ContractBroken saying what to mend."""
        if getattr(plugin, "louyu_contract", None) != CONTRACT:
            raise ContractBroken(f"the plugin does not say `louyu_contract = {CONTRACT}`")
        try:
            under_test = PluginUnderTest(plugin)
        except pluggy.PluginValidationError as error:
            raise ContractBroken(" ".join(str(error).split())) from error
        try:
            asyncio.run(self.run(under_test))
        finally:
            under_test.close()


async def responder_types_are_well_formed_and_always_the_same(plugin: PluginUnderTest) -> None:
    if await plugin.responder_types() != await plugin.responder_types():
        raise ContractBroken("louyu_responder_types returned other types the second time; communities name them")


async def settings_are_typed_optional_and_strict(plugin: PluginUnderTest) -> None:
    own = {one.key for one in await plugin.responder_types()}
    for section in await plugin.ask("louyu_settings", {}, lambda result: checked_settings(result, own)):
        if faults := settings_faults(section, {}):
            raise ContractBroken(f"settings of {section.responder_type} cannot be left out: {faults[0]}")
        texts = {
            name: str(value) for name, value in section.model().model_dump(mode="json").items() if value is not None
        }
        if faults := settings_faults(section, texts):
            raise ContractBroken(f"settings of {section.responder_type} cannot be given as text: {faults[0]}")
        if not settings_faults(section, {"no_such_setting": "1"}):
            raise ContractBroken(f"settings of {section.responder_type} let an unknown name pass; keep extra='forbid'")


async def matches_are_in_bounds_in_time_and_discreet(plugin: PluginUnderTest) -> None:
    types = await plugin.responder_types()
    for question in _unhurried(types):
        match = await plugin.match(question, types)
        for reason in match.reasons if match else ():
            for private in (question.asker.name, question.asker.flat):
                if private and private in reason.text:
                    raise ContractBroken("louyu_match repeats the asker's name or flat in a reason that staff see")


async def plans_are_in_bounds_in_time_and_rest_at_night(plugin: PluginUnderTest) -> None:
    types = await plugin.responder_types()
    for question in _unhurried(types):
        match = await plugin.match(question, types)
        if match is None:
            continue
        for directory in many_directories(match.responder_type):
            arguments = {"question": question, "match": match, "directory": directory}
            plan = await plugin.ask("louyu_plan", arguments, partial(checked_plan, directory=directory))
            if plan is not None:
                _rests_at_night(plan)


async def changes_are_answered_with_allowed_actions(plugin: PluginUnderTest) -> None:
    for question in _questions(await plugin.responder_types()):
        for kind in ChangeKind:
            arguments = {"question": question, "change": example_change(kind)}
            for action in await plugin.ask("louyu_question_changed", arguments, checked_actions):
                acting_for = getattr(action, "responder_id", None)
                if acting_for is not None and acting_for not in question.responder_ids:
                    raise ContractBroken("louyu_question_changed acts for a responder that the plan does not name")


async def channels_are_well_formed_and_always_the_same(plugin: PluginUnderTest) -> None:
    for channel in await plugin.ask("louyu_channels", {"accounts": ()}, checked_channels):
        first, second = channel.capabilities, channel.capabilities
        if first != second:
            raise ContractBroken(f"the capabilities of {channel.key} differ from one call to the next")


async def classifications_are_in_bounds_and_in_time(plugin: PluginUnderTest) -> None:
    for message in many_messages():
        await plugin.ask("louyu_classify", {"message": message}, checked_classification)


async def transcripts_are_in_bounds_and_in_time(plugin: PluginUnderTest) -> None:
    await plugin.ask("louyu_transcribe", {"recording": example_recording()}, checked_transcript)


def _questions(types: tuple[ResponderType, ...]) -> Iterator[Question]:
    """Yield questions that were classified for nobody, and as many for each of the plugin's types."""
    yield from many_questions(None)
    for one in types:
        yield from many_questions(one.key)


def _unhurried(types: tuple[ResponderType, ...]) -> Iterator[Question]:
    """Yield the questions about which plugins are asked: all but emergencies, which routing plans by itself."""
    return (question for question in _questions(types) if question.urgency is not Urgency.EMERGENCY)


def _rests_at_night(plan: Plan) -> None:
    for position, step in enumerate(plan.steps):
        if not step.rests_at_night:
            raise ContractBroken(
                f"louyu_plan: steps[{position}].rests_at_night is False; only routing's emergency plan wakes people"
            )


def _ignore(failure: CallFailure) -> None:
    """The check raises what matters."""


CHECKS: tuple[ContractCheck, ...] = tuple(
    ContractCheck(check.__name__, check)
    for check in (
        responder_types_are_well_formed_and_always_the_same,
        settings_are_typed_optional_and_strict,
        matches_are_in_bounds_in_time_and_discreet,
        plans_are_in_bounds_in_time_and_rest_at_night,
        changes_are_answered_with_allowed_actions,
        channels_are_well_formed_and_always_the_same,
        classifications_are_in_bounds_and_in_time,
        transcripts_are_in_bounds_and_in_time,
    )
)
"""All checks, in the order in which a plugin's author wants to read their faults."""
