"""Posting a log, as `louyu replay` does: each group's messages in their order, once, however often it is begun."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest
from louyu.messaging.v1 import message_pb2
from louyu.messaging.v1 import messaging_service_pb2 as pb
from louyu_cli import patience
from louyu_cli.log_posting import BATCH, LogPosting, Said
from louyu_runtime.errors import RemoteError

from tests.messaging.community import COMMUNITY, GROUP_28, GROUP_SMALL, Messaging, person_id

BEGINNING = datetime(2026, 1, 15, 10, tzinfo=UTC)


def said(number: int, *, who: str = "shuji", group: str = "", at: datetime | None = None) -> Said:
    """Return line `number` of a log that changes between two groups."""
    message = message_pb2.NewMessage(text=str(number), sender_id=person_id(who), idempotency_key=f"log/{number}")
    group = group or (GROUP_28, GROUP_SMALL)[number % 2]
    return Said(number, at, pb.GroupMessage(group_id=group, message=message))


async def test_a_log_is_posted_in_its_order_in_each_group(messaging: Messaging) -> None:
    count = 3 * BATCH
    posting = LogPosting(messaging.client, COMMUNITY)
    await posting.post_at_once([said(number) for number in range(count)])

    assert (posting.posted, posting.refused) == (count, [])
    for start, group in enumerate((GROUP_28, GROUP_SMALL)):
        assert await messaging.texts(group) == [str(number) for number in range(start, count, 2)]


async def test_a_log_that_was_left_half_way_is_continued_without_doubling(messaging: Messaging) -> None:
    lines = [said(number) for number in range(40)]
    await LogPosting(messaging.client, COMMUNITY).post_at_once(lines[:23])
    again = LogPosting(messaging.client, COMMUNITY)
    await again.post_at_once(lines)

    assert again.posted == 40
    assert await messaging.texts(GROUP_28) == [str(number) for number in range(0, 40, 2)]
    assert await messaging.texts(GROUP_SMALL) == [str(number) for number in range(1, 40, 2)]


async def test_an_answer_that_was_lost_is_asked_for_again(
    messaging: Messaging, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "PAUSE_SECONDS", 0.0)
    calls = itertools.count()

    class Losing:
        """Loses the answer of every second call."""

        async def call(self, method: str, request: Any, *, timeout: float) -> Any:
            answer = await messaging.call(method, request)
            if next(calls) % 2 == 0:
                raise RemoteError(grpc.StatusCode.UNAVAILABLE, "UNAVAILABLE", "the answer was lost")
            return answer

    posting = LogPosting(Losing(), COMMUNITY)
    await posting.post_at_once([said(number, group=GROUP_28) for number in range(2 * BATCH)])

    assert posting.posted == 2 * BATCH
    assert await messaging.texts() == [str(number) for number in range(2 * BATCH)]


async def test_lines_that_are_refused_are_named_and_the_others_posted(messaging: Messaging) -> None:
    posting = LogPosting(messaging.client, COMMUNITY)
    await posting.post_at_once([said(1), said(2, who="liu"), said(4)])

    assert (posting.posted, posting.refused) == (2, [(2, "SENDER_NOT_MEMBER")])
    assert await messaging.texts(GROUP_28) == ["4"]


async def test_what_nobody_will_take_ends_the_posting(messaging: Messaging) -> None:
    posting = LogPosting(messaging.client, "no community")
    with pytest.raises(RemoteError) as refused:
        await posting.post_at_once([said(1), said(2)])

    assert refused.value.field == "community_id"


async def test_a_pace_keeps_the_order_over_all_groups(messaging: Messaging) -> None:
    calls: list[list[str]] = []

    class Noting:
        """Notes what each call held."""

        async def call(self, method: str, request: Any, *, timeout: float) -> Any:
            calls.append([each.message.text for each in request.messages])
            return await messaging.call(method, request)

    hours = [said(number, at=BEGINNING + timedelta(minutes=20 * number)) for number in range(6)]
    await LogPosting(Noting(), COMMUNITY).post_at_speed(hours, speed=12_000)

    assert calls == [["0", "1"], ["2", "3"], ["4", "5"]]


async def test_long_messages_stay_within_what_a_call_may_hold(messaging: Messaging) -> None:
    lines = []
    for number in range(BATCH):
        line = said(number, group=GROUP_28)
        line.message.message.text = "🏠" * 2000
        lines.append(line)
    posting = LogPosting(messaging.client, COMMUNITY)
    await posting.post_at_once(lines)

    assert posting.posted == BATCH
