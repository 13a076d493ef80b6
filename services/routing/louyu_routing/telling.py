"""Telling: lets the plugin that made a question's plan know what happened to it, and does what the plugin asks for.

Durable and in order: a change stays untold in the timeline until its plugin was called, by one worker at a time under a
lease; after a crash it is told again with the same id. A failed call counts as nothing and is not repeated. Each action
is done in its own transaction, refused and noted for staff when it is not allowed: a plugin acts only for responders of
the type that the question concerns and that its plan names, and only as the question's state allows.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence

from louyu_runtime.database import Database, Transaction
from louyu_runtime.errors import LouyuError, Unavailable
from louyu_runtime.redaction import without_numbers
from louyu_sdk import (
    Acknowledge,
    Action,
    Answer,
    AskBack,
    ChangeKind,
    Note,
    QuestionChange,
    Refuse,
    ResponderById,
)
from louyu_sdk import Question as PluginQuestion
from louyu_sdk.host import PluginHost

from louyu_routing import life
from louyu_routing.errors import NotInThisState
from louyu_routing.escalation import go_on
from louyu_routing.planning import as_plugins_see
from louyu_routing.question import By, Entry, Question, Said, Step, StepState
from louyu_routing.states import ASSIGNED, OPEN
from louyu_routing.store import directory as directory_store
from louyu_routing.store import questions, steps
from louyu_routing.store import timeline as timeline_store
from louyu_routing.store.timeline import ClaimedChange
from louyu_routing.timeline import note

logger = logging.getLogger(__name__)

MOST_AT_ONCE = 16
POLL_SECONDS = 0.5


class ActionRefused(Exception):
    """A plugin asks for something that it may not do."""


class Telling:
    """The worker of one replica. `wake` is called after actions, which may have wound clocks."""

    def __init__(self, database: Database, plugins: PluginHost, wake: Callable[[], None]) -> None:
        self._database = database
        self._plugins = plugins
        self._wake = wake

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            try:
                count = await self.tell_untold()
            except Unavailable:
                count = 0
            if not count:
                await asyncio.sleep(POLL_SECONDS)

    async def tell_untold(self) -> int:
        """Tell of the changes that are untold now; return how many there were."""
        async with self._database.transaction() as tx:
            claimed = await timeline_store.claim_untold(tx, MOST_AT_ONCE)
        outcomes = await asyncio.gather(*(self._tell(one) for one in claimed), return_exceptions=True)
        for one, outcome in zip(claimed, outcomes, strict=True):
            if isinstance(outcome, Exception) and not isinstance(outcome, Unavailable):
                logger.error(
                    "a plugin could not be told of a change",
                    exc_info=outcome,
                    extra={"plugin": one.plugin, "question_id": one.question_id},
                )
        return len(claimed)

    async def _tell(self, claimed: ClaimedChange) -> None:
        async with self._database.transaction(claimed.community_id) as tx:
            seen, change = await _what_happened(tx, claimed)
        for action in await self._plugins.question_changed(claimed.plugin, seen, change):
            try:
                async with self._database.transaction(claimed.community_id) as tx:
                    await _do(tx, claimed, action)
            except (ActionRefused, LouyuError) as error:
                if isinstance(error, Unavailable):
                    raise
                await self._note_refusal(claimed, action, str(error))
            self._wake()
        async with self._database.transaction(claimed.community_id) as tx:
            await timeline_store.mark_told(tx, claimed.entry_id)

    async def _note_refusal(self, claimed: ClaimedChange, action: Action, why: str) -> None:
        kind = type(action).__name__
        logger.warning("an action of a plugin is refused", extra={"plugin": claimed.plugin, "action": kind, "why": why})
        async with self._database.transaction(claimed.community_id) as tx:
            question = await _locked(tx, claimed)
            words = Said(text=f"插件 {claimed.plugin} 的操作（{kind}）没有执行：现在不允许。")
            await note(tx, question, "noted", said=words, staff_only=True)


async def _what_happened(tx: Transaction, claimed: ClaimedChange) -> tuple[PluginQuestion, QuestionChange]:
    question = await questions.get(tx, claimed.question_id)
    entry = await timeline_store.get(tx, claimed.question_id, claimed.entry_id)
    if question is None or entry is None:
        raise AssertionError("what was claimed a moment ago is there")
    askers = (await questions.askers_of(tx, [question.question_id]))[question.question_id]
    buildings = await directory_store.building_keys(tx, question.group_id)
    plan = await steps.of(tx, question)
    named = tuple(dict.fromkeys(responder for step in plan for responder in _responders_of(step)))
    seen = as_plugins_see(question, askers[0].person_id, askers[0].name, len(askers), buildings, named)
    return seen, _as_change(plan, entry)


def _as_change(plan: Sequence[Step], entry: Entry) -> QuestionChange:
    kind = ChangeKind(entry.what)
    begun = [step for step in plan if step.started_at is not None and step.started_at <= entry.at]
    started = begun[-1] if kind is ChangeKind.STEP_STARTED and begun else None
    return QuestionChange(
        id=entry.entry_id,
        kind=kind,
        at=entry.at,
        by_person_id=entry.by.person_id,
        text=without_numbers(entry.said.text).strip()[:2_000] or None,
        step=None if started is None else started.position - 1,
        asked_responder_ids=() if started is None else _responders_of(started),
    )


def _responders_of(step: Step) -> tuple[str, ...]:
    return tuple(one.responder_id for one in step.whom if isinstance(one, ResponderById))


async def _do(tx: Transaction, claimed: ClaimedChange, action: Action) -> None:
    question = await _locked(tx, claimed)
    if isinstance(action, Note):
        await note(tx, question, "noted", by=By(name=claimed.plugin), said=Said(text=action.text), staff_only=True)
        return
    responder = next(
        (one for one in await directory_store.responders(tx) if one.responder_id == action.responder_id), None
    )
    if responder is None or responder.type != question.responder_type:
        raise ActionRefused("it acts for a responder that is not of the question's type")
    plan = await steps.of(tx, question)
    if all(responder.responder_id not in _responders_of(step) for step in plan):
        raise ActionRefused("it acts for a responder that the plan does not name")
    by = By(name=responder.name, role="staff")
    match action:
        case Acknowledge(promise=promise):
            await life.acknowledge(tx, question, by, Said(), promised_within=promise)
        case Answer(text=text):
            await life.answer(tx, question, by, Said(text=text))
        case AskBack(text=text):
            await life.ask_back(tx, question, by, Said(text=text))
        case Refuse(reason=reason):
            if question.state not in {OPEN, ASSIGNED}:
                raise NotInThisState("refused", question.state.value)
            current = next((step for step in plan if step.state is StepState.CURRENT), None)
            if current is None or responder.responder_id not in _responders_of(current):
                raise ActionRefused("it refuses for a responder that is not asked now")
            await note(tx, question, "noted", by=by, said=Said(text=f"{responder.name}表示不能处理：{reason}"))
            await go_on(tx, question)


async def _locked(tx: Transaction, claimed: ClaimedChange) -> Question:
    question = await questions.lock(tx, claimed.question_id)
    if question is None:
        raise AssertionError("a question is not deleted while a plugin is told of it")
    return question
