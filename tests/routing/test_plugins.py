"""Plugins: their plans are carried out; a failing one leaves the question to the built-in plan."""

from types import SimpleNamespace

import pytest
from louyu_routing import builtin_responders
from louyu_routing.timers import Timers
from louyu_sdk import (
    Capability,
    Match,
    Question,
    Reason,
    ResponderType,
    hookimpl,
)
from louyu_sdk.loading import load_plugins

from tests.routing.conftest import Neighbourhood, person, started

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

    def __init__(self, plan: object) -> None:
        self._plan = plan

    @hookimpl
    def louyu_responder_types(self) -> list[ResponderType]:
        """Supply the squad."""
        return [SQUAD]

    @hookimpl
    def louyu_match(self, question: Question) -> Match:
        """Claim it."""
        return Match(responder_type="volunteer_squad", score=1.0, reasons=(Reason(text="都行"),))

    @hookimpl
    def louyu_plan(self, question: Question) -> object:
        """Do as the test says."""
        if isinstance(self._plan, Exception):
            raise self._plan
        return self._plan


async def with_squad(neighbourhood: Neighbourhood, plan: object) -> None:
    """Let the squad be the only plugin beside the built-in one."""
    built_in = {builtin_responders.NAME: builtin_responders, "squad": Squad(plan)}
    plugins = await started(load_plugins((), built_in=built_in))
    neighbourhood.plugins.close()
    neighbourhood.plugins = plugins
    neighbourhood.timers = Timers(neighbourhood.database, plugins, neighbourhood.watchers)


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
