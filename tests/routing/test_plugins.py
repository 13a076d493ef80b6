"""Plugins: their plans are carried out; a failing one leaves the question to the built-in plan."""

from collections.abc import Sequence
from datetime import timedelta
from types import SimpleNamespace

import pytest
from louyu_routing import builtin_responders, views
from louyu_routing.applying import ResponderWanted, apply
from louyu_routing.chase import Chase
from louyu_routing.store import timeline as timeline_store
from louyu_routing.telling import Telling
from louyu_routing.timers import Timers
from louyu_runtime.identity import Principal
from louyu_runtime.ids import named_id
from louyu_sdk import (
    Action,
    Answer,
    Capability,
    ChainTimes,
    ChangeKind,
    Match,
    Plan,
    Question,
    QuestionChange,
    QuestionState,
    Reason,
    Refuse,
    ResponderById,
    ResponderType,
    Step,
    closing_chain,
    hookimpl,
)
from louyu_sdk.loading import load_plugins

from tests.routing.conftest import COMMUNITY, Neighbourhood, person, started

SQUAD = ResponderType(
    key="volunteer_squad",
    name_zh="志愿小分队",
    name_en="Volunteer squad",
    capabilities=frozenset({Capability.ANSWER}),
    promise=builtin_responders.PROMISE,
)


class Squad:
    """A plugin that claims every question, and whose plan does as the test says."""

    louyu_contract = 1

    def __init__(self, plan: object, actions: Sequence[Action] = ()) -> None:
        self._plan = plan
        self._actions = actions
        self.told: list[QuestionChange] = []
        self.seen: list[Question] = []

    @hookimpl
    def louyu_responder_types(self) -> list[ResponderType]:
        """Supply the squad."""
        return [SQUAD]

    @hookimpl
    def louyu_match(self, question: Question) -> Match:
        """Claim it."""
        self.seen.append(question)
        return Match(
            responder_type="volunteer_squad",
            score=1.0,
            reasons=(Reason(text="小分队能做", evidence=("楼道灯", "坏了")),),
        )

    @hookimpl
    def louyu_plan(self, question: Question) -> object:
        """Do as the test says."""
        if isinstance(self._plan, Exception):
            raise self._plan
        return self._plan

    @hookimpl
    def louyu_question_changed(self, question: Question, change: QuestionChange) -> Sequence[Action]:
        """Remember it, and act on the first step."""
        self.told.append(change)
        self.seen.append(question)
        return self._actions if change.kind is ChangeKind.STEP_STARTED and change.step == 0 else ()


async def with_squad(
    neighbourhood: Neighbourhood, plan: object, actions: Sequence[Action] = ()
) -> tuple[Squad, Telling]:
    """Let the squad be the only plugin beside the built-in one."""
    squad = Squad(plan, actions)
    plugins = await started(load_plugins((), built_in={builtin_responders.NAME: builtin_responders, "squad": squad}))
    neighbourhood.plugins.close()
    neighbourhood.plugins = plugins
    neighbourhood.timers = Timers(neighbourhood.database, plugins, neighbourhood.watchers)
    return squad, Telling(neighbourhood.database, plugins, neighbourhood.timers.wake)


CHAIN = Plan(steps=closing_chain(ChainTimes()), promise=builtin_responders.PROMISE)
RESPONDER = named_id(COMMUNITY, "responder", "property")
SQUAD_FIRST = Plan(
    steps=(Step(whom=(ResponderById(RESPONDER),), how_long=timedelta(hours=1)), *closing_chain(ChainTimes())),
    promise=builtin_responders.PROMISE,
)


async def with_squad_in_the_file(neighbourhood: Neighbourhood) -> None:
    """Let the community's file name the squad, under the key whose staff the plumber is."""
    wanted = ResponderWanted(key="property", type="volunteer_squad", name="小分队", building_keys=(), settings={})
    async with neighbourhood.database.transaction(COMMUNITY) as tx:
        await apply(tx, neighbourhood.plugins, Chase(), [wanted], is_dry_run=False)


async def test_plugin_is_told_of_its_questions_changes_in_order(neighbourhood: Neighbourhood) -> None:
    squad, telling = await with_squad(neighbourhood, CHAIN)
    seq, _ = await neighbourhood.ask("asker", "楼道灯坏了，谁来修一下")
    await neighbourhood.post("head", "修好了，换了新灯泡", reply_to=seq)
    while await telling.tell_untold():
        pass
    assert [change.kind.value for change in squad.told] == ["opened", "step_started", "answered"]
    assert squad.told[1].step == 0


async def test_change_whose_teller_died_is_told_by_another(neighbourhood: Neighbourhood) -> None:
    squad, telling = await with_squad(neighbourhood, CHAIN)
    await neighbourhood.ask("asker", "楼道灯坏了，谁来修一下")
    async with neighbourhood.database.transaction() as tx:
        await timeline_store.claim_untold(tx, 10)
    assert await telling.tell_untold() == 0
    await neighbourhood.clock.move(seconds=timeline_store.LEASE.total_seconds())
    while await telling.tell_untold():
        pass
    assert [change.kind.value for change in squad.told] == ["opened", "step_started"]


async def test_plugin_answers_for_its_own_responder(neighbourhood: Neighbourhood) -> None:
    _, telling = await with_squad(neighbourhood, SQUAD_FIRST, [Answer(responder_id=RESPONDER, text="已经清理")])
    await with_squad_in_the_file(neighbourhood)
    await neighbourhood.ask("asker", "楼道灯坏了，谁来修一下")
    while await telling.tell_untold():
        pass
    question = (await neighbourhood.newest()).question
    assert (question.state, question.answered_by) == (QuestionState.ANSWERED, "小分队")


