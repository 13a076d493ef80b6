"""Each delivery once: through crashes, lost answers, refused tokens, closed windows, and several replicas."""

import asyncio
from datetime import timedelta

import pytest
from louyu.events.v1 import routing_events_pb2 as events
from louyu_notify import delivery_worker
from louyu_notify.channels.group import GroupChannel
from louyu_notify.channels.wechat_official_account import WeChatOfficialAccountChannel
from louyu_notify.delivery import DeliveryState, Notice, Purpose
from louyu_notify.screen_watch import ScreenWatch
from louyu_notify.store import deliveries
from louyu_notify.verdict import TRIES, Verdict
from louyu_runtime.database import Database
from louyu_runtime.ids import new_id
from louyu_runtime.rpc.client import Client
from louyu_runtime.sealing import Sealer
from louyu_sdk import RecipientKind, Urgency

from tests.fakes.wechat_account import Account
from tests.fakes.wechat_platform import Fault, WeChatPlatform
from tests.notify import wechat
from tests.notify.installation import Notify, put_together
from tests.notify.messaging import Messaging, Stub
from tests.notify.other_channels import TextMessages
from tests.notify.place import COMMUNITY, GROUP_28, QUESTION, facts, person
from tests.platform.fixtures import Clock

LEASE = delivery_worker.LEASE.total_seconds() + 1


async def tell(
    notify: Notify,
    *keys: str,
    channel: str = wechat.KEY,
    others: tuple[str, ...] = (),
    urgency: Urgency = Urgency.NORMAL,
) -> None:
    """Wish to tell persons something."""
    notices = [
        Notice(
            recipient_kind=RecipientKind.PERSON,
            recipient_id=person(key),
            channel=channel,
            other_channels=others,
            purpose=Purpose.STEP,
            text=f"请看一下 {key}",
            urgency=urgency,
        )
        for key in keys
    ]
    await add(notify, notices)


async def say(notify: Notify, *texts: str) -> None:
    """Wish to say something in the group."""
    for text in texts:
        notice = Notice(
            recipient_kind=RecipientKind.GROUP,
            recipient_id=GROUP_28,
            channel="group",
            purpose=Purpose.STEP,
            text=text,
        )
        await add(notify, [notice])


async def add(notify: Notify, notices: list[Notice]) -> None:
    async with notify.database.transaction(COMMUNITY) as tx:
        await deliveries.add(tx, new_id(), notices, question_id=QUESTION, question_number=17)


async def die_after_sending(notify: Notify, channel: str) -> None:
    """Claim and send as a worker does, and die before anything is recorded."""
    async with notify.database.transaction() as tx:
        claimed = await deliveries.claim(tx, channel, at_most=100, lease=delivery_worker.LEASE)
        now = tx.now
    await notify.sendings[channel].send(claimed, now)


async def test_a_crash_between_call_and_record_posts_into_the_group_once(notify: Notify, clock: Clock) -> None:
    await say(notify, "物业七点前来")
    await die_after_sending(notify, "group")
    await notify.deliver()
    assert await notify.states() == [("group", "sending", "")]
    await clock.move(seconds=LEASE)
    await notify.deliver()
    assert notify.messaging.texts(GROUP_28) == ["物业七点前来"]
    assert await notify.states() == [("group", "delivered", "")]


async def test_a_crash_after_sending_by_wechat_is_unknown_and_not_sent_again(
    notify: Notify, account: Account, clock: Clock
) -> None:
    head = wechat.wrote_lately(account, "oHead")
    notify.messaging.give_address(person("li"), wechat.KEY, "youyou", "oHead")
    await tell(notify, "li")
    await die_after_sending(notify, wechat.KEY)
    await clock.move(seconds=LEASE)
    await notify.deliver()
    assert len(head.received) == 1
    assert await notify.states() == [(wechat.KEY, "unknown", "sender_died")]


async def test_an_emergency_in_doubt_is_sent_once_more_and_marked(
    notify: Notify, account: Account, platform: WeChatPlatform, clock: Clock
) -> None:
    head = wechat.wrote_lately(account, "oHead")
    notify.messaging.give_address(person("li"), wechat.KEY, "youyou", "oHead")
    platform.fail_next("custom/send", Fault.MALFORMED_JSON, times=3)
    await tell(notify, "li", urgency=Urgency.EMERGENCY)
    for _ in range(4):
        await notify.deliver()
        await clock.move(seconds=LEASE)
    assert wechat.contents(head) == ["请看一下 li", "（可能重复）请看一下 li"]
    assert await notify.states() == [(wechat.KEY, "unknown", "no_answer")]


