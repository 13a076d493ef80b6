"""Posting: in order, once, durable, and nobody harmed by a neighbour's fault."""

import asyncio
import gc
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from louyu.messaging.v1 import message_pb2
from louyu.messaging.v1 import messaging_service_pb2 as pb
from louyu_messaging.drafts import draft_message
from louyu_messaging.message import NewMessage
from louyu_messaging.posting import MOST_WAITING, Draft, Posted, Poster, Refusal
from louyu_messaging.store.hot import HotStore
from louyu_runtime.errors import RemoteError, ResourceExhausted, Unavailable

from tests.messaging.community import (
    COMMUNITY,
    GROUP_28,
    GROUP_SMALL,
    NOTIFY,
    OPERATOR,
    Messaging,
    person,
    person_id,
)


def draft(text: str, key: str, *, who: str = "zhang", group: str = GROUP_28) -> Draft:
    """Return a draft as the API makes it."""
    return draft_message(COMMUNITY, group, NewMessage(person_id(who), text, "text", key))


async def test_sixty_four_callers_get_gapless_numbers(messaging: Messaging) -> None:
    async def caller(number: int) -> list[int]:
        return [(await messaging.post(f"{number}/{turn}", f"{number}/{turn}")).seq for turn in range(5)]

    numbers = await asyncio.gather(*map(caller, range(64)))

    assert sorted(seq for own in numbers for seq in own) == list(range(1, 321))
    assert all(own == sorted(own) for own in numbers)
    assert [message.seq for message in await messaging.messages()] == list(range(1, 321))