async def test_refusal_of_a_plugin_begins_the_next_step(neighbourhood: Neighbourhood) -> None:
    _, telling = await with_squad(neighbourhood, SQUAD_FIRST, [Refuse(responder_id=RESPONDER, reason="要动电，太危险")])
    await with_squad_in_the_file(neighbourhood)
    await neighbourhood.ask("asker", "楼道灯坏了，谁来修一下")
    while await telling.tell_untold():
        pass
    assert await neighbourhood.asked() == ["volunteer_squad", "building_head"]


async def test_plugin_refuses_only_while_its_responder_is_asked(neighbourhood: Neighbourhood) -> None:
    _, telling = await with_squad(neighbourhood, CHAIN, [Refuse(responder_id=RESPONDER, reason="要动电，太危险")])
    await with_squad_in_the_file(neighbourhood)
    await neighbourhood.ask("asker", "楼道灯坏了，谁来修一下")
    while await telling.tell_untold():
        pass
    assert await neighbourhood.asked() == ["building_head"]
    assert (await neighbourhood.newest()).timeline[-1].staff_only


async def test_plugin_is_told_which_responders_are_named_and_which_are_asked(neighbourhood: Neighbourhood) -> None:
    squad, telling = await with_squad(neighbourhood, SQUAD_FIRST)
    await with_squad_in_the_file(neighbourhood)
    await neighbourhood.ask("asker", "楼道灯坏了，谁来修一下")
    await neighbourhood.later(hours=1)
    while await telling.tell_untold():
        pass
    started = [change for change in squad.told if change.kind is ChangeKind.STEP_STARTED]
    assert [change.asked_responder_ids for change in started] == [(RESPONDER,), ()]
    assert squad.seen[-1].responder_ids == (RESPONDER,)


async def test_no_phone_number_reaches_a_plugin(neighbourhood: Neighbourhood) -> None:
    squad, telling = await with_squad(neighbourhood, CHAIN)
    seq, _ = await neighbourhood.ask("asker", "楼道灯坏了，谁来修一下，打我电话13800138000")
    await neighbourhood.post("head", "修好了，有事找13900139000", reply_to=seq)
    while await telling.tell_untold():
        pass
    assert {question.text for question in squad.seen} == {"楼道灯坏了，谁来修一下，打我电话138****8000"}
    assert [change.text for change in squad.told][-1] == "修好了，有事找139****9000"


async def test_plugin_sees_the_words_that_decided_the_classification(neighbourhood: Neighbourhood) -> None:
    squad, _ = await with_squad(neighbourhood, CHAIN)
    await neighbourhood.ask("asker", "楼道灯坏了，谁来修一下")
    (question,) = squad.seen
    assert question.classification.because
    assert all(word in question.text for word in question.classification.because)


async def test_staff_see_why_a_plugin_takes_a_question_for_its_own(neighbourhood: Neighbourhood) -> None:
    await with_squad(neighbourhood, CHAIN)
    await neighbourhood.ask("asker", "楼道灯坏了，谁来修一下")
    view = await neighbourhood.newest()
    staff = Principal(kind="person", id=person("head"), roles=frozenset({"building_head"}))
    assert views.as_seen_by(staff, view).match_reasons == (Reason(text="小分队能做", evidence=("楼道灯", "坏了")),)


async def test_residents_do_not_see_the_reasons_of_a_plugin(neighbourhood: Neighbourhood) -> None:
    await with_squad(neighbourhood, CHAIN)
    await neighbourhood.ask("asker", "楼道灯坏了，谁来修一下")
    resident = Principal(kind="person", id=person("asker"), roles=frozenset({"resident"}))
    assert views.as_seen_by(resident, await neighbourhood.newest()).match_reasons == ()


async def test_action_that_is_not_allowed_is_refused_and_noted_for_staff(neighbourhood: Neighbourhood) -> None:
    _, telling = await with_squad(neighbourhood, CHAIN, [Answer(responder_id=RESPONDER, text="已经清理")])
    await neighbourhood.ask("asker", "楼道灯坏了，谁来修一下")
    while await telling.tell_untold():
        pass
    view = await neighbourhood.newest()
    assert view.question.state is QuestionState.ASSIGNED
    assert view.timeline[-1].staff_only


async def test_plan_of_the_winning_plugin_is_carried_out(neighbourhood: Neighbourhood) -> None:
    await neighbourhood.ask("asker", "楼道灯坏了，谁来修一下")
    view = await neighbourhood.newest()
    assert view.question.plugin == "property"
    assert [step.who for step in view.plan][-4:] == ["property", "building_head", "liaison", "secretary"]
    await neighbourhood.later(minutes=5)
    assert person("plumber") in (await neighbourhood.newest()).question.waiting_for


@pytest.mark.parametrize(
    "plan",
    [
        RuntimeError("broken"),
        None,
        SimpleNamespace(steps=()),
        "rubbish",
    ],
)
async def test_failing_plugin_leaves_the_question_to_the_built_in_plan(
    neighbourhood: Neighbourhood, plan: object
) -> None:
    await with_squad(neighbourhood, plan)
    await neighbourhood.ask("asker", "楼道灯坏了，谁来修一下")
    view = await neighbourhood.newest()
    assert view.question.plugin == ""
    assert [step.who for step in view.plan] == ["neighbours", "building_head", "liaison", "secretary"]


async def test_emergency_asks_no_plugin(neighbourhood: Neighbourhood) -> None:
    await with_squad(neighbourhood, RuntimeError("broken"))
    _, question = await neighbourhood.ask("asker", "厨房着火了快来人")
    assert person("head") in question.waiting_for
