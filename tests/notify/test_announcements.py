"""Announcements: previewed, published once, told to whom they concern, and a ledger that is true."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from louyu.notify.v1 import announcement_pb2, screen_pb2
from louyu.notify.v1 import notify_service_pb2 as pb
from louyu_notify import ledger
from louyu_runtime.errors import InvalidArgument, NotFound
from louyu_runtime.identity import Principal
from louyu_runtime.paging import encode_token

from tests.fakes.wechat_account import Account
from tests.fakes.wechat_platform import Fault, WeChatPlatform
from tests.notify import wechat
from tests.notify.installation import Notify
from tests.notify.other_channels import TextMessages
from tests.notify.place import (
    COMMUNITY,
    GROUP_28,
    GROUP_30,
    building_head,
    group_changed,
    household,
    household_changed,
    member,
    person,
    resident,
    secretary,
)
from tests.platform.fixtures import Clock

ANOTHER = household("28-1-101")
TEXT = "1月16日9点到15点清洗水箱，请提前存水。"


def create(key: str = "k1", **fields: Any) -> pb.CreateAnnouncementRequest:
    wanted = {"title": "停水通知", "text": TEXT, "group_ids": [GROUP_28], **fields}
    return pb.CreateAnnouncementRequest(
        community_id=COMMUNITY, announcement=announcement_pb2.NewAnnouncement(**wanted), idempotency_key=key
    )


async def publish(notify: Notify, principal: Principal | None = None, **fields: Any) -> str:
    answer = await notify.ask("CreateAnnouncement", create(**fields), principal or secretary())
    return str(answer.announcement.id)


async def counts(notify: Notify, announcement_id: str) -> tuple[int, int, int, int]:
    """Return households waiting, sent, reached, unreachable."""
    request = pb.GetAnnouncementRequest(community_id=COMMUNITY, announcement_id=announcement_id)
    found = (await notify.ask("GetAnnouncement", request, secretary())).announcement
    assert found.household_count == (
        found.waiting_count + found.sent_count + found.reached_count + found.unreachable_count
    )
    return found.waiting_count, found.sent_count, found.reached_count, found.unreachable_count


async def reach(notify: Notify, announcement_id: str, **fields: Any) -> pb.ListReachResponse:
    request = pb.ListReachRequest(community_id=COMMUNITY, announcement_id=announcement_id, **fields)
    answer: pb.ListReachResponse = await notify.ask("ListReach", request, secretary())
    return answer


async def visit(
    notify: Notify, announcement_id: str, key: str, result: int, *, by: Principal | None = None, idempotency: str = "v1"
) -> announcement_pb2.HouseholdReach:
    request = pb.RecordVisitRequest(
        community_id=COMMUNITY,
        announcement_id=announcement_id,
        household_id=household(key),
        result=announcement_pb2.VisitResult.ValueType(result),
        idempotency_key=idempotency,
    )
    answer: pb.RecordVisitResponse = await notify.ask("RecordVisit", request, by or secretary())
    return answer.household


async def test_a_household_is_reached_when_wechat_took_the_message_for_one_of_its_members(
    notify: Notify, account: Account
) -> None:
    zhao = wechat.wrote_lately(account, "oZhao")
    notify.messaging.give_address(person("zhao"), wechat.KEY, "youyou", "oZhao")
    await notify.hear(
        household_changed("28/1-101", member("zhao", wechat.KEY), member("zhao2")), household_changed("28/1-102")
    )
    announcement_id = await publish(notify)
    await notify.deliver()
    [told] = wechat.contents(zhao)
    assert told.startswith("【通知】停水通知\n")
    assert await counts(notify, announcement_id) == (0, 0, 1, 1)
    assert await notify.events("HouseholdReached") == 1
    assert await notify.events("AnnouncementPublished") == 1


@pytest.mark.parametrize(("source", "published_by"), [("自来水公司", "自来水公司"), ("", "平台值守人员")])
async def test_another_system_publishes_with_an_operators_token(notify: Notify, source: str, published_by: str) -> None:
    operator = Principal(kind="person", id="operator", name="operator", roles=frozenset({"operator"}))
    answer = await notify.ask("CreateAnnouncement", create(source=source), operator)
    assert answer.announcement.published_by == published_by
    request = pb.GetAnnouncementRequest(community_id=COMMUNITY, announcement_id=answer.announcement.id)
    assert (await notify.ask("GetAnnouncement", request, secretary())).announcement.published_by == published_by


async def test_a_post_in_the_group_is_sent_but_no_proof(notify: Notify) -> None:
    await notify.hear(household_changed("28/1-101", member("zhao")), household_changed("28/1-102"))
    announcement_id = await publish(notify)
    await notify.deliver()
    assert notify.messaging.texts(GROUP_28) == [f"【通知】停水通知\n{TEXT}"]
    assert await counts(notify, announcement_id) == (0, 1, 0, 1)
    [sent] = (await reach(notify, announcement_id, states=[announcement_pb2.REACH_STATE_SENT])).households
    assert (sent.building_name, sent.flat, sent.channel) == ("28号楼", "1-101", "group")


async def test_a_wechat_message_in_doubt_is_sent_and_not_reached(
    notify: Notify, account: Account, platform: WeChatPlatform
) -> None:
    wechat.wrote_lately(account, "oZhao")
    notify.messaging.give_address(person("zhao"), wechat.KEY, "youyou", "oZhao")
    platform.fail_next("custom/send", Fault.MALFORMED_JSON)
    await notify.hear(household_changed("28/1-101", member("zhao", wechat.KEY)))
    announcement_id = await publish(notify, channels=[wechat.KEY])
    await notify.deliver()
    assert await counts(notify, announcement_id) == (0, 1, 0, 0)


async def test_when_no_channel_leads_to_a_household_somebody_must_knock(notify: Notify, account: Account) -> None:
    notify.messaging.give_address(person("zhao"), wechat.KEY, "youyou", "oZhao", timedelta(days=3))
    await notify.hear(household_changed("28/1-101", member("zhao", wechat.KEY)))
    announcement_id = await publish(notify, channels=[wechat.KEY])
    assert (await counts(notify, announcement_id))[3] == 0
    await notify.deliver()
    assert await counts(notify, announcement_id) == (0, 0, 0, 1)


async def test_the_next_channel_reaches_the_household_after_all(
    notify: Notify, account: Account, text_messages: TextMessages
) -> None:
    notify.messaging.give_address(person("zhao"), wechat.KEY, "youyou", "oZhao", timedelta(days=3))
    notify.messaging.give_address(person("zhao"), "sms", "main", "line-1")
    await notify.hear(household_changed("28/1-101", member("zhao", wechat.KEY, "sms")))
    announcement_id = await publish(notify, channels=[wechat.KEY, "sms"])
    await notify.deliver()
    assert [one.text for one in text_messages.sent] == [f"【通知】停水通知\n{TEXT}"]
    assert await counts(notify, announcement_id) == (0, 0, 1, 0)


async def test_the_audience_is_the_groups_buildings_or_all(notify: Notify) -> None:
    await notify.hear(*(household_changed(key) for key in ("28/1-101", "28/1-102", "30/1-101", "31/1-101", "31/2-101")))
    ids = [
        await publish(notify, key=str(number), group_ids=groups)
        for number, groups in enumerate(([GROUP_28], [GROUP_30], [GROUP_28, GROUP_30], []))
    ]
    await notify.deliver()
    assert [sum(await counts(notify, one)) for one in ids] == [2, 3, 5, 5]


async def test_a_repeat_with_the_same_key_publishes_nothing_new(notify: Notify) -> None:
    await notify.hear(household_changed("28/1-101"))
    first, again = await asyncio.gather(publish(notify), publish(notify))
    assert first == again
    await notify.deliver()
    assert len(notify.messaging.texts(GROUP_28)) == 1
    with pytest.raises(InvalidArgument) as refused:
        await publish(notify, title="别的标题")
    assert refused.value.reason == "IDEMPOTENCY_KEY_REUSED"


async def test_the_list_of_households_begins_with_who_is_not_reached_and_counts_as_people_do(notify: Notify) -> None:
    flats = ["28/12-101", "28/3-501", "28/3-1001", "28/1-101", "28/2-101"]
    await notify.hear(*(household_changed(key) for key in flats), household_changed("28/9-901", member("zhao")))
    announcement_id = await publish(notify)
    await notify.deliver()
    await visit(notify, announcement_id, "28/1-101", announcement_pb2.VISIT_RESULT_TOLD)
    found, token = [], ""
    while True:
        page = await reach(notify, announcement_id, page_size=2, page_token=token)
        found += [line.flat for line in page.households]
        token = page.next_page_token
        if not token:
            break
    assert found == ["2-101", "3-501", "3-1001", "12-101", "9-901", "1-101"]


async def test_a_visit_that_told_or_left_a_slip_reaches_and_nobody_at_home_does_not(notify: Notify) -> None:
    await notify.hear(*(household_changed(f"28/1-10{number}") for number in (1, 2, 3)))
    announcement_id = await publish(notify)
    await notify.deliver()
    told = await visit(notify, announcement_id, "28/1-101", announcement_pb2.VISIT_RESULT_TOLD, idempotency="a")
    slip = await visit(notify, announcement_id, "28/1-102", announcement_pb2.VISIT_RESULT_SLIP_LEFT, idempotency="b")
    gone = await visit(notify, announcement_id, "28/1-103", announcement_pb2.VISIT_RESULT_NOT_AT_HOME, idempotency="c")
    reached = announcement_pb2.REACH_STATE_REACHED
    assert [(told.state, told.channel), (slip.state, slip.channel)] == [(reached, "visit"), (reached, "visit")]
    assert gone.state == announcement_pb2.REACH_STATE_UNREACHABLE
    assert gone.last_visit == announcement_pb2.VISIT_RESULT_NOT_AT_HOME
    assert await notify.events("HouseholdReached") == 2


async def test_a_visit_is_recorded_once_for_each_key(notify: Notify) -> None:
    await notify.hear(household_changed("28/1-101"))
    announcement_id = await publish(notify)
    await notify.deliver()
    for _ in range(2):
        await visit(notify, announcement_id, "28/1-101", announcement_pb2.VISIT_RESULT_TOLD)
    assert await notify.events("HouseholdReached") == 1


async def test_who_moves_in_while_it_counts_enters_the_ledger(notify: Notify, account: Account) -> None:
    await notify.hear(household_changed("28/1-101"))
    announcement_id = await publish(notify)
    await notify.deliver()
    wechat.wrote_lately(account, "oZhao")
    notify.messaging.give_address(person("zhao"), wechat.KEY, "youyou", "oZhao")
    await notify.hear(household_changed("28/1-102", member("qian")))
    await notify.hear(household_changed("28/1-101", member("zhao", wechat.KEY), version=2))
    await notify.deliver()
    assert await counts(notify, announcement_id) == (0, 1, 1, 0)


async def test_a_household_that_is_no_more_leaves_the_ledger_unless_it_was_told(notify: Notify) -> None:
    await notify.hear(household_changed("28/1-101", member("zhao")), household_changed("28/1-102"))
    announcement_id = await publish(notify)
    await notify.deliver()
    assert await counts(notify, announcement_id) == (0, 1, 0, 1)

    gone = [household_changed(key, version=2) for key in ("28/1-101", "28/1-102")]
    for each in gone:
        each.is_removed = True
    await notify.hear(*gone)
    await notify.deliver()

    assert await counts(notify, announcement_id) == (0, 1, 0, 0), "nobody is to knock where there is no door"
    again = await notify.ask(
        "PreviewAnnouncement",
        pb.PreviewAnnouncementRequest(
            community_id=COMMUNITY,
            announcement=announcement_pb2.NewAnnouncement(title="停水", text=TEXT, group_ids=[GROUP_28]),
        ),
        secretary(),
    )
    assert again.household_count == 0
    await notify.hear(household_changed("28/1-102", version=1))  # an event that was parked, and comes late
    assert await counts(notify, announcement_id) == (0, 1, 0, 0)
    await notify.hear(household_changed("28/1-102", version=3))
    await notify.deliver()
    assert await counts(notify, announcement_id) == (0, 1, 0, 1)


async def test_nothing_is_announced_to_a_group_that_was_closed(notify: Notify) -> None:
    closed = group_changed(GROUP_28, version=9)
    del closed.buildings[:]
    await notify.hear(closed)
    with pytest.raises(NotFound, match="does not exist here"):
        await publish(notify)


async def test_an_older_version_of_a_household_changes_nothing(notify: Notify) -> None:
    await notify.hear(household_changed("28/1-101", member("zhao"), version=5))
    await notify.hear(household_changed("28/1-101", version=4))
    announcement_id = await publish(notify)
    await notify.deliver()
    assert await counts(notify, announcement_id) == (0, 1, 0, 0)


async def test_the_ledger_is_true_while_many_work_on_it_at_once(
    notify: Notify, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "CHUNK", 7)
    for number in range(40):
        wechat.wrote_lately(account, f"o{number}")
        notify.messaging.give_address(person(str(number)), wechat.KEY, "youyou", f"o{number}")
        await notify.hear(household_changed(f"28/1-{number + 101}", member(str(number), wechat.KEY)))
    await notify.hear(*(household_changed(f"28/2-{number + 101}", member(f"m{number}")) for number in range(10)))
    await notify.hear(*(household_changed(f"28/3-{number + 101}") for number in range(10)))
    announcement_id = await publish(notify)

    async def knock(number: int) -> None:
        told = announcement_pb2.VISIT_RESULT_TOLD
        await visit(notify, announcement_id, f"28/3-{number + 101}", told, idempotency=f"v{number}")

    while (
        await notify.ask(
            "GetAnnouncement",
            pb.GetAnnouncementRequest(community_id=COMMUNITY, announcement_id=announcement_id),
            secretary(),
        )
    ).announcement.household_count < 60:
        await notify.ledgers.work_once()
    await asyncio.gather(notify.deliver(), notify.deliver(), notify.deliver(), *(knock(number) for number in range(5)))
    await notify.deliver()
    assert await counts(notify, announcement_id) == (0, 10, 45, 5)
    assert await notify.events("HouseholdReached") == 45


async def test_at_night_persons_wait_for_morning_and_the_group_does_not(
    notify: Notify, account: Account, clock: Clock
) -> None:
    await clock.set_local_time("2026-01-15 22:30")
    zhao = wechat.wrote_lately(account, "oZhao")
    notify.messaging.give_address(person("zhao"), wechat.KEY, "youyou", "oZhao")
    await notify.hear(household_changed("28/1-101", member("zhao", wechat.KEY)))
    announcement_id = await publish(notify)
    await notify.deliver()
    assert zhao.received == []
    assert await counts(notify, announcement_id) == (0, 1, 0, 0)
    await clock.set_local_time("2026-01-16 07:00")
    await notify.deliver()
    assert await counts(notify, announcement_id) == (0, 0, 1, 0)


async def test_an_emergency_is_announced_at_night_and_names_its_source(
    notify: Notify, account: Account, clock: Clock
) -> None:
    await clock.set_local_time("2026-01-15 02:30")
    zhao = wechat.wrote_lately(account, "oZhao")
    notify.messaging.give_address(person("zhao"), wechat.KEY, "youyou", "oZhao")
    await notify.hear(household_changed("28/1-101", member("zhao", wechat.KEY)))
    urgency = announcement_pb2.ANNOUNCEMENT_URGENCY_EMERGENCY
    with pytest.raises(InvalidArgument) as refused:
        await publish(notify, urgency=urgency)
    assert refused.value.field == "announcement.source"
    await publish(notify, urgency=urgency, source="社区居委会")
    await notify.deliver()
    [told] = wechat.contents(zhao)
    assert told.startswith("【紧急通知】")
    assert told.endswith("——社区居委会")


async def test_what_is_published_is_what_the_preview_showed(notify: Notify) -> None:
    await notify.hear(household_changed("28/1-101"))
    wanted = create(text="3单元501室漏水，联系13812345678。").announcement
    preview = await notify.ask(
        "PreviewAnnouncement",
        pb.PreviewAnnouncementRequest(community_id=COMMUNITY, announcement=wanted),
        building_head(),
    )
    assert preview.household_count == 1
    assert preview.published_text == "3单元***室漏水，联系138****5678。"
    assert len(preview.warnings) == 2
    assert not any("501" in warning or "13812345678" in warning for warning in preview.warnings)
    created = await notify.ask("CreateAnnouncement", create(text=wanted.text), building_head())
    assert created.announcement.text == preview.published_text


async def test_a_building_head_speaks_to_the_own_groups_alone(notify: Notify) -> None:
    await publish(notify, building_head())
    with pytest.raises(NotFound):
        await publish(notify, building_head(), key="k2", group_ids=[GROUP_30])
    with pytest.raises(InvalidArgument):
        await publish(notify, building_head(), key="k3", group_ids=[])


async def test_residents_see_what_concerns_them(notify: Notify) -> None:
    of_28 = await publish(notify, key="a")
    of_all = await publish(notify, key="b", group_ids=[], title="全社区")
    request = pb.ListAnnouncementsRequest(community_id=COMMUNITY)
    seen = await notify.ask("ListAnnouncements", request, resident(GROUP_30))
    assert [one.id for one in seen.announcements] == [of_all]
    seen = await notify.ask("ListAnnouncements", request, resident(GROUP_28))
    assert [one.id for one in seen.announcements] == [of_all, of_28]
    with pytest.raises(NotFound):
        await notify.ask(
            "GetAnnouncement",
            pb.GetAnnouncementRequest(community_id=COMMUNITY, announcement_id=of_28),
            resident(GROUP_30),
        )


async def test_announcements_are_paged_newest_first(notify: Notify) -> None:
    made = [await publish(notify, key=str(number)) for number in range(5)]
    found, token = [], ""
    while True:
        request = pb.ListAnnouncementsRequest(community_id=COMMUNITY, page_size=2, page_token=token)
        page = await notify.ask("ListAnnouncements", request, secretary())
        found += [one.id for one in page.announcements]
        token = page.next_page_token
        if not token:
            break
    assert found == made[::-1]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("title", "长" * 61),
        ("text", " \n"),
        ("text", "长" * 2001),
        ("group_ids", ["28"]),
        ("channels", ["pigeon"]),
        ("urgency", 9),
    ],
)
async def test_a_bad_field_is_named(notify: Notify, field: str, value: Any) -> None:
    with pytest.raises(InvalidArgument) as refused:
        await publish(notify, **{field: value})
    assert refused.value.field.startswith(f"announcement.{field}")
    assert await notify.states() == []


async def test_a_building_head_looks_after_the_own_households(notify: Notify) -> None:
    await notify.hear(household_changed("28/1-101"), household_changed("30/1-101"))
    announcement_id = await publish(notify, group_ids=[])
    await notify.deliver()
    request = pb.ListReachRequest(community_id=COMMUNITY, announcement_id=announcement_id)
    seen = await notify.ask("ListReach", request, building_head())
    assert [one.building_name for one in seen.households] == ["28号楼"]
    told = announcement_pb2.VISIT_RESULT_TOLD
    with pytest.raises(NotFound):
        await visit(notify, announcement_id, "30/1-101", told, by=building_head())


async def test_a_screen_counts_as_sent_only_after_proof_of_play(notify: Notify) -> None:
    await notify.set_up(screen_pb2.ScreenDefinition(key="28-lobby", group_key="28", code="lobby-28"))
    await notify.hear(household_changed("28/1-101"))
    announcement_id = await publish(notify)
    await notify.deliver()
    assert await counts(notify, announcement_id) == (0, 0, 0, 1)
    shown = await notify.ask("GetScreen", pb.GetScreenRequest(code="lobby-28"))
    [item] = shown.items
    assert (item.kind, item.title, item.text) == ("announcement", "停水通知", TEXT)
    proof = screen_pb2.ShownItem(record=1, item_id=item.id)
    proof.shown_until.CopyFrom(shown.now)
    proof.shown_from.FromSeconds(shown.now.seconds - 10)
    await notify.ask("ReportShown", pb.ReportShownRequest(code="lobby-28", shown=[proof]))
    assert await counts(notify, announcement_id) == (0, 1, 0, 0)
    [line] = (await reach(notify, announcement_id)).households
    assert line.channel == "lobby_display"


@pytest.mark.parametrize(
    "position",
    [
        ["ListReach"],
        ["ListReach", "0", "a", ANOTHER],
        ["ListReach", 2**40, "a", ANOTHER],
        ["ListReach", True, "a", ANOTHER],
        ["ListReach", 0, "\x00", ANOTHER],
        ["ListReach", 0, "a", "b"],
        ["ListAnnouncements"],
        ["ListAnnouncements", "2026-01-15T10:00:00+08:00"],
        ["ListAnnouncements", "0001-01-01T00:00:00+23:59", ANOTHER],
        ["ListAnnouncements", 1, ANOTHER],
    ],
)
async def test_a_page_token_that_was_not_given_out_is_refused(notify: Notify, position: list[Any]) -> None:
    method, *parts = position
    token = encode_token(method, parts)
    request: pb.ListReachRequest | pb.ListAnnouncementsRequest
    if method == "ListReach":
        request = pb.ListReachRequest(community_id=COMMUNITY, announcement_id=ANOTHER, page_token=token)
    else:
        request = pb.ListAnnouncementsRequest(community_id=COMMUNITY, page_token=token)
    with pytest.raises(InvalidArgument) as refused:
        await notify.ask(method, request, secretary())
    assert refused.value.field == "page_token"
