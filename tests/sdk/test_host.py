"""What services get from their plugins: matches in order, plans, actions, and faults instead of surprises."""

import dataclasses
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace

import pytest
from louyu_sdk import (
    Capability,
    ChannelAccount,
    Directory,
    Match,
    Note,
    Plan,
    PluginSettings,
    Question,
    Reason,
    ResponderById,
    ResponderType,
    SettingsSection,
    Step,
    WhatThen,
)
from louyu_sdk.host import PluginHost, PluginMatch
from louyu_sdk.loading import load_plugins
from louyu_sdk.testing import example_change, example_directory, example_question

from tests.sdk.conftest import plugin_of
from tests.sdk.lobby import Lobby


class Hours(PluginSettings):
    opens_at: int = 9


def type_of(key: str) -> ResponderType:
    capabilities = frozenset({Capability.ANSWER})
    return ResponderType(key=key, name_zh="甲", name_en="A", capabilities=capabilities, promise=timedelta(hours=1))


def responder_plugin(key: str, score: float | None, **more: Callable[..., object]) -> SimpleNamespace:
    """Return a plugin with one type that gives every question the same score."""
    match = score and Match(responder_type=key, score=score, reasons=(Reason(text="总是"),))
    return plugin_of(
        **{"louyu_responder_types": lambda: [type_of(key)], "louyu_match": lambda question: match or None, **more}
    )


async def started(**plugins: SimpleNamespace) -> PluginHost:
    host = PluginHost(load_plugins((), built_in=plugins))
    await host.start()
    return host


def plan_asking(responder_id: str) -> Plan:
    step = Step(whom=(ResponderById(responder_id),), how_long=timedelta(hours=1), what_then=WhatThen.REPEAT)
    return Plan(steps=(step,), promise=timedelta(hours=1))


async def test_the_best_match_comes_first_and_ties_go_by_name() -> None:
    host = await started(
        weak=responder_plugin("c", 0.2), b=responder_plugin("b", 0.9), a=responder_plugin("a", 0.9),
        none=responder_plugin("d", None),
    )  # fmt: skip
    assert [one.plugin for one in await host.match(example_question())] == ["a", "b", "weak"]


async def test_a_match_for_another_plugins_type_counts_as_nothing() -> None:
    foreign = Match(responder_type="a", score=1.0, reasons=(Reason(text="抢"),))
    host = await started(
        a=responder_plugin("a", 0.3), thief=responder_plugin("b", None, louyu_match=lambda question: foreign)
    )
    assert [one.plugin for one in await host.match(example_question())] == ["a"]


async def test_two_plugins_with_one_type_leave_the_second_out() -> None:
    host = await started(a=responder_plugin("same", 0.3), b=responder_plugin("same", 0.9))
    assert [one.plugin for one in await host.match(example_question())] == ["a"]
    assert [(fault.name, fault.error) for fault in host.faults] == [
        ("b", "responder type same belongs to the plugin a already; rename one")
    ]
    assert [plugin.name for plugin in host.plugins] == ["a"]


async def test_a_plugin_that_fails_at_the_start_is_left_out() -> None:
    def no_types() -> list[ResponderType]:
        raise OSError("no network")

    host = await started(
        a=responder_plugin("a", 0.3), broken=responder_plugin("b", 0.9, louyu_responder_types=no_types)
    )
    assert [one.key for one in host.responder_types] == ["a"]
    assert host.faults[0].name == "broken"


async def test_settings_sections_are_found_by_type() -> None:
    section = SettingsSection(responder_type="a", model=Hours)
    host = await started(a=responder_plugin("a", 0.3, louyu_settings=lambda: [section]), b=responder_plugin("b", 0.3))
    assert (host.settings_section("a"), host.settings_section("b")) == (section, None)


async def test_settings_for_a_foreign_type_leave_the_plugin_out() -> None:
    section = SettingsSection(responder_type="b", model=Hours)
    host = await started(a=responder_plugin("a", 0.3, louyu_settings=lambda: [section]))
    assert "which is not a type of this plugin" in host.faults[0].error