async def test_an_answer_that_never_comes_is_unknown(
    notify: Notify, account: Account, platform: WeChatPlatform
) -> None:
    head = wechat.wrote_lately(account, "oHead")
    notify.messaging.give_address(person("li"), wechat.KEY, "youyou", "oHead")
    platform.fail_next("custom/send", Fault.SILENT_AFTER_ACCEPTING)
    await tell(notify, "li")
    await notify.deliver()
    await notify.deliver()
    assert len(head.received) == 1
    assert await notify.states() == [(wechat.KEY, "unknown", "no_answer")]


async def test_a_lost_answer_of_messaging_is_asked_for_again_with_the_same_key(notify: Notify, clock: Clock) -> None:
    notify.messaging.loses_answers = 1
    await say(notify, "物业七点前来")
    await notify.deliver()
    await clock.move(seconds=5)
    await notify.deliver()
    assert notify.messaging.texts(GROUP_28) == ["物业七点前来"]
    assert notify.messaging.calls == 2
    assert await notify.states() == [("group", "delivered", "")]


async def test_messages_for_a_group_keep_their_order_when_one_fails(notify: Notify, clock: Clock) -> None:
    notify.messaging.is_away = True
    await say(notify, "第一句", "第二句", "第三句")
    await notify.workers["group"].deliver_once()
    notify.messaging.is_away = False
    await clock.move(minutes=1)
    await notify.deliver()
    assert notify.messaging.texts(GROUP_28) == ["第一句", "第二句", "第三句"]


async def test_outside_the_reply_window_the_next_channel_is_chosen_at_once(
    notify: Notify, platform: WeChatPlatform, text_messages: TextMessages
) -> None:
    notify.messaging.give_address(person("li"), wechat.KEY, "youyou", "oHead", timedelta(hours=48))
    notify.messaging.give_address(person("li"), "sms", "main", "line-1")
    await tell(notify, "li", others=("sms",))
    await notify.deliver()
    assert platform.calls == []
    assert [one.text for one in text_messages.sent] == ["请看一下 li"]
    assert await notify.states() == [(wechat.KEY, "skipped", "outside_window"), ("sms", "delivered", "")]


@pytest.mark.parametrize("code", [45015, 45047, 45009, 40003, 43004, 48001, 99999])
async def test_what_wechat_refuses_goes_to_the_next_channel(
    code: int, notify: Notify, account: Account, platform: WeChatPlatform, text_messages: TextMessages
) -> None:
    notify.messaging.give_address(person("li"), wechat.KEY, "youyou", "oHead")
    notify.messaging.give_address(person("li"), "sms", "main", "line-1")
    platform.fail_next("custom/send", code)
    await tell(notify, "li", others=("sms",))
    await notify.deliver()
    assert len(text_messages.sent) == 1
    assert (await notify.states())[0] == (wechat.KEY, "failed", str(code))


async def test_no_address_is_no_failure(notify: Notify, platform: WeChatPlatform, account: Account) -> None:
    await tell(notify, "li", others=("sms",))
    await notify.deliver()
    assert await notify.states() == [(wechat.KEY, "skipped", "no_address"), ("sms", "skipped", "no_address")]


async def test_an_error_of_ours_is_given_up_and_shown(
    notify: Notify, account: Account, platform: WeChatPlatform, text_messages: TextMessages
) -> None:
    notify.messaging.give_address(person("li"), wechat.KEY, "youyou", "oHead")
    platform.fail_next("custom/send", 40033)
    await tell(notify, "li", others=("sms",))
    await notify.deliver()
    assert await notify.states() == [(wechat.KEY, "failed", "40033")]


async def test_a_busy_platform_is_tried_again_but_not_for_ever(
    notify: Notify, account: Account, platform: WeChatPlatform, clock: Clock
) -> None:
    wechat.wrote_lately(account, "oHead")
    notify.messaging.give_address(person("li"), wechat.KEY, "youyou", "oHead")
    platform.fail_next("custom/send", -1, times=TRIES + 2)
    await tell(notify, "li")
    for _ in range(TRIES + 2):
        await notify.deliver()
        await clock.move(minutes=11)
    assert platform.calls.count("custom/send") == TRIES
    assert await notify.states() == [(wechat.KEY, "failed", "-1")]


async def test_a_token_that_the_platform_ended_is_fetched_anew_and_the_message_sent(
    notify: Notify, account: Account, platform: WeChatPlatform
) -> None:
    head = wechat.wrote_lately(account, "oHead")
    notify.messaging.give_address(person("li"), wechat.KEY, "youyou", "oHead")
    await tell(notify, "li")
    await notify.deliver()
    account.tokens.end_all()
    await tell(notify, "li")
    await notify.deliver()
    assert len(head.received) == 2
    assert platform.calls.count("stable_token") == 2


