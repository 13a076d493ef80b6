"""What a person is told when others decide about their role, flat or duty."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from louyu.events.v1 import membership_events_pb2 as events
from louyu_notify.membership_texts import said_of

from tests.fakes.wechat_account import Account
from tests.notify import wechat
from tests.notify.installation import Notify
from tests.notify.place import GROUP_28, person
from tests.platform.fixtures import Clock

REASON = "房主说301没有出租，请带合同来核对"


def doubted() -> events.MembershipChanged:
    return events.MembershipChanged(person_id=person("zhao"), what="residency_doubted", by_name="李楼长", reason=REASON)


def absence(what: str, starts_at: datetime, ends_at: datetime, other: str = "李楼长") -> events.MembershipChanged:
    change = events.MembershipChanged(person_id=person("zhao"), what=what, by_name="王书记", other_name=other)
    change.starts_at.FromDatetime(starts_at)
    change.ends_at.FromDatetime(ends_at)
    return change


async def test_a_doubt_reaches_the_person_alone_kindly_and_with_its_reason(notify: Notify, account: Account) -> None:
    asker = wechat.wrote_lately(account, "oZhao")
    notify.messaging.give_address(person("zhao"), wechat.KEY, "youyou", "oZhao")
    await notify.hear(doubted(), event_id="00000000-0000-4000-8000-000000000001")
    await notify.hear(doubted(), event_id="00000000-0000-4000-8000-000000000001")
    await notify.deliver()

    [told] = wechat.contents(asker)
    assert REASON in told
    assert "照样可以在这里提问" in told
    assert "http://localhost:8080/app/residency" in told
    assert notify.messaging.texts(GROUP_28) == []


async def test_at_night_it_waits_for_the_morning(notify: Notify, account: Account, clock: Clock) -> None:
    asker = wechat.wrote_lately(account, "oZhao")
    notify.messaging.give_address(person("zhao"), wechat.KEY, "youyou", "oZhao")
    await clock.set_local_time("2026-01-15 23:00")
    await notify.hear(doubted())
    await notify.deliver()
    assert wechat.contents(asker) == []

    await clock.set_local_time("2026-01-16 08:00")
    await notify.deliver()
    assert len(wechat.contents(asker)) == 1


async def test_a_kind_of_change_from_a_later_release_is_passed_over(notify: Notify) -> None:
    await notify.hear(events.MembershipChanged(person_id=person("zhao"), what="something_new"))
    await notify.deliver()
    assert await notify.states() == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            events.MembershipChanged(
                what="role_granted", role="building_head", is_second=True, group_names=["28号楼"], by_name="李楼长"
            ),
            "李楼长请您担任28号楼的副楼长",
        ),
        (
            events.MembershipChanged(what="role_withdrawn", role="liaison", group_names=["3号楼", "5号楼"]),
            "您不再担任3号楼、5号楼的包楼居干了（由社区管理员登记）",
        ),
        (events.MembershipChanged(what="residency_confirmed", by_name="李楼长"), "已经确认您的住址"),
        (events.MembershipChanged(what="kind_set", reason="tenant", by_name="李楼长"), "登记为：租户"),
        (
            absence("substitute_named", datetime(2026, 2, 9, 16, tzinfo=UTC), datetime(2026, 2, 17, 16, tzinfo=UTC)),
            "李楼长外出（2月10日到2月17日），请您代班",
        ),
        (
            absence("absence_set", datetime(2026, 2, 9, 16, tzinfo=UTC), datetime(2026, 2, 10, 16, tzinfo=UTC), ""),
            "王书记替您登记了外出：2月10日，没有安排代班",
        ),
        (
            absence("absence_ended", datetime(2026, 2, 9, 16, tzinfo=UTC), datetime(2026, 2, 10, 16, tzinfo=UTC)),
            "结束了您的外出登记（2月10日）",
        ),
        (
            absence("substitute_released", datetime(2026, 2, 9, 16, tzinfo=UTC), datetime(2026, 2, 10, 16, tzinfo=UTC)),
            "不用再代班了",
        ),
        (
            events.MembershipChanged(what="duty_added", role="liaison", reason="1 5 08:00-20:00", by_name="王书记"),
            "王书记给您排了值班：每周一、五 08:00-20:00（包楼居干）",
        ),
        (
            events.MembershipChanged(what="duty_removed", role="staff", reason="2026-02-17 18:00-06:00"),
            "取消了您的一个值班：2026-02-17 18:00-06:00（工作人员）",
        ),
    ],
    ids=lambda value: value.what if isinstance(value, events.MembershipChanged) else "",
)
def test_each_change_has_its_words(change: events.MembershipChanged, words: str) -> None:
    assert words in (said_of(change, ZoneInfo("Asia/Shanghai")) or "")
