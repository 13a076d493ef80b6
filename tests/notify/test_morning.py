"""What waited for the end of the quiet hours is told in one message: once, whole, and within what the channel takes."""

import asyncio
from datetime import timedelta

import pytest
from louyu.events.v1 import routing_events_pb2 as events
from louyu_notify import delivery_worker
from louyu_notify.delivery import Notice, Purpose
from louyu_notify.screen_watch import ScreenWatch
from louyu_notify.store import deliveries
from louyu_runtime.database import Database
from louyu_runtime.ids import new_id
from louyu_runtime.rpc.client import Client
from louyu_sdk import RecipientKind, Urgency

from tests.fakes.wechat_account import Account, Person
from tests.notify import wechat
from tests.notify.installation import Notify, put_together
from tests.notify.messaging import Messaging, Stub
from tests.notify.other_channels import TextMessages
from tests.notify.place import COMMUNITY, QUESTION, facts, person
from tests.platform.fixtures import Clock

NIGHT, MORNING = "2026-01-15 23:30", "2026-01-16 07:00"
CONSOLE = "https://louyu.example.org/console/questions/"


@pytest.fixture
async def head(notify: Notify, account: Account, clock: Clock) -> Person:
    """The building head, at night, who wrote an hour ago."""
    await clock.set_local_time(NIGHT)
    notify.messaging.give_address(person("li"), wechat.KEY, "youyou", "oHead", timedelta(hours=1))
    return wechat.wrote_lately(account, "oHead")


async def tell(
    notify: Notify,
    *texts: str,
    to: str = "li",
    channel: str = wechat.KEY,
    others: tuple[str, ...] = (),
    urgency: Urgency = Urgency.NORMAL,
    question: str = QUESTION,
) -> None:
    """Wish to tell a person some things, each because of an event of its own."""
    for text in texts:
        notice = Notice(
            recipient_kind=RecipientKind.PERSON,
            recipient_id=person(to),
            channel=channel,
            other_channels=others,
            purpose=Purpose.STEP,
            text=text,
            url=f"{CONSOLE}{new_id()}",
            urgency=urgency,
        )
        async with notify.database.transaction(COMMUNITY) as tx:
            await deliveries.add(tx, new_id(), [notice], question_id=question, question_number=17)


async def test_what_waited_overnight_comes_in_one_message_that_lists_it(
    notify: Notify, head: Person, clock: Clock
) -> None:
    await tell(notify, "#17：\n「暖气不热」", "#18：「门禁坏了」", "#19：「漏水」")
    await notify.deliver()
    assert head.received == []
    await clock.set_local_time(MORNING)
    await notify.deliver()
    [text] = wechat.contents(head)
    assert "这3件事" in text
    assert "\n1. #17： 「暖气不热」\n2. #18：「门禁坏了」\n3. #19：「漏水」\n" in text
    assert text.endswith("https://louyu.example.org/console/"), "the place above the three pages"
    assert {state for _, state, _ in await notify.states()} == {"delivered"}
    await clock.move(days=1)
    await notify.deliver()
    assert len(head.received) == 1


async def test_one_thing_alone_is_told_as_by_day(notify: Notify, head: Person, clock: Clock) -> None:
    await tell(notify, "#17：「暖气不热」")
    await notify.deliver()
    await clock.set_local_time(MORNING)
    await notify.deliver()
    [text] = wechat.contents(head)
    assert text.startswith("#17：「暖气不热」\nhttps://")
    assert CONSOLE in text


async def test_an_emergency_does_not_wait_and_is_not_merged(notify: Notify, head: Person, clock: Clock) -> None:
    await tell(notify, "甲", "乙")
    await tell(notify, "着火了", urgency=Urgency.EMERGENCY)
    await notify.deliver()
    assert [text.split("\n")[0] for text in wechat.contents(head)] == ["着火了"]
    await tell(notify, "又着火了", urgency=Urgency.EMERGENCY)
    await clock.set_local_time(MORNING)
    await notify.deliver()
    assert [text.split("\n")[0] for text in wechat.contents(head)][1] == "又着火了"
    assert len(head.received) == 3


async def test_what_no_longer_holds_is_left_out(notify: Notify, head: Person, clock: Clock) -> None:
    await tell(notify, "已经答复了")
    await tell(notify, "甲", "乙", question=new_id())
    await notify.deliver()
    await notify.hear(events.QuestionAnswered(question=facts("zhao", state="answered"), text="好了"))
    await clock.set_local_time(MORNING)
    await notify.deliver()
    [text] = wechat.contents(head)
    assert "这2件事" in text
    assert "已经答复了" not in text


