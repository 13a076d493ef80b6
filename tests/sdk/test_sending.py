"""Whatever a channel does, every delivery of the batch has an outcome, and what cannot be known is called unknown."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest
from louyu_sdk import Delivery, ErrorClass, Outcome, SendError, SendResult
from louyu_sdk.isolation import CallFailure
from louyu_sdk.sending import ChannelSender

from tests.sdk.lobby import Answering, Lobby, delivery, show_all

BATCH = [delivery("1"), delivery("2")]


def sender(answering: Answering, failures: list[CallFailure] | None = None) -> ChannelSender:
    report = failures if failures is not None else []
    limit = timedelta(milliseconds=50)
    return ChannelSender(Lobby(answering), on_failure=report.append, clock=lambda: 0.0, time_limit=limit)


async def break_connection(batch: Sequence[Delivery]) -> list[SendResult]:
    raise ConnectionResetError


async def never_return(batch: Sequence[Delivery]) -> list[SendResult]:
    await asyncio.Event().wait()
    return []


async def swallow_cancellation(batch: Sequence[Delivery]) -> list[SendResult]:
    for _ in range(2):
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            continue
    return []


async def test_results_come_in_the_order_of_the_batch() -> None:
    async def backwards(batch: Sequence[Delivery]) -> list[SendResult]:
        return list(reversed(await show_all(batch)))

    results = await sender(backwards).send(BATCH)
    assert [(one.delivery_id, one.outcome) for one in results] == [
        ("1", Outcome.DELIVERED),
        ("2", Outcome.DELIVERED),
    ]


async def test_a_failure_keeps_what_may_be_done_about_it() -> None:
    spent = SendError(error_class=ErrorClass.QUOTA_SPENT, code="45047", message="out of responses today")

    async def refuse(batch: Sequence[Delivery]) -> list[SendResult]:
        return [SendResult(delivery_id=one.id, outcome=Outcome.FAILED, error=spent) for one in batch]

    assert [one.error for one in await sender(refuse).send(BATCH)] == [spent, spent]


@pytest.mark.parametrize(
    ("answering", "reason"),
    [(break_connection, "raised"), (never_return, "too_slow"), (swallow_cancellation, "too_slow")],
)
async def test_after_an_error_or_the_time_limit_the_outcome_is_unknown(answering: Answering, reason: str) -> None:
    failures: list[CallFailure] = []
    results = await sender(answering, failures).send(BATCH)
    assert [one.outcome for one in results] == [Outcome.UNKNOWN, Outcome.UNKNOWN]
    assert [(failure.plugin, failure.call, failure.reason) for failure in failures] == [("lobby", "send", reason)]


async def test_a_delivery_without_a_result_is_unknown() -> None:
    async def forget_the_last(batch: Sequence[Delivery]) -> list[SendResult]:
        return await show_all(batch[:-1])

    results = await sender(forget_the_last).send(BATCH)
    assert [one.outcome for one in results] == [Outcome.DELIVERED, Outcome.UNKNOWN]


async def test_a_result_for_something_else_is_not_taken() -> None:
    async def confuse(batch: Sequence[Delivery]) -> list[SendResult]:
        return await show_all([delivery("3")])

    assert [one.delivery_id for one in await sender(confuse).send(BATCH)] == ["1", "2"]


async def test_rubbish_leaves_the_outcome_unknown() -> None:
    async def rubbish(batch: Sequence[Delivery]) -> list[SendResult]:
        return ["ok", "ok"]  # type: ignore[list-item]

    assert {one.outcome for one in await sender(rubbish).send(BATCH)} == {Outcome.UNKNOWN}


async def test_after_five_failures_nothing_is_sent_and_it_is_said_so() -> None:
    broken = sender(break_connection)
    for _ in range(5):
        await broken.send(BATCH)
    (result,) = await broken.send([delivery("late")])
    assert result.outcome is Outcome.FAILED
    assert result.error is not None
    assert (result.error.error_class, result.error.retry_after) == (ErrorClass.LATER, timedelta(seconds=60))
    assert isinstance(broken.channel, Lobby)
    assert "late" not in broken.channel.sent


async def test_a_channel_without_receipts_cannot_be_asked_for_them() -> None:
    with pytest.raises(LookupError, match="lobby has no receipts"):
        await sender(show_all).receipts(["1"])
