"""What the people of a question are told."""

from datetime import timedelta

from google.protobuf.timestamp_pb2 import Timestamp
from louyu.events.v1 import routing_events_pb2 as events
from louyu_runtime.ids import new_id

from tests.fakes.wechat_account import Account
from tests.notify import wechat
from tests.notify.installation import Notify
from tests.notify.place import COMMUNITY, GROUP_28, GROUP_30, QUESTION, facts, person
from tests.platform.fixtures import Clock


async def due_in(notify: Notify, **delta: float) -> Timestamp:
    async with notify.database.transaction(COMMUNITY) as tx:
        stamp = Timestamp()
        stamp.FromDatetime(tx.now + timedelta(**delta))
        return stamp


async def step(
    notify: Notify, asked: str, name: str, *persons: str, repeated: int = 0, position: int = 2
) -> events.StepStarted:
    return events.StepStarted(
        question=facts("zhao"),
        step_id=new_id(),
        position=position,
        asked=asked,
        asked_name=name,
        person_ids=[person(key) for key in persons],
        due_at=await due_in(notify, minutes=5),
        repeated_times=repeated,
    )


def answer(*askers: str, where: str = "", groups: tuple[str, ...] = ()) -> events.QuestionAnswered:
    return events.QuestionAnswered(
        question=facts(*askers, state="answered", groups=groups),
        person_id=person("wang"),
        person_name="王书记",
        person_role="secretary",
        text="物业今晚七点前来放气，家里请留人。",
        answered_in_group_id=where,
    )


async def test_neighbours_who_have_just_read_it_are_not_asked_again(notify: Notify) -> None:
    await notify.hear(await step(notify, "neighbours", "邻居"))
    await notify.deliver()
    assert not notify.messaging.texts(GROUP_28)


async def test_neighbours_are_asked_once_more_in_the_group_alone(notify: Notify) -> None:
    await notify.hear(await step(notify, "neighbours", "邻居", repeated=1))
    await notify.deliver()
    [said] = notify.messaging.texts(GROUP_28)
    assert said.startswith("#17「暖气不热怎么办」")
    [message] = notify.messaging.messages[GROUP_28]
    assert message.is_platform
    assert message.question_id == QUESTION


async def test_who_is_asked_is_named_in_the_group_and_told_directly(notify: Notify, account: Account) -> None:
    head = wechat.wrote_lately(account, "oHead")
    notify.messaging.give_address(person("li"), wechat.KEY, "youyou", "oHead")
    await notify.hear(await step(notify, "building_head", "楼长", "li"))
    await notify.deliver()
    assert notify.messaging.texts(GROUP_28) == ["@楼长 #17「暖气不热怎么办」 还没有人回应，请您看一下。"]
    [told] = wechat.contents(head)
    assert "28号楼有居民反映 #17" in told
    assert f"/console/questions/{QUESTION}" in told


async def test_who_is_asked_first_is_not_told_that_nobody_answered(notify: Notify) -> None:
    await notify.hear(await step(notify, "property", "物业", "li", position=1))
    await notify.deliver()
    assert notify.messaging.texts(GROUP_28) == ["@物业 #17「暖气不热怎么办」 请您看一下。"]


async def test_an_event_that_comes_twice_is_told_once(notify: Notify, account: Account) -> None:
    head = wechat.wrote_lately(account, "oHead")
    notify.messaging.give_address(person("li"), wechat.KEY, "youyou", "oHead")
    begun = await step(notify, "building_head", "楼长", "li")
    await notify.hear(begun, event_id=new_id())
    await notify.deliver()
    await notify.hear(begun, event_id=new_id())
    await notify.deliver()
    assert len(notify.messaging.texts(GROUP_28)) == 1
    assert len(head.received) == 1


async def test_the_answer_reaches_the_asker_and_the_group(notify: Notify, account: Account) -> None:
    asker = wechat.wrote_lately(account, "oAsker")
    notify.messaging.give_address(person("zhao"), wechat.KEY, "youyou", "oAsker")
    await notify.hear(answer("zhao"))
    await notify.deliver()
    [told] = wechat.contents(asker)
    assert "书记" in told
    assert "物业今晚七点前来放气" in told
    [said] = notify.messaging.texts(GROUP_28)
    assert "物业今晚七点前来放气" in said


async def test_an_answer_that_stands_in_the_group_is_not_said_there_again(notify: Notify) -> None:
    await notify.hear(answer("zhao", "qian", where=GROUP_28, groups=(GROUP_28, GROUP_30)))
    await notify.deliver()
    assert notify.messaging.texts(GROUP_28) == []
    assert len(notify.messaging.texts(GROUP_30)) == 1


