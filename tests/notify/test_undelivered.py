"""What did not surely arrive is listed for those who look after it, and sent once more at their wish."""

from datetime import timedelta

import pytest
from louyu.events.v1 import routing_events_pb2 as events
from louyu.notify.v1 import announcement_pb2, delivery_pb2
from louyu.notify.v1 import notify_service_pb2 as pb
from louyu_notify.delivery import Notice, Purpose
from louyu_notify.errors import DeliveryNotFound, DeliveryNotRetryable
from louyu_notify.main import keeps
from louyu_notify.settings import NotifySettings
from louyu_notify.store import deliveries
from louyu_runtime.errors import InvalidArgument
from louyu_runtime.forgetting import Forgetting
from louyu_runtime.identity import Principal
from louyu_runtime.ids import new_id
from louyu_sdk import RecipientKind

from tests.fakes.wechat_account import Account
from tests.fakes.wechat_platform import WeChatPlatform
from tests.notify import wechat
from tests.notify.installation import Notify
from tests.notify.other_channels import TextMessages
from tests.notify.place import (
    COMMUNITY,
    GROUP_30,
    QUESTION,
    building_head,
    facts,
    household_changed,
    member,
    person,
    secretary,
)
from tests.platform.fixtures import Clock

SMS = "sms"


@pytest.fixture
async def neighbour(notify: Notify, text_messages: TextMessages) -> str:
    """Somebody of building 28 who is reached by text message."""
    await notify.hear(household_changed("28/3-501", member("zhao", SMS)))
    notify.messaging.give_address(person("zhao"), SMS, "main", "line-1")
    return person("zhao")


async def tell(notify: Notify, *, to: str = "zhao", channel: str = SMS, others: tuple[str, ...] = ()) -> None:
    notice = Notice(
        recipient_kind=RecipientKind.PERSON,
        recipient_id=person(to),
        channel=channel,
        other_channels=others,
        purpose=Purpose.STEP,
        text="请看一下",
    )
    async with notify.database.transaction(COMMUNITY) as tx:
        await deliveries.add(tx, new_id(), [notice], question_id=QUESTION, question_number=17)
    await notify.deliver()


async def listed(
    notify: Notify, principal: Principal | None = None, **fields: object
) -> list[delivery_pb2.UndeliveredDelivery]:
    request = pb.ListUndeliveredRequest(community_id=COMMUNITY, **fields)  # type: ignore[arg-type]  # as the test has it
    answer: pb.ListUndeliveredResponse = await notify.ask("ListUndelivered", request, principal or secretary())
    return list(answer.deliveries)


async def retry(notify: Notify, delivery_id: str, principal: Principal | None = None, key: str = "again") -> None:
    request = pb.RetryDeliveryRequest(community_id=COMMUNITY, delivery_id=delivery_id, idempotency_key=key)
    await notify.ask("RetryDelivery", request, principal or secretary())


async def test_what_is_unknown_is_listed_with_who_what_and_why(
    notify: Notify, neighbour: str, text_messages: TextMessages
) -> None:
    text_messages.is_silent = True
    await tell(notify)
    [one] = await listed(notify)
    assert (one.channel, one.recipient_id, one.flat) == (SMS, neighbour, "28-3-501")
    assert one.state == delivery_pb2.UNDELIVERED_STATE_UNKNOWN
    assert (one.purpose, one.question_number, one.reason_class, one.reason_code) == ("step", 17, "later", "no_result")
    assert one.can_retry
    assert not one.can_visit
    assert await listed(notify, state=delivery_pb2.UNDELIVERED_STATE_FAILED) == []


async def test_a_retry_is_sent_once_and_marked_as_a_possible_duplicate(
    notify: Notify, neighbour: str, text_messages: TextMessages
) -> None:
    text_messages.is_silent = True
    await tell(notify)
    text_messages.is_silent = False
    [one] = await listed(notify)
    await retry(notify, one.id)
    await retry(notify, one.id)
    await notify.deliver()
    assert [sent.text for sent in text_messages.sent] == ["请看一下", "（可能重复）请看一下"]
    assert await listed(notify) == []
    with pytest.raises(DeliveryNotFound):
        await retry(notify, one.id, key="another")


