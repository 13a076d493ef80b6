"""Checks by the plugin's own examples: what it takes for its own, and that its plan carries such a question through.

A check by louyu's examples alone would pass a plugin that never matches, or plans nonsense for all that it matches.
"""

import dataclasses
from collections.abc import Iterator
from datetime import timedelta

from louyu_sdk.directory import Directory
from louyu_sdk.errors import ContractBroken
from louyu_sdk.example import Example
from louyu_sdk.match import Match
from louyu_sdk.plan import Plan, ResponderById
from louyu_sdk.question import Question
from louyu_sdk.responder_type import Capability
from louyu_sdk.settings import settings_faults
from louyu_sdk.testing.discretion import require_discreet
from louyu_sdk.testing.examples import (
    example_directory,
    many_directories,
    question_of,
    texts_around,
)
from louyu_sdk.testing.under_test import PluginUnderTest

BUILT_IN_TYPES = frozenset({"neighbours", "building_head", "committee"})
"""What the classifier gives to these, louyu's own plugin takes with the classifier's confidence as its score."""

SHORTEST_STEP = timedelta(seconds=1)
SHORTEST_REPEAT = timedelta(minutes=1)
LONGEST_PLAN = timedelta(days=366)

SETTING_PROBES = ("0", "-1", "0.5", "1000000000", "1e30", "nan", "true", "", "x", "水" * 200)
"""Values that a committee may write by mistake: a model refuses them, or the plugin can work with them."""


async def examples_of_its_own_are_given(plugin: PluginUnderTest) -> None:
    types = await plugin.responder_types()
    own = {one.key for one in types}
    for example in plugin.examples:
        if example.concerns is not None and example.concerns not in own:
            raise ContractBroken(
                f"the example {_shown(example)} concerns {example.concerns}, which is no type of yours"
            )
    if not types or not (plugin.implements("louyu_match") or plugin.implements("louyu_plan")):
        return
    for one in types:
        if Capability.ANSWER in one.capabilities and all(one.key != example.concerns for example in plugin.examples):
            raise ContractBroken(
                f"no example concerns {one.key}; beside the hooks write"
                f' louyu_examples = (Example(text="...", concerns="{one.key}", least_score=0.6), ...)'
            )
    if all(example.concerns is not None for example in plugin.examples):
        raise ContractBroken(
            "no example says what is not yours; add to louyu_examples a text that comes close to it:"
            ' Example(text="...", concerns=None)'
        )


async def examples_match_as_they_say(plugin: PluginUnderTest) -> None:
    types = await plugin.responder_types()
    for example in plugin.examples:
        question = question_of(example)
        match = await plugin.match(question, types)
        _as_said(example, match)
        if match is None:
            continue
        if await plugin.match(question, types) != match:
            raise ContractBroken(f"louyu_match says something else of {_shown(example)} the second time")
        for reason in match.reasons:
            require_discreet("louyu_match", question, (reason.text, *reason.evidence))
            for word in reason.evidence:
                if word not in question.text and word not in question.classification.because:
                    raise ContractBroken(f"louyu_match gives as evidence {word!r}, which is not in {_shown(example)}")


async def plans_carry_matching_examples_through(plugin: PluginUnderTest) -> None:
    types = await plugin.responder_types()
    if not plugin.implements("louyu_plan"):
        return
    planned: set[str] = set()
    directories = {one.key: tuple(many_directories(one.key)) for one in types}
    for example in _matching(plugin):
        for question in (question_of(example), *_written_otherwise(example)):
            match = await plugin.match(question, types)
            if match is None:
                continue
            for directory in directories[match.responder_type]:
                plan = await plugin.plan(question, match, directory)
                if plan is not None:
                    _carries_through(plan, question, directory)
                    planned |= {match.responder_type} if directory == example_directory(match.responder_type) else set()
    for example in _matching(plugin):
        if example.concerns not in planned:
            raise ContractBroken(
                f"louyu_plan returned None for every example that concerns {example.concerns}, though the directory"
                " has a responder of that type with staff on duty; leave the hook out if louyu's plan is to be used"
            )