async def test_each_person_has_a_message_of_their_own(
    notify: Notify, head: Person, account: Account, clock: Clock
) -> None:
    other = wechat.wrote_lately(account, "oOther")
    notify.messaging.give_address(person("wang"), wechat.KEY, "youyou", "oOther", timedelta(hours=1))
    await tell(notify, "甲", "乙")
    await tell(notify, "丙", "丁", to="wang")
    await notify.deliver()
    await clock.set_local_time(MORNING)
    await notify.deliver()
    assert ["甲" in text for text in wechat.contents(head)] == [True]
    assert ["丁" in text for text in wechat.contents(other)] == [True]


async def test_many_long_things_stay_within_what_the_channel_takes_and_none_is_lost(
    notify: Notify, head: Person, clock: Clock
) -> None:
    await tell(notify, *(f"第{number}件：" + "长" * 500 for number in range(1, 31)))
    await notify.deliver()
    await clock.set_local_time(MORNING)
    await notify.deliver()
    texts = wechat.contents(head)
    assert all(len(text.encode()) <= 2048 for text in texts)
    assert len(texts) <= 4
    assert all(sum(f"第{number}件：长" in text for text in texts) == 1 for number in range(1, 31))
    assert {state for _, state, _ in await notify.states()} == {"delivered"}


async def test_two_replicas_tell_a_person_once(notify: Notify, head: Person, clock: Clock) -> None:
    await tell(notify, *"甲乙丙丁戊己")
    await notify.deliver()
    await clock.set_local_time(MORNING)
    worker = notify.workers[wechat.KEY]
    await asyncio.gather(*(worker.deliver_once() for _ in range(4)))
    [text] = wechat.contents(head)
    assert "这6件事" in text


async def test_a_channel_that_does_not_lead_there_hands_on_one_message(
    notify: Notify, text_messages: TextMessages, clock: Clock
) -> None:
    await clock.set_local_time(NIGHT)
    notify.messaging.give_address(person("li"), "sms", "main", "line-1")
    await tell(notify, "甲", "乙", others=("sms",))
    await notify.deliver()
    await clock.set_local_time(MORNING)
    await notify.deliver()
    [sent] = text_messages.sent
    assert "1. 甲\n2. 乙" in sent.text


async def test_a_crash_in_the_morning_is_asked_about_by_the_id_that_was_sent(
    notify_database: Database, messaging: Messaging, messaging_client: Client[Stub], clock: Clock
) -> None:
    await clock.set_local_time(NIGHT)
    channel = TextMessages(receipts=True)
    notify = put_together(notify_database, messaging, messaging_client, [channel], ScreenWatch(notify_database))
    notify.messaging.give_address(person("li"), "sms", "main", "line-1")
    await tell(notify, "甲", "乙", channel="sms")
    await notify.deliver()
    await clock.set_local_time(MORNING)
    async with notify.database.transaction() as tx:
        claimed = await deliveries.claim(tx, "sms", at_most=100, lease=delivery_worker.LEASE)
        now = tx.now
    await notify.sendings["sms"].send(claimed, now)  # and dies before anything is recorded
    await clock.move(seconds=delivery_worker.LEASE.total_seconds() + 1)
    await notify.deliver()
    assert len(channel.sent) == 1
    assert await notify.states() == [("sms", "delivered", ""), ("sms", "delivered", "")]


async def test_the_rate_counts_messages_and_not_what_they_hold(
    notify_database: Database, messaging: Messaging, messaging_client: Client[Stub], clock: Clock
) -> None:
    await clock.set_local_time(NIGHT)
    channel = TextMessages(rate_per_second=2)
    notify = put_together(notify_database, messaging, messaging_client, [channel], ScreenWatch(notify_database))
    for key in ("li", "wang", "zhao"):
        notify.messaging.give_address(person(key), "sms", "main", f"line-{key}")
        await tell(notify, "甲", "乙", to=key, channel="sms")
    await notify.deliver()
    await clock.set_local_time(MORNING)
    await notify.workers["sms"].deliver_once()
    assert len(channel.sent) == 2
    assert sorted(code for _, state, code in await notify.states() if state == "waiting") == ["over_rate"] * 2
