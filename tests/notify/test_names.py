"""Residents' names are hidden in groups, on screens and in announcements; role holders' names stay."""

from louyu.events.v1 import routing_events_pb2 as events
from louyu.notify.v1 import announcement_pb2
from louyu.notify.v1 import notify_service_pb2 as pb

from tests.notify.installation import Notify
from tests.notify.place import (
    COMMUNITY,
    GROUP_28,
    facts,
    group_changed,
    household_changed,
    member,
    person,
    secretary,
)


async def known(notify: Notify) -> None:
    """Let 李小雨 and 王建 live in building 28, and 王建国 be its head."""
    first, second = member("xiaoyu"), member("jian")
    first.name, second.name = "李小雨", "王建"
    group = group_changed(GROUP_28, version=2)
    group.role_holders.add(person_id=person("guo"), role="building_head", name="王建国")
    await notify.hear(household_changed("28/3-501", first, second), group)


async def test_an_announcement_hides_residents_and_says_so(notify: Notify) -> None:
    await known(notify)
    wanted = announcement_pb2.NewAnnouncement(
        title="请李小雨领取快递", text="找王建国楼长，王建也可以。李小雨请带证件。", group_ids=[GROUP_28]
    )
    request = pb.PreviewAnnouncementRequest(community_id=COMMUNITY, announcement=wanted)
    shown = await notify.ask("PreviewAnnouncement", request, secretary())
    assert shown.published_title == "请李**领取快递"
    assert shown.published_text == "找王建国楼长，王*也可以。李**请带证件。"
    assert any("3 处姓名" in warning for warning in shown.warnings)


async def test_an_answer_in_a_group_hides_residents_and_names_the_head(notify: Notify) -> None:
    await known(notify)
    await notify.hear(
        events.QuestionAnswered(
            question=facts("zhao", state="answered", text="李小雨家的水漏到我家了"),
            person_id=person("guo"),
            person_name="王建国",
            person_role="building_head",
            text="已经联系李小雨，今晚修。",
        )
    )
    await notify.deliver()
    (said,) = notify.messaging.texts(GROUP_28)
    assert "李小雨" not in said
    assert "李**家的水" in said
    assert "——楼长王建国" in said


async def test_who_has_left_is_hidden_no_more(notify: Notify) -> None:
    await known(notify)
    await notify.hear(household_changed("28/3-501", version=2))
    wanted = announcement_pb2.NewAnnouncement(title="李小雨", text="李小雨", group_ids=[GROUP_28])
    request = pb.PreviewAnnouncementRequest(community_id=COMMUNITY, announcement=wanted)
    assert (await notify.ask("PreviewAnnouncement", request, secretary())).published_text == "李小雨"


async def test_somebody_asked_several_things_is_asked_which_in_the_group(notify: Notify) -> None:
    await known(notify)
    first, second = facts("zhao", text="楼道灯坏了"), facts("qian", text="李小雨家水管漏了")
    second.number = 18
    await notify.hear(
        events.ReplyUndecided(
            question=first,
            candidates=[first, second],
            person_id=person("sun"),
            person_name="孙师傅",
            group_id=GROUP_28,
            message_seq=5,
        )
    )
    await notify.deliver()
    assert notify.messaging.texts(GROUP_28) == [
        "@孙师傅 您说的是哪一件？回复号码就行：#17「楼道灯坏了」，#18「李**家水管漏了」"
    ]