async def test_two_replicas_fetch_one_token_and_send_each_message_once(
    notify: Notify,
    account: Account,
    platform: WeChatPlatform,
    messaging: Messaging,
    messaging_client: Client[Stub],
    database_url: str,
    sealer: Sealer,
) -> None:
    people = {key: wechat.wrote_lately(account, f"o{key}") for key in map(str, range(40))}
    for key in people:
        notify.messaging.give_address(person(key), wechat.KEY, "youyou", f"o{key}")
    database = Database(database_url, "notify")
    channel = WeChatOfficialAccountChannel(wechat.settings(platform), database, sealer, whole_seconds=5)
    second = put_together(database, messaging, messaging_client, [channel], ScreenWatch(database))
    await tell(notify, *people)
    await asyncio.gather(*(one.workers[wechat.KEY].deliver_once() for one in (notify, second)))
    await notify.deliver()
    await channel.close()
    await database.close()
    assert [len(one.received) for one in people.values()] == [1] * 40
    assert platform.calls.count("stable_token") == 1
    assert {state for _, state, _ in await notify.states()} == {"delivered"}


async def test_two_replicas_share_what_waits_for_the_group(
    notify: Notify, messaging: Messaging, messaging_client: Client[Stub], database_url: str
) -> None:
    database = Database(database_url, "notify")
    channel = GroupChannel(messaging_client)
    second = put_together(database, messaging, messaging_client, [channel], ScreenWatch(database))
    await say(notify, *(f"第{number}句" for number in range(130)))
    done = await asyncio.gather(notify.workers["group"].deliver_once(), second.workers["group"].deliver_once())
    await database.close()
    assert sum(done) == 130
    assert len(notify.messaging.texts(GROUP_28)) == notify.messaging.calls == 130


async def test_a_late_holder_changes_nothing(notify: Notify, clock: Clock) -> None:
    await say(notify, "物业七点前来")
    async with notify.database.transaction() as tx:
        [late] = await deliveries.claim(tx, "group", at_most=1, lease=delivery_worker.LEASE)
    await clock.move(seconds=LEASE)
    await notify.deliver()
    async with notify.database.transaction(COMMUNITY) as tx:
        assert not await deliveries.record(tx, late, Verdict(state=DeliveryState.FAILED))
    assert await notify.states() == [("group", "delivered", "")]


async def test_while_messaging_cannot_say_where_persons_are_nothing_counts_as_tried(
    notify: Notify, account: Account, clock: Clock
) -> None:
    head = wechat.wrote_lately(account, "oHead")
    notify.messaging.give_address(person("li"), wechat.KEY, "youyou", "oHead")
    notify.messaging.is_away = True
    await tell(notify, "li")
    for _ in range(TRIES + 1):
        await notify.deliver()
        await clock.move(minutes=1)
    assert await notify.states() == [(wechat.KEY, "waiting", "messaging_away")]
    notify.messaging.is_away = False
    await notify.deliver()
    assert len(head.received) == 1


async def test_a_channel_with_receipts_is_asked_before_anything_is_sent_again(
    notify_database: Database, messaging: Messaging, messaging_client: Client[Stub], clock: Clock
) -> None:
    await clock.set_local_time("2026-01-15 10:00")
    channel = TextMessages(receipts=True)
    notify = put_together(notify_database, messaging, messaging_client, [channel], ScreenWatch(notify_database))
    notify.messaging.give_address(person("li"), "sms", "main", "line-1")
    await tell(notify, "li", channel="sms")
    await die_after_sending(notify, "sms")
    await clock.move(seconds=LEASE)
    await notify.deliver()
    assert len(channel.sent) == 1
    assert await notify.states() == [("sms", "delivered", "")]


async def test_no_more_than_the_channel_takes_in_a_second(
    notify_database: Database, messaging: Messaging, messaging_client: Client[Stub], clock: Clock
) -> None:
    await clock.set_local_time("2026-01-15 10:00")
    channel = TextMessages(rate_per_second=3)
    notify = put_together(notify_database, messaging, messaging_client, [channel], ScreenWatch(notify_database))
    for number in range(8):
        notify.messaging.give_address(person(str(number)), "sms", "main", f"line-{number}")
    await tell(notify, *map(str, range(8)), channel="sms")
    await notify.workers["sms"].deliver_once()
    assert len(channel.sent) == 3
    assert {code for _, state, code in await notify.states() if state == "waiting"} == {"over_rate"}


async def test_what_was_answered_meanwhile_is_not_sent_in_the_morning(
    notify: Notify, account: Account, clock: Clock
) -> None:
    await clock.set_local_time("2026-01-15 23:30")
    head = wechat.wrote_lately(account, "oHead")
    notify.messaging.give_address(person("li"), wechat.KEY, "youyou", "oHead", timedelta(hours=3))
    await tell(notify, "li")
    await notify.deliver()
    await notify.hear(events.QuestionAnswered(question=facts("zhao", state="answered"), text="好了"))
    await clock.set_local_time("2026-01-16 08:00")
    await notify.deliver()
    assert head.received == []
    assert (wechat.KEY, "cancelled", "quiet_hours") in await notify.states()