async def test_a_refusal_that_went_on_to_another_channel_is_not_listed(
    notify: Notify, account: Account, platform: WeChatPlatform, neighbour: str
) -> None:
    wechat.wrote_lately(account, "oZhao")
    notify.messaging.give_address(neighbour, wechat.KEY, "youyou", "oZhao")
    platform.fail_next("custom/send", 45047)
    await tell(notify, channel=wechat.KEY, others=(SMS,))
    assert [state for _, state, _ in await notify.states()] == ["failed", "delivered"]
    assert await listed(notify) == []


async def test_what_has_been_answered_meanwhile_can_be_read_and_not_retried(
    notify: Notify, neighbour: str, text_messages: TextMessages
) -> None:
    text_messages.is_silent = True
    await tell(notify)
    await notify.hear(events.QuestionAnswered(question=facts("wang", state="answered"), text="好了"))
    [one] = [found for found in await listed(notify) if found.purpose == "step"]
    assert not one.can_retry
    with pytest.raises(DeliveryNotRetryable):
        await retry(notify, one.id)


async def test_a_retry_at_night_waits_for_the_morning(
    notify: Notify, neighbour: str, text_messages: TextMessages, clock: Clock
) -> None:
    text_messages.is_silent = True
    await tell(notify)
    await clock.set_local_time("2026-01-15 23:30")
    [one] = await listed(notify)
    await retry(notify, one.id)
    await notify.deliver()
    assert len(text_messages.sent) == 1
    await clock.set_local_time("2026-01-16 07:00")
    await notify.deliver()
    assert len(text_messages.sent) == 2


async def test_a_building_head_sees_and_retries_only_what_concerns_their_group(
    notify: Notify, neighbour: str, text_messages: TextMessages
) -> None:
    text_messages.is_silent = True
    await tell(notify)
    [one] = await listed(notify, building_head())
    assert await listed(notify, building_head(group=GROUP_30)) == []
    with pytest.raises(DeliveryNotFound):
        await retry(notify, one.id, building_head(group=GROUP_30))
    await retry(notify, one.id, building_head())


async def test_an_announcements_household_can_be_visited(
    notify: Notify, neighbour: str, text_messages: TextMessages, clock: Clock
) -> None:
    text_messages.is_silent = True
    created: pb.CreateAnnouncementResponse = await notify.ask(
        "CreateAnnouncement",
        pb.CreateAnnouncementRequest(
            community_id=COMMUNITY,
            idempotency_key="a",
            announcement=announcement_pb2.NewAnnouncement(title="停水", text="明天停水", channels=[SMS]),
        ),
        secretary(),
    )
    await notify.deliver()
    [one] = await listed(notify)
    assert (one.announcement_id, one.announcement_title) == (created.announcement.id, "停水")
    assert (one.can_visit, one.can_retry) == (True, True)
    await clock.move(days=60)
    [late] = await listed(notify)
    assert (late.can_visit, late.can_retry) == (False, False)


async def test_the_list_is_paged_with_the_latest_first(
    notify: Notify, neighbour: str, text_messages: TextMessages, clock: Clock
) -> None:
    text_messages.is_silent = True
    for _ in range(5):
        await tell(notify)
        await clock.move(minutes=1)
    found: list[delivery_pb2.UndeliveredDelivery] = []
    token = ""
    for _ in range(3):
        answer: pb.ListUndeliveredResponse = await notify.ask(
            "ListUndelivered",
            pb.ListUndeliveredRequest(community_id=COMMUNITY, page_size=2, page_token=token),
            secretary(),
        )
        found += answer.deliveries
        token = answer.next_page_token
    assert token == ""
    moments = [one.ended_at.ToDatetime() for one in found]
    assert moments == sorted(moments, reverse=True)
    assert len({one.id for one in found}) == 5
    assert moments[0] - moments[-1] > timedelta(minutes=3)


async def test_what_has_lost_its_words_with_time_can_be_read_and_not_retried(
    notify: Notify, neighbour: str, text_messages: TextMessages, clock: Clock
) -> None:
    text_messages.is_silent = True
    await tell(notify)
    await clock.move(days=31)
    await Forgetting(notify.database, keeps(NotifySettings())).forget_once()
    [one] = await listed(notify)
    assert not one.can_retry
    with pytest.raises(DeliveryNotRetryable):
        await retry(notify, one.id)


async def test_a_state_or_token_that_is_none_is_refused(notify: Notify) -> None:
    for fields in ({"state": 9}, {"page_token": "x"}, {"page_size": 501}):
        with pytest.raises(InvalidArgument):
            await listed(notify, **fields)