async def test_settings_without_a_default_leave_the_plugin_out() -> None:
    class Strict(PluginSettings):
        phone_hours: int

    section = SettingsSection(responder_type="a", model=Strict)
    host = await started(a=responder_plugin("a", 0.3, louyu_settings=lambda: [section]))
    assert "Strict.phone_hours has no default" in host.faults[0].error


async def test_the_plan_is_made_by_the_plugin_whose_match_won() -> None:
    def plan(question: Question, match: Match, directory: Directory) -> Plan:
        return plan_asking(directory.responders[0].id)

    host = await started(a=responder_plugin("a", 0.3, louyu_plan=plan), b=responder_plugin("b", 0.9))
    directory = example_directory("a")
    b, a = await host.match(example_question())
    assert await host.plan(a, example_question(), directory) == plan_asking(directory.responders[0].id)
    assert await host.plan(b, example_question(), directory) is None


async def test_a_plan_that_asks_an_unknown_responder_is_not_used() -> None:
    host = await started(a=responder_plugin("a", 0.3, louyu_plan=lambda question: plan_asking("somebody else")))
    (match,) = await host.match(example_question())
    assert await host.plan(match, example_question(), example_directory("a")) is None


async def test_actions_come_back_in_order() -> None:
    notes = [Note(text="一"), Note(text="二")]
    host = await started(a=responder_plugin("a", 0.3, louyu_question_changed=lambda change: notes))
    assert await host.question_changed("a", example_question(), example_change()) == tuple(notes)


async def test_too_many_actions_count_as_nothing() -> None:
    host = await started(a=responder_plugin("a", 0.3, louyu_question_changed=lambda: [Note(text="又")] * 11))
    assert await host.question_changed("a", example_question(), example_change()) == ()


async def test_a_plugin_that_is_no_longer_installed_asks_nothing() -> None:
    host = await started(a=responder_plugin("a", 0.3))
    gone = PluginMatch(plugin="gone", match=Match(responder_type="x", score=1.0, reasons=(Reason(text="曾经"),)))
    assert await host.plan(gone, example_question(), example_directory("x")) is None
    assert await host.question_changed("gone", example_question(), example_change()) == ()


async def test_each_account_gets_its_channel() -> None:
    accounts = [ChannelAccount(kind="lobby", name=name, settings={}) for name in ("east", "west")]
    host = await started(lobby=plugin_of(louyu_channels=lambda accounts: [Lobby(account=one.name) for one in accounts]))
    assert [channel.account for channel in await host.channels(accounts)] == ["east", "west"]


async def test_a_channel_that_is_taken_leaves_the_second_plugin_out() -> None:
    host = await started(a=plugin_of(louyu_channels=lambda: [Lobby()]), b=plugin_of(louyu_channels=lambda: [Lobby()]))
    assert len(await host.channels(())) == 1
    assert host.faults[0].error == "channel lobby belongs to another plugin already"


async def test_a_channel_with_a_blocking_send_is_refused() -> None:
    class Blocking(Lobby):
        def send(self, batch: object) -> list[object]:  # type: ignore[override]
            return []

    host = await started(a=plugin_of(louyu_channels=lambda: [Blocking()]))
    assert await host.channels(()) == ()
    assert "must be `async def`" in host.faults[0].error


@pytest.mark.parametrize("times", [1, 3])
def test_the_question_that_is_asked_about_is_frozen(times: int) -> None:
    question = dataclasses.replace(example_question(), times_reopened=times)
    with pytest.raises(dataclasses.FrozenInstanceError):
        question.text = "改了"  # type: ignore[misc]


async def test_failed_calls_of_a_plugin_are_counted_and_its_rest_is_told() -> None:
    host = await started(broken=responder_plugin("broken", None, louyu_match=lambda question: 1 / 0))
    for _ in range(7):
        await host.match(example_question())
    (state,) = host.states("routing")
    assert (state.state, state.failure_count) == ("resting", 5)  # the last two were not called
    assert state.last_failure.startswith("louyu_match raised: ZeroDivisionError")
    assert state.last_failed_at is not None
    host.close()


async def test_a_service_tells_only_of_plugins_whose_hooks_it_calls() -> None:
    host = await started(squad=responder_plugin("squad", 0.5))
    assert [state.name for state in host.states("routing")] == ["squad"]
    assert host.states("notify") == []
    host.close()