async def test_an_answer_cancels_what_waits_to_be_asked(notify: Notify) -> None:
    notify.messaging.is_away = True
    await notify.hear(await step(notify, "building_head", "楼长", "li"))
    await notify.deliver()
    await notify.hear(answer("zhao", where=GROUP_28))
    notify.messaging.is_away = False
    await notify.deliver()
    assert notify.messaging.texts(GROUP_28) == []
    assert ("group", "cancelled", "RESOURCE_EXHAUSTED") in await notify.states(purpose="step")


async def test_a_step_heard_after_the_answer_disturbs_nobody(notify: Notify) -> None:
    begun = await step(notify, "building_head", "楼长", "li")
    async with notify.database.transaction(COMMUNITY) as tx:
        earlier = tx.now - timedelta(minutes=1)
    await notify.hear(answer("zhao", where=GROUP_28))
    await notify.hear(begun, at=earlier)
    await notify.deliver()
    assert notify.messaging.texts(GROUP_28) == []


async def test_at_night_persons_are_left_in_peace_until_morning(notify: Notify, account: Account, clock: Clock) -> None:
    await clock.set_local_time("2026-01-15 23:30")
    head = wechat.wrote_lately(account, "oHead")
    notify.messaging.give_address(person("li"), wechat.KEY, "youyou", "oHead", timedelta(hours=3))
    await notify.hear(await step(notify, "building_head", "楼长", "li"))
    await notify.deliver()
    assert head.received == []
    assert len(notify.messaging.texts(GROUP_28)) == 1
    await clock.set_local_time("2026-01-16 07:01")
    await notify.deliver()
    assert len(head.received) == 1


async def test_an_asker_who_is_awake_gets_the_answer_at_night(notify: Notify, account: Account, clock: Clock) -> None:
    await clock.set_local_time("2026-01-15 23:30")
    awake, asleep = wechat.wrote_lately(account, "oAwake"), wechat.wrote_lately(account, "oAsleep")
    notify.messaging.give_address(person("zhao"), wechat.KEY, "youyou", "oAwake", timedelta(minutes=3))
    notify.messaging.give_address(person("qian"), wechat.KEY, "youyou", "oAsleep", timedelta(hours=2))
    await notify.hear(answer("zhao", "qian", where=GROUP_28))
    await notify.deliver()
    assert (len(awake.received), len(asleep.received)) == (1, 0)


async def test_an_ordinary_question_is_not_announced_by_itself(notify: Notify) -> None:
    await notify.hear(events.QuestionOpened(question=facts("zhao")))
    await notify.deliver()
    assert await notify.states() == []


async def test_an_acknowledgement_is_told_to_the_asker_and_ends_the_asking(notify: Notify, account: Account) -> None:
    asker = wechat.wrote_lately(account, "oAsker")
    notify.messaging.give_address(person("zhao"), wechat.KEY, "youyou", "oAsker")
    taken = events.QuestionAcknowledged(
        question=facts("zhao", state="acknowledged"),
        person_id=person("sun"),
        person_name="物业孙师傅",
        follow_up_at=await due_in(notify, hours=24),
        message_seq=2,
    )
    await notify.hear(taken)
    await notify.deliver()
    assert "物业孙师傅已经接手" in wechat.contents(asker)[0]
    assert notify.messaging.texts(GROUP_28) == []


async def test_the_outcome_is_said_in_every_group_that_asked(notify: Notify) -> None:
    resolved = events.QuestionResolved(
        question=facts("zhao", "qian", state="resolved", groups=(GROUP_28, GROUP_30)),
        person_id=person("zhao"),
        answer="放过气了",
        opened_at=await due_in(notify, hours=-2),
        resolved_at=await due_in(notify, hours=0),
    )
    await notify.hear(resolved)
    await notify.deliver()
    for group in (GROUP_28, GROUP_30):
        assert notify.messaging.texts(group) == ["#17「暖气不热怎么办」 已解决，用时2小时。谢谢大家！"]


async def test_what_is_said_in_a_group_hides_phone_and_flat(notify: Notify) -> None:
    given = answer("zhao")
    given.text = "找王师傅 13812345678，他在3单元501室。"
    await notify.hear(given)
    await notify.deliver()
    [said] = notify.messaging.texts(GROUP_28)
    assert "13812345678" not in said
    assert "501" not in said


async def test_asked_back_reopened_and_closed_are_said(notify: Notify) -> None:
    who = {"person_id": person("sun"), "person_name": "物业孙师傅"}
    await notify.hear(
        events.QuestionAskedBack(question=facts("zhao", state="asked_back"), text="是哪个房间？", **who),
        events.QuestionResumed(question=facts("zhao", state="acknowledged")),
    )
    await notify.hear(events.QuestionReopened(question=facts("zhao"), person_id=person("zhao")))
    await notify.hear(
        events.QuestionClosed(question=facts("zhao", state="closed"), reason="等市里统一改造，明年三月动工。", **who)
    )
    await notify.deliver()
    said = notify.messaging.texts(GROUP_28)
    assert "明年三月动工" in said[-1]
    assert "重新找人" in said[-2]