async def test_two_processes_number_the_same_groups_without_gaps(messaging: Messaging, database_url: str) -> None:
    async with HotStore(database_url) as first, HotStore(database_url) as second:
        posters = [Poster(store.post_messages, lambda flushed: None) for store in (first, second)]
        drafts = [
            draft("一", f"key-{number}", who="shuji", group=(GROUP_28, GROUP_SMALL)[number % 2])
            for number in range(300)
        ]
        await asyncio.gather(*(posters[number // 2 % 2].post(each) for number, each in enumerate(drafts)))

    for group in (GROUP_28, GROUP_SMALL):
        assert [message.seq for message in await messaging.messages(group)] == list(range(1, 151))


async def test_a_repeat_gets_the_first_answer(messaging: Messaging) -> None:
    first = await messaging.post("暖气不热", "same")
    again = await messaging.post("暖气不热", "same")

    assert again == first
    assert await messaging.texts() == ["暖气不热"]
    assert len(await messaging.outbox("MessagePosted")) == 1


async def test_the_same_key_at_the_same_time_posts_once(messaging: Messaging) -> None:
    answers = await asyncio.gather(*(messaging.post("暖气不热", "same") for _ in range(16)))

    assert {answer.message_id for answer in answers} == {answers[0].message_id}
    assert await messaging.texts() == ["暖气不热"]


async def test_the_same_key_in_two_processes_at_the_same_time_posts_once(
    messaging: Messaging, database_url: str
) -> None:
    async with HotStore(database_url) as first, HotStore(database_url) as second:
        outcomes = await asyncio.gather(
            *(store.post_messages([draft("暖气不热", f"same-{n}")]) for n in range(20) for store in (first, second))
        )

    seqs = [outcome.seq for (outcome,) in outcomes if isinstance(outcome, Posted)]
    assert len(seqs) == 40
    assert sorted(set(seqs)) == list(range(1, 21))
    assert len(await messaging.texts()) == 20


async def test_one_key_for_two_groups_at_the_same_time_stands_in_one(messaging: Messaging, database_url: str) -> None:
    async with HotStore(database_url) as first, HotStore(database_url) as second:
        outcomes = await asyncio.gather(
            first.post_messages([draft("通知", "same", who="shuji")]),
            second.post_messages([draft("通知", "same", who="shuji", group=GROUP_SMALL)]),
        )

    assert sorted(type(outcome).__name__ for (outcome,) in outcomes) == ["Posted", "Refusal"]
    assert len(await messaging.texts()) + len(await messaging.texts(GROUP_SMALL)) == 1


async def test_done_but_reported_as_timed_out_is_found_by_the_repeat(messaging: Messaging, database_url: str) -> None:
    async with HotStore(database_url) as store:

        async def flush_without_answer(drafts: list[Draft]) -> list[Posted | Refusal]:
            await store.post_messages(drafts)
            raise Unavailable("the answer was lost")

        poster = Poster(flush_without_answer, lambda flushed: None)  # type: ignore[arg-type]
        with pytest.raises(Unavailable):
            await poster.post(draft("暖气不热", "same"))

    answer = await messaging.post("暖气不热", "same")

    assert answer.seq == 1
    assert await messaging.texts() == ["暖气不热"]


async def test_a_batch_whose_flush_fails_fails_once() -> None:
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))

    async def no_flush(drafts: list[Draft]) -> list[Posted]:
        raise Unavailable("the database is away")

    poster = Poster(no_flush, lambda flushed: None)  # type: ignore[arg-type]
    with pytest.raises(Unavailable):
        await poster.post_all([draft("x", str(number)) for number in range(3)])
    gc.collect()

    assert complaints == []


async def test_another_message_under_a_used_key_is_refused(messaging: Messaging) -> None:
    await messaging.post("暖气不热", "same")

    with pytest.raises(RemoteError) as refused:
        await messaging.post("电梯坏了", "same")

    assert refused.value.code.name == "INVALID_ARGUMENT"
    assert refused.value.reason == "IDEMPOTENCY_KEY_REUSED"
    assert refused.value.field == "message.idempotency_key"
    assert await messaging.texts() == ["暖气不热"]


async def test_bad_rows_of_a_batch_do_not_harm_the_good_ones(messaging: Messaging) -> None:
    def row(key: str, group: str = GROUP_28, **fields: Any) -> pb.GroupMessage:
        values: dict[str, Any] = {"text": key, "idempotency_key": key, "sender_id": person_id("zhang")}
        message = message_pb2.NewMessage(**(values | fields))
        return pb.GroupMessage(group_id=group, message=message)

    future = Timestamp()
    future.FromDatetime(datetime.now(UTC) + timedelta(days=1))
    request = pb.PostMessageBatchRequest(
        community_id=COMMUNITY,
        messages=[
            row("first"),
            row("elsewhere", group=person_id("nobody")),
            row("not-mine", group=GROUP_SMALL),
            row("too-long", text="长" * 2001),
            row("nul", text="a\x00b"),
            row("reply", reply_to_seq=99),
            row("future", said_at=future),
            row("nobody", sender_id=person_id("nobody")),
            row("first"),
            row("no-group", group="28"),
            row("last"),
        ],
    )

    results = (await messaging.call("PostMessageBatch", request, OPERATOR)).results

    assert [result.refusal for result in results] == [
        "",
        "GROUP_NOT_FOUND",
        "SENDER_NOT_MEMBER",
        "TEXT_TOO_LONG",
        "MESSAGE_UNREADABLE",
        "REPLY_NOT_FOUND",
        "SAID_IN_FUTURE",
        "SENDER_NOT_MEMBER",
        "",
        "INVALID_ARGUMENT",
        "",
    ]
    assert [result.seq for result in results] == [1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2]
    assert await messaging.texts() == ["first", "last"]


async def test_a_row_that_breaks_the_whole_statement_fails_alone(messaging: Messaging, database_url: str) -> None:
    async with HotStore(database_url) as store:
        poster = Poster(store.post_messages, lambda flushed: None)
        outcomes = await asyncio.gather(
            poster.post(draft("first", "1")),
            _post_broken(poster),
            poster.post(draft("last", "3")),
            return_exceptions=True,
        )

    assert [type(outcome).__name__ for outcome in outcomes] == ["Posted", "BadRow", "Posted"]
    assert await messaging.texts() == ["first", "last"]


async def _post_broken(poster: Poster) -> Posted:
    """Post something that the database cannot take, past the check that would refuse it."""
    good = draft("broken", "2")
    bad = Draft(
        good.community_id,
        good.group_id,
        good.caller,
        good.request_hash,
        good.message_id,
        NewMessage(good.message.sender_id, "a\x00b", "text", "2"),
        good.payload,
        good.traceparent,
    )
    return await poster.post(bad)


async def test_what_one_caller_abandons_does_not_harm_the_others(messaging: Messaging, database_url: str) -> None:
    async with HotStore(database_url) as store:
        poster = Poster(store.post_messages, lambda flushed: None)
        posts = [asyncio.create_task(poster.post(draft(str(number), str(number)))) for number in range(6)]
        await asyncio.sleep(0)
        posts[0].cancel()
        posts[4].cancel()
        outcomes = await asyncio.gather(*posts, return_exceptions=True)

    done = [outcome for outcome in outcomes if isinstance(outcome, Posted)]
    assert len(done) == 4
    assert [message.seq for message in await messaging.messages()] == list(range(1, len(await messaging.texts()) + 1))


async def test_more_than_can_wait_is_refused_with_a_time_to_try_again() -> None:
    may_flush = asyncio.Event()

    async def slow_flush(drafts: list[Draft]) -> list[Posted]:
        await may_flush.wait()
        return [Posted(each.message_id, each.group_id, 1, datetime.now(UTC), is_repeat=False) for each in drafts]

    poster = Poster(slow_flush, lambda flushed: None)  # type: ignore[arg-type]
    waiting = asyncio.create_task(poster.post_all([draft("x", str(number)) for number in range(MOST_WAITING)]))
    await asyncio.sleep(0)

    with pytest.raises(ResourceExhausted) as refused:
        await poster.post_all([draft("x", f"more-{number}") for number in range(600)])

    assert refused.value.retry_after_seconds == 1.0
    may_flush.set()
    assert len(await waiting) == MOST_WAITING


async def test_a_message_says_who_spoke_and_as_what(messaging: Messaging) -> None:
    await messaging.post("今晚恢复供暖", "1", who="louzhang", reply_to_seq=0)
    platform = message_pb2.NewMessage(text="已登记", idempotency_key="2", is_platform=True, question_id="q-17")
    await messaging.call(
        "PostMessage", pb.PostMessageRequest(community_id=COMMUNITY, group_id=GROUP_28, message=platform), NOTIFY
    )

    head, own = await messaging.messages()
    events = await messaging.outbox("MessagePosted")

    assert (head.sender_name, list(head.sender_roles), head.is_platform) == ("孙楼长", ["building_head"], False)
    assert (own.sender_name, own.sender_id, own.is_platform, own.question_id) == ("楼宇助手", "", True, "q-17")
    for message, event in zip((head, own), events, strict=True):
        assert (event.seq, event.message_id, event.text) == (message.seq, message.id, message.text)
        assert (event.sender_id, event.sender_name) == (message.sender_id, message.sender_name)
        assert list(event.sender_roles) == list(message.sender_roles)
        assert event.posted_at == message.posted_at
        assert (event.is_platform, event.question_id) == (message.is_platform, message.question_id)


async def test_history_is_posted_with_the_time_when_it_was_said(messaging: Messaging) -> None:
    said_at = Timestamp()
    said_at.FromDatetime(datetime(2017, 11, 20, 12, 30, tzinfo=UTC))
    message = message_pb2.NewMessage(
        text="暖气不热", idempotency_key="1", sender_id=person_id("zhang"), said_at=said_at, via=message_pb2.VIA_VOICE
    )

    await messaging.call(
        "PostMessage", pb.PostMessageRequest(community_id=COMMUNITY, group_id=GROUP_28, message=message), OPERATOR
    )

    (found,) = await messaging.messages()
    assert (found.posted_at, found.via) == (said_at, message_pb2.VIA_VOICE)


NOT_TO_BE_POSTED: list[tuple[dict[str, Any], str]] = [
    ({"text": ""}, "message.text"),
    ({"text": "\u200b\u3000\u3164\n"}, "message.text"),
    ({"sender_id": person_id("zhang"), "question_id": "q-17"}, "message.question_id"),
    ({"sender_id": person_id("zhang"), "is_platform": True}, "message.is_platform"),
    ({"text": "长" * 2001}, "message.text"),
    ({"idempotency_key": ""}, "message.idempotency_key"),
    ({"media_ids": ["m"] * 10}, "message.media_ids"),
    ({"media_ids": ["a,b"]}, "message.media_ids[0]"),
    ({"reply_to_seq": 7}, "message.reply_to_seq"),
    ({"is_platform": True}, "message.is_platform"),
    ({"sender_id": "b59ff57f-4c9a-511b-9433-7e9d842db800"}, "message.sender_id"),
    ({"question_id": "q-1"}, "message.question_id"),
    ({"said_at": Timestamp(seconds=1)}, "message.said_at"),
]


async def test_what_cannot_be_posted_names_its_field(messaging: Messaging, subtests: pytest.Subtests) -> None:
    for fields, field in NOT_TO_BE_POSTED:
        values: dict[str, Any] = {"text": "x", "idempotency_key": "1"}
        message = message_pb2.NewMessage(**(values | fields))
        request = pb.PostMessageRequest(community_id=COMMUNITY, group_id=GROUP_28, message=message)
        with subtests.test(field), pytest.raises(RemoteError) as refused:
            await messaging.call("PostMessage", request, person("zhang"))

        assert (refused.value.code.name, refused.value.field) == ("INVALID_ARGUMENT", field)
    assert await messaging.texts() == []
