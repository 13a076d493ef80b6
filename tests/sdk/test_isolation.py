"""No plugin takes its caller, the event loop or another plugin down."""

import asyncio
import contextvars
import threading
from collections.abc import Iterator
from typing import NoReturn

import pytest
from louyu_sdk import Match, Question
from louyu_sdk.errors import PluginBusy, PluginLeftOut, PluginRaised, PluginTooSlow, ResultRefused
from louyu_sdk.isolation import CallFailure, IsolatedCalls
from louyu_sdk.loading import load_plugins
from louyu_sdk.results import checked_match
from louyu_sdk.testing import example_question
from louyu_sdk.workers import LONGEST_QUEUE, THREADS

from tests.embedded.waiting import until
from tests.sdk.conftest import plugin_of

request_id: contextvars.ContextVar[str] = contextvars.ContextVar("request_id", default="none")


def good(question: Question) -> None:
    assert request_id.get() == "r1"


def raise_it(question: Question) -> NoReturn:
    raise ValueError(question.text)


def leave(question: Question) -> NoReturn:
    raise SystemExit(1)


class Rig:
    """Four plugins, of which only `good` behaves."""

    def __init__(self) -> None:
        self.released = threading.Event()
        self.failures: list[CallFailure] = []
        plugins = {
            "good": plugin_of(louyu_match=good),
            "sleeping": plugin_of(louyu_match=lambda question: self.released.wait(timeout=60)),
            "raising": plugin_of(louyu_match=raise_it),
            "leaving": plugin_of(louyu_match=leave),
            "rubbish": plugin_of(louyu_match=lambda question: "yes"),
        }
        self.calls = IsolatedCalls(
            load_plugins((), built_in=plugins).manager, on_failure=self.failures.append, clock=lambda: 0.0
        )

    async def match(self, plugin: str) -> Match | None:
        return await self.calls.call(
            plugin, "louyu_match", {"question": example_question()}, check=lambda result: checked_match(result, ())
        )


@pytest.fixture
def rig() -> Iterator[Rig]:
    rig = Rig()
    request_id.set("r1")
    yield rig
    rig.released.set()
    rig.calls.close()


async def test_a_call_sees_the_context_of_its_caller(rig: Rig) -> None:
    assert await rig.match("good") is None
    assert rig.failures == []


async def test_an_error_is_reported_without_what_a_resident_wrote(rig: Rig) -> None:
    with pytest.raises(PluginRaised) as raised:
        await rig.match("raising")
    assert isinstance(raised.value.__cause__, ValueError)
    (failure,) = rig.failures
    assert (failure.plugin, failure.call, failure.reason) == ("raising", "louyu_match", "raised")
    assert "ValueError in raise_it (test_isolation.py:" in failure.error
    assert example_question().text not in failure.error


async def test_a_plugin_that_wants_to_end_the_process_only_fails(rig: Rig) -> None:
    with pytest.raises(PluginRaised, match="SystemExit"):
        await rig.match("leaving")


async def test_rubbish_is_refused(rig: Rig) -> None:
    with pytest.raises(ResultRefused, match="louyu_match returned str"):
        await rig.match("rubbish")


async def test_a_sleeping_plugin_is_given_up_at_its_time_limit(rig: Rig) -> None:
    started = asyncio.get_running_loop().time()
    with pytest.raises(PluginTooSlow, match=r"within 0\.5 s"):
        await rig.match("sleeping")
    assert asyncio.get_running_loop().time() - started < 2


async def test_a_sleeping_plugin_does_not_hold_up_another(rig: Rig) -> None:
    sleepers = [asyncio.ensure_future(rig.match("sleeping")) for _ in range(THREADS * 4)]
    await asyncio.sleep(0)
    assert await rig.match("good") is None
    assert not any(sleeper.done() for sleeper in sleepers)
    assert all(isinstance(error, PluginTooSlow) for error in await asyncio.gather(*sleepers, return_exceptions=True))


async def test_more_calls_than_threads_and_queue_hold_are_refused_at_once(rig: Rig) -> None:
    calls = [asyncio.ensure_future(rig.match("sleeping")) for _ in range(THREADS + LONGEST_QUEUE + 20)]
    done, waiting = await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
    assert {type(call.exception()) for call in done} == {PluginBusy}
    assert rig.calls.left_out() == ()
    await asyncio.gather(*waiting, return_exceptions=True)


async def test_a_plugin_whose_threads_all_hang_is_not_waited_for_until_one_returns(rig: Rig) -> None:
    calls = [asyncio.ensure_future(rig.match("sleeping")) for _ in range(THREADS)]
    await asyncio.gather(*calls, return_exceptions=True)
    assert rig.calls.hanging() == ("sleeping",)
    assert rig.calls.left_out() == ()
    with pytest.raises(PluginLeftOut, match="all threads of sleeping hang"):
        await rig.match("sleeping")
    rig.released.set()
    await until(lambda: not rig.calls.hanging())
    with pytest.raises(ResultRefused):
        await rig.match("sleeping")


async def test_after_five_failures_a_plugin_is_left_out_without_being_called(rig: Rig) -> None:
    for _ in range(5):
        with pytest.raises(PluginRaised):
            await rig.match("raising")
    with pytest.raises(PluginLeftOut):
        await rig.match("raising")
    assert rig.calls.left_out() == ("raising",)
    assert [failure.reason for failure in rig.failures] == ["raised"] * 5 + ["left_out"]


async def test_a_caller_who_gives_up_is_not_held(rig: Rig) -> None:
    call = asyncio.ensure_future(rig.match("sleeping"))
    await asyncio.sleep(0)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert rig.failures == []