async def settings_that_pass_make_plans_that_pass(plugin: PluginUnderTest) -> None:
    types = await plugin.responder_types()
    examples = {example.concerns: example for example in _matching(plugin)}
    for section in await plugin.settings():
        example = examples.get(section.responder_type)
        match = await plugin.match(question_of(example), types) if example else None
        for name in section.model.model_fields:
            for value in SETTING_PROBES:
                try:
                    faults = settings_faults(section, {name: value})
                except Exception as error:  # a validator may raise anything
                    raise ContractBroken(
                        f"settings of {section.responder_type}: {name} = {value[:12]!r} raises {type(error).__name__};"
                        " a validator must raise ValueError"
                    ) from error
                if faults or example is None or match is None:
                    continue
                directory = _set(example_directory(match.responder_type), {name: value})
                try:
                    await plugin.plan(question_of(example), match, directory)
                except ContractBroken as error:
                    raise ContractBroken(
                        f"settings of {section.responder_type} let {name} = {value[:12]!r} pass, with which louyu_plan"
                        f" fails ({error}); give the field bounds, for example Field(gt=0, le=720)"
                    ) from error


def _matching(plugin: PluginUnderTest) -> Iterator[Example]:
    return (example for example in plugin.examples if example.concerns is not None)


def _as_said(example: Example, match: Match | None) -> None:
    if example.concerns is None:
        if match is not None:
            raise ContractBroken(
                f"louyu_match takes {_shown(example)} for {match.responder_type} with {match.score:g}; by the example it"
                " must return None"
            )
        return
    if match is None:
        raise ContractBroken(f"louyu_match returned None for {_shown(example)}, which concerns {example.concerns}")
    if match.responder_type != example.concerns:
        raise ContractBroken(f"louyu_match takes {_shown(example)} for {match.responder_type}, not {example.concerns}")
    if match.score < example.least_score:
        raise ContractBroken(
            f"louyu_match gives {_shown(example)} a score of {match.score:g}, less than {example.least_score:g}"
        )
    if example.classified_for in BUILT_IN_TYPES and match.score <= example.confidence:
        raise ContractBroken(
            f"louyu_match gives {_shown(example)} a score of {match.score:g}, and loses to louyu's own"
            f" {example.classified_for}, which has the classifier's confidence of {example.confidence:g}"
        )
    if example.kind is not None and match.kind != example.kind:
        raise ContractBroken(f"louyu_match takes {_shown(example)} for kind {match.kind}, not {example.kind}")


def _written_otherwise(example: Example) -> Iterator[Question]:
    question = question_of(example)
    for text in texts_around(example.text):
        yield dataclasses.replace(question, text=text)


def _carries_through(plan: Plan, question: Question, directory: Directory) -> None:
    """Demand that the plan asks those who serve the building, gives them time, and ends with somebody of the community."""
    serving = {one.id for one in directory.responders if one.serves(question.building_keys)}
    for position, step in enumerate(plan.steps):
        where = f"louyu_plan: steps[{position}]"
        if not step.rests_at_night:
            raise ContractBroken(f"{where}.rests_at_night is False; only routing's emergency plan wakes people")
        if step.how_long < SHORTEST_STEP:
            raise ContractBroken(f"{where}.how_long is {step.how_long}; nobody can answer so fast")
        if any(isinstance(one, ResponderById) and one.responder_id not in serving for one in step.whom):
            raise ContractBroken(
                f"{where} asks a responder that does not serve the question's building; take"
                " directory.responders_for(type, question.building_keys)"
            )
    last = plan.steps[-1]
    if last.how_long < SHORTEST_REPEAT:
        raise ContractBroken(f"louyu_plan: the last step repeats every {last.how_long}; at least a minute is wanted")
    if all(isinstance(one, ResponderById) for one in last.whom):
        raise ContractBroken(
            "louyu_plan: the last step asks only responders, so what they hand back comes to nobody;"
            " end with *closing_chain(directory.times)"
        )
    if sum((step.how_long for step in plan.steps), timedelta()) > LONGEST_PLAN:
        raise ContractBroken("louyu_plan: more than a year passes before the last step repeats")


def _set(directory: Directory, settings: dict[str, str]) -> Directory:
    responders = tuple(dataclasses.replace(one, settings=settings) for one in directory.responders)
    return dataclasses.replace(directory, responders=responders)


def _shown(example: Example) -> str:
    return f"“{example.text[:20]}{'…' if len(example.text) > 20 else ''}”"
