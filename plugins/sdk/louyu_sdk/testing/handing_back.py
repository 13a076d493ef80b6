"""Checks of what a plugin does after a change: only what it may, for whom it may, and not for ever.

Routing's part is played here: an action leads to a change, which is told to the plugin too.
"""

import dataclasses
from collections import deque
from collections.abc import Collection, Iterator

from louyu_sdk.action import Acknowledge, Action, Answer, AskBack, Note, Refuse
from louyu_sdk.errors import ContractBroken
from louyu_sdk.plan import Plan, ResponderById
from louyu_sdk.question import ChangeKind, Question, QuestionChange
from louyu_sdk.responder_type import Capability, ResponderType
from louyu_sdk.testing.discretion import require_discreet
from louyu_sdk.testing.examples import example_change, example_directory, question_of
from louyu_sdk.testing.under_test import PluginUnderTest
from louyu_sdk.words import QuestionState

MOST_CHANGES = 60
"""More than any life of a question through a plan of 20 steps needs."""

NEEDED = {
    Acknowledge: Capability.ACKNOWLEDGE,
    Answer: Capability.ANSWER,
    AskBack: Capability.ASK_BACK,
    Refuse: Capability.REFUSE,
}
LEADS_TO = {
    Acknowledge: (ChangeKind.ACKNOWLEDGED, QuestionState.ACKNOWLEDGED),
    Answer: (ChangeKind.ANSWERED, QuestionState.ANSWERED),
    AskBack: (ChangeKind.ASKED_BACK, QuestionState.ASKED_BACK),
}


async def actions_come_to_rest_and_refusals_hand_back(plugin: PluginUnderTest) -> None:
    types = await plugin.responder_types()
    for example in plugin.examples:
        match = await plugin.match(question_of(example), types) if example.concerns else None
        if match is None:
            continue
        directory = example_directory(match.responder_type)
        plan = await plugin.plan(question_of(example), match, directory)
        if plan is None:
            continue
        own = next(one for one in types if one.key == match.responder_type)
        asked = tuple(dict.fromkeys(one for step in plan.steps for one in _responders(step.whom)))
        question = dataclasses.replace(
            question_of(example), state=QuestionState.ASSIGNED, responder_ids=asked, kind=match.kind
        )
        for kind in ChangeKind:
            if kind is not ChangeKind.STEP_STARTED:
                await _play(plugin, question, plan, own, example_change(kind))
        for position in range(len(plan.steps)):
            await _play(plugin, question, plan, own, _step_started(plan, position))


async def _play(
    plugin: PluginUnderTest, question: Question, plan: Plan, own: ResponderType, first: QuestionChange
) -> None:
    """Tell the change and all that follows from it, each twice, as after a crash of the teller."""
    untold = deque([(first, question.state)])
    count = 0
    while untold:
        change, state = untold.popleft()
        count += 1
        if count > MOST_CHANGES:
            raise ContractBroken(
                "louyu_question_changed answers its own changes without end; look at `change.kind`, and refuse only for"
                " `change.asked_responder_ids`"
            )
        change = dataclasses.replace(change, id=f"change-{count}")
        seen = dataclasses.replace(question, state=state)
        actions = await plugin.actions(seen, change)
        for repeated in await plugin.actions(seen, change):
            _check(repeated, seen, change, own)
        for action in actions:
            _check(action, seen, change, own)
            untold.extend(_consequences(action, plan, change))


def _check(action: Action, question: Question, change: QuestionChange, own: ResponderType) -> None:
    require_discreet("louyu_question_changed", question, _words(action))
    if isinstance(action, Note):
        return
    name = type(action).__name__
    if action.responder_id not in question.responder_ids:
        raise ContractBroken("louyu_question_changed acts for a responder that the plan does not name")
    if NEEDED[type(action)] not in own.capabilities:
        raise ContractBroken(
            f"louyu_question_changed returned {name}, but {own.key} does not have Capability.{NEEDED[type(action)].name}"
        )
    if isinstance(action, Refuse) and action.responder_id not in change.asked_responder_ids:
        raise ContractBroken(
            "louyu_question_changed refuses for a responder that is not asked now; answer a STEP_STARTED, and take the"
            " responder from `change.asked_responder_ids`"
        )


def _consequences(action: Action, plan: Plan, change: QuestionChange) -> Iterator[tuple[QuestionChange, QuestionState]]:
    if isinstance(action, Refuse):
        following = min((change.step or 0) + 1, len(plan.steps) - 1)
        yield _step_started(plan, following), QuestionState.ASSIGNED
    elif type(action) in LEADS_TO:
        kind, state = LEADS_TO[type(action)]
        yield example_change(kind), state


def _step_started(plan: Plan, position: int) -> QuestionChange:
    asked = tuple(_responders(plan.steps[position].whom))
    return dataclasses.replace(example_change(ChangeKind.STEP_STARTED), step=position, asked_responder_ids=asked)


def _responders(whom: Collection[object]) -> Iterator[str]:
    return (one.responder_id for one in whom if isinstance(one, ResponderById))


def _words(action: Action) -> tuple[str, ...]:
    match action:
        case Note(text=text) | Answer(text=text) | AskBack(text=text):
            return (text,)
        case Refuse(reason=reason):
            return (reason,)
        case _:
            return ()
