"""Emergencies: the asker is told what to do once, at any hour; the neighbours are told what they must know."""

from datetime import timedelta

from louyu.events.v1 import routing_events_pb2 as events
from louyu.notify.v1 import notify_service_pb2 as pb
from louyu_runtime.identity import service_principal

from tests.fakes.wechat_account import Account, Person
from tests.notify import wechat
from tests.notify.installation import Notify
from tests.notify.place import COMMUNITY, GROUP_28, QUESTION, facts, person
from tests.platform.fixtures import Clock

ADVICE, NOTICE = "人先出来，马上打 119。", "请别坐电梯，走楼梯到楼外。"


def smoke(*, with_words: bool = True) -> events.QuestionOpened:
    return events.QuestionOpened(
        question=facts("zhao", urgency="emergency", text="地下室冒烟了"),
        is_emergency=True,
        emergency_numbers=["119"],
        emergency_advice=ADVICE if with_words else "",
        emergency_notice=NOTICE if with_words else "",
    )


async def replied(notify: Notify) -> None:
    """Record that the asker had the advice in the reply on the channel, as the gateway does."""
    request = pb.RecordReplyRequest(community_id=COMMUNITY, question_id=QUESTION, person_id=person("zhao"))
    await notify.ask("RecordReply", request, service_principal("gateway"))


def asker_of(notify: Notify, account: Account) -> Person:
    notify.messaging.give_address(person("zhao"), wechat.KEY, "youyou", "oAsker", timedelta(hours=20))
    return wechat.wrote_lately(account, "oAsker")


async def test_who_had_no_reply_is_told_at_any_hour(notify: Notify, account: Account, clock: Clock) -> None:
    await clock.set_local_time("2026-01-15 03:00")
    asker = asker_of(notify, account)
    await notify.hear(smoke())
    await notify.deliver()
    assert notify.messaging.texts(GROUP_28) == [f"【紧急】#17「地下室冒烟了」\n{NOTICE}\n已经在通知楼长和相关负责人。"]
    await clock.move(seconds=4)
    await notify.deliver()
    assert wechat.contents(asker) == [f"【紧急】{ADVICE}\n#17 已经同时通知楼长和相关负责人。"]


async def test_who_had_the_reply_is_not_told_twice(notify: Notify, account: Account, clock: Clock) -> None:
    asker = asker_of(notify, account)
    await notify.hear(smoke())
    await replied(notify)
    await replied(notify)
    await clock.move(seconds=4)
    await notify.deliver()
    assert asker.received == []
    assert len(notify.messaging.texts(GROUP_28)) == 1


async def test_a_reply_may_be_recorded_before_the_emergency_is_known(
    notify: Notify, account: Account, clock: Clock
) -> None:
    asker = asker_of(notify, account)
    await replied(notify)
    await notify.hear(smoke())
    await clock.move(seconds=4)
    await notify.deliver()
    assert asker.received == []
    assert await notify.states(purpose="emergency", recipient_kind="person") == [(wechat.KEY, "delivered", "")]


async def test_without_words_of_its_kind_the_numbers_are_told(notify: Notify, account: Account, clock: Clock) -> None:
    asker = asker_of(notify, account)
    await notify.hear(smoke(with_words=False))
    await clock.move(seconds=4)
    await notify.deliver()
    assert "119" in wechat.contents(asker)[0]
    assert "119" in notify.messaging.texts(GROUP_28)[0]
