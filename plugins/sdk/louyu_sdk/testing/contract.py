"""The contract as checks: what louyu relies on, tried on one plugin through the same isolation that services use."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass

import pluggy

from louyu_sdk.errors import ContractBroken
from louyu_sdk.markers import CONTRACT
from louyu_sdk.question import ChangeKind, Question
from louyu_sdk.responder_type import ResponderType
from louyu_sdk.results import checked_channels, checked_classification, checked_transcript
from louyu_sdk.settings import settings_faults
from louyu_sdk.testing.discretion import require_discreet
from louyu_sdk.testing.examples import (
    example_change,
    example_recording,
    many_directories,
    many_messages,
    many_questions,
)
from louyu_sdk.testing.handing_back import actions_come_to_rest_and_refusals_hand_back
from louyu_sdk.testing.own_examples import (
    examples_match_as_they_say,
    examples_of_its_own_are_given,
    plans_carry_matching_examples_through,
    settings_that_pass_make_plans_that_pass,
)
from louyu_sdk.testing.under_test import PluginUnderTest
from louyu_sdk.words import Urgency


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
    for section in await plugin.settings():
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
            require_discreet("louyu_match", question, (reason.text, *reason.evidence))


async def plans_are_in_bounds_in_time_and_rest_at_night(plugin: PluginUnderTest) -> None:
    types = await plugin.responder_types()
    directories = {one.key: tuple(many_directories(one.key)) for one in types}
    for question in _unhurried(types):
        match = await plugin.match(question, types)
        if match is None:
            continue
        for directory in directories[match.responder_type]:
            plan = await plugin.plan(question, match, directory)
            if plan is not None and not all(step.rests_at_night for step in plan.steps):
                raise ContractBroken(
                    "louyu_plan: rests_at_night is False in a step; only routing's emergency plan wakes people"
                )


async def changes_are_answered_with_allowed_actions(plugin: PluginUnderTest) -> None:
    for question in _questions(await plugin.responder_types()):
        for kind in ChangeKind:
            for action in await plugin.actions(question, example_change(kind)):
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


CHECKS: tuple[ContractCheck, ...] = tuple(
    ContractCheck(check.__name__, check)
    for check in (
        responder_types_are_well_formed_and_always_the_same,
        settings_are_typed_optional_and_strict,
        examples_of_its_own_are_given,
        examples_match_as_they_say,
        plans_carry_matching_examples_through,
        settings_that_pass_make_plans_that_pass,
        actions_come_to_rest_and_refusals_hand_back,
        matches_are_in_bounds_in_time_and_discreet,
        plans_are_in_bounds_in_time_and_rest_at_night,
        changes_are_answered_with_allowed_actions,
        channels_are_well_formed_and_always_the_same,
        classifications_are_in_bounds_and_in_time,
        transcripts_are_in_bounds_and_in_time,
    )
)
"""All checks, in the order in which a plugin's author wants to read their faults."""
