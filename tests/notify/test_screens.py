"""Lobby screens: what each shows, when it is told of a change, and what it proves."""

import asyncio
from datetime import UTC, timedelta
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from louyu.events.v1 import routing_events_pb2 as events
from louyu.notify.v1 import announcement_pb2, screen_pb2
from louyu.notify.v1 import notify_service_pb2 as pb
from louyu_runtime.errors import InvalidArgument, NotFound

from tests.notify.installation import Notify
from tests.notify.place import (
    COMMUNITY,
    GROUP_28,
    building_head,
    facts,
    person,
    resident,
    secretary,
)
from tests.platform.fixtures import Clock

LOBBY = screen_pb2.ScreenDefinition(
    key="28-lobby", group_key="28", group_name="28号楼", place="1单元大堂", code="lobby-28"
)


async def state(notify: Notify, code: str = "lobby-28") -> pb.GetScreenResponse:
    answer: pb.GetScreenResponse = await notify.ask("GetScreen", pb.GetScreenRequest(code=code))
    return answer


async def announce(notify: Notify, **fields: Any) -> None:
    wanted = {"title": "停水", "text": "明天停水。", "group_ids": [GROUP_28], **fields}
    request = pb.CreateAnnouncementRequest(
        community_id=COMMUNITY,
        announcement=announcement_pb2.NewAnnouncement(**wanted),
        idempotency_key=f"{wanted['title']}",
    )
    await notify.ask("CreateAnnouncement", request, secretary())
    await notify.deliver()


def answered(text: str = "今晚七点前来放气。") -> events.QuestionAnswered:
    return events.QuestionAnswered(
        question=facts("zhao", state="answered"),
        person_id=person("wang"),
        person_name="王书记",
        person_role="secretary",
        text=text,
        answered_in_group_id=GROUP_28,
    )


def answered_by_neighbour(text: str = "请把维修费转到这个账户") -> events.QuestionAnswered:
    given = answered(text)
    given.person_id, given.person_name, given.person_role = person("qian"), "热心邻居", "resident"
    return given


def resolved(answer: str, *, by_role: str, answered_by_role: str) -> events.QuestionResolved:
    return events.QuestionResolved(
        question=facts("zhao", state="resolved"),
        person_id=person("zhao") if by_role else "",
        answer=answer,
        opened_at=Timestamp(seconds=1_768_400_000),
        resolved_at=Timestamp(seconds=1_768_440_000),
        person_role=by_role,
        answered_by_role=answered_by_role,
    )


def shown(record: int, item_id: str, now: Timestamp, *, begins: int = -10, ends: int = 0) -> screen_pb2.ShownItem:
    proof = screen_pb2.ShownItem(record=record, item_id=item_id)
    proof.shown_from.FromSeconds(now.seconds + begins)
    proof.shown_until.FromSeconds(now.seconds + ends)
    return proof


async def report(notify: Notify, *proofs: screen_pb2.ShownItem) -> int:
    request = pb.ReportShownRequest(code="lobby-28", shown=proofs, playlist_version=2)
    return int((await notify.ask("ReportShown", request)).accepted_up_to)


async def proofs_of(notify: Notify, item_id: str) -> int:
    async with notify.database.transaction(COMMUNITY) as tx:
        found = await tx.value("SELECT times FROM screen_proof WHERE item_id = :id", id=item_id)
    return int(found or 0)


@pytest.mark.parametrize("settled_by", ["resident", ""])
async def test_words_of_residents_alone_reach_no_screen(notify: Notify, settled_by: str) -> None:
    await notify.set_up(LOBBY)
    await notify.hear(answered_by_neighbour())
    await notify.deliver()
    assert not (await state(notify)).items
    await notify.hear(resolved("请把维修费转到这个账户", by_role=settled_by, answered_by_role="resident"))
    await notify.deliver()
    assert not (await state(notify)).items


async def test_an_answer_of_a_neighbour_is_shown_once_a_role_holder_has_settled_it(notify: Notify) -> None:
    await notify.set_up(LOBBY)
    await notify.hear(
        answered_by_neighbour("派出所在香河园路"),
        resolved("派出所在香河园路", by_role="building_head", answered_by_role="resident"),
    )
    await notify.deliver()
    [item] = (await state(notify)).items
    assert item.text == "派出所在香河园路\n（已解决）"


async def test_screens_are_applied_again_without_change(notify: Notify) -> None:
    first = await notify.set_up(LOBBY)
    again = await notify.set_up(LOBBY)
    assert (first.created_count, again.created_count, again.changed_count, again.unchanged_count) == (2, 0, 0, 2)


async def test_a_dry_run_changes_nothing(notify: Notify) -> None:
    request = pb.ApplyCommunityRequest(community_id=COMMUNITY, screens=[LOBBY], is_dry_run=True)
    assert (await notify.ask("ApplyCommunity", request)).created_count == 2
    with pytest.raises(NotFound):
        await state(notify)


async def test_a_screen_that_is_no_longer_named_goes_only_when_pruned(notify: Notify) -> None:
    other = screen_pb2.ScreenDefinition(key="30-lobby", group_key="30-31", code="lobby-30")
    await notify.set_up(LOBBY, other)
    await notify.set_up(LOBBY)
    request = pb.ApplyCommunityRequest(
        community_id=COMMUNITY, community_name="光明社区", screens=[LOBBY], is_pruning=True, is_dry_run=True
    )
    assert list((await notify.ask("ApplyCommunity", request)).removed_keys) == ["30-lobby"]
    listed = pb.ListScreensRequest(community_id=COMMUNITY)
    assert len((await notify.ask("ListScreens", listed, secretary())).screens) == 2

    request.is_dry_run = False
    assert list((await notify.ask("ApplyCommunity", request)).removed_keys) == ["30-lobby"]

    assert [one.key for one in (await notify.ask("ListScreens", listed, secretary())).screens] == [LOBBY.key]
    with pytest.raises(NotFound):
        await notify.ask("GetScreen", pb.GetScreenRequest(code="lobby-30"))


async def test_all_faults_of_screens_are_told_at_once(notify: Notify) -> None:
    with pytest.raises(InvalidArgument) as refused:
        await notify.set_up(LOBBY, LOBBY, screen_pb2.ScreenDefinition(key="x", code="short"))
    assert [field for field, _ in refused.value.violations] == [
        "screens[1].key",
        "screens[1].code",
        "screens[2].group_key",
        "screens[2].code",
    ]


async def test_a_code_that_is_not_given_is_drawn_and_kept(notify: Notify) -> None:
    nameless = screen_pb2.ScreenDefinition(key="28-lift", group_key="28")
    await notify.set_up(nameless)
    request = pb.ListScreensRequest(community_id=COMMUNITY)
    [screen] = (await notify.ask("ListScreens", request, secretary())).screens
    await notify.set_up(nameless)
    [same] = (await notify.ask("ListScreens", request, secretary())).screens
    assert len(screen.code) >= 12
    assert same.code == screen.code
    [hidden] = (await notify.ask("ListScreens", request, resident())).screens
    assert hidden.code == ""


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"key": ""}, "screens[0].key"),
        ({"group_key": ""}, "screens[0].group_key"),
        ({"code": "short"}, "screens[0].code"),
        ({"code": "with blank"}, "screens[0].code"),
    ],
)
async def test_a_screen_that_cannot_be_is_refused_by_field(notify: Notify, change: dict[str, str], field: str) -> None:
    definition = screen_pb2.ScreenDefinition()
    definition.CopyFrom(LOBBY)
    for name, value in change.items():
        setattr(definition, name, value)
    with pytest.raises(InvalidArgument) as refused:
        await notify.set_up(definition)
    assert refused.value.field == field


async def test_two_screens_cannot_have_one_code(notify: Notify) -> None:
    await notify.set_up(LOBBY)
    other = screen_pb2.ScreenDefinition(key="30-lobby", group_key="30-31", code=LOBBY.code)
    with pytest.raises(InvalidArgument) as refused:
        await notify.set_up(other)
    assert refused.value.field == "screens[0].code"


async def test_an_answer_stands_on_the_screen_of_its_building(notify: Notify) -> None:
    await notify.set_up(LOBBY, screen_pb2.ScreenDefinition(key="30-lobby", group_key="30-31", code="lobby-30"))
    before = await state(notify)
    await notify.hear(answered())
    await notify.deliver()
    after = await state(notify)
    [item] = after.items
    assert (item.kind, item.question_number) == ("answer", 17)
    assert (item.title, item.text) == ("暖气不热怎么办", "今晚七点前来放气。")
    assert item.source.startswith("王书记 · 1月15日")
    assert item.valid_until.ToDatetime(UTC) - item.valid_from.ToDatetime(UTC) == timedelta(days=7)
    assert after.version > before.version
    assert (after.screen.community_name, after.screen.group_name, after.screen.place) == (
        "光明社区",
        "28号楼",
        "1单元大堂",
    )
    assert list((await state(notify, "lobby-30")).items) == []


async def test_a_resolved_question_stays_on_the_screen_as_resolved(notify: Notify) -> None:
    await notify.set_up(LOBBY)
    await notify.hear(answered())
    await notify.deliver()
    first = await state(notify)
    await notify.hear(resolved("今晚七点前来放气。", by_role="resident", answered_by_role="secretary"))
    await notify.deliver()
    after = await state(notify)
    assert [item.text for item in after.items] == ["今晚七点前来放气。\n（已解决）"]
    assert after.items[0].id != first.items[0].id
    assert after.version > first.version


async def test_a_reopened_question_leaves_the_screen(notify: Notify) -> None:
    await notify.set_up(LOBBY)
    await notify.hear(answered())
    await notify.deliver()
    before = await state(notify)
    await notify.hear(events.QuestionReopened(question=facts("zhao"), person_id=person("zhao")))
    after = await state(notify)
    assert list(after.items) == []
    assert after.version > before.version


async def test_an_answer_that_was_taken_back_before_it_was_shown_is_not_shown(notify: Notify) -> None:
    await notify.set_up(LOBBY)
    await notify.hear(answered())
    await notify.hear(events.GuessUndone(question=facts("zhao", state="assigned"), what="answered"))
    await notify.deliver()
    assert list((await state(notify)).items) == []


async def test_the_same_answer_twice_changes_no_version(notify: Notify) -> None:
    await notify.set_up(LOBBY)
    await notify.hear(answered())
    await notify.deliver()
    before = await state(notify)
    await notify.hear(answered())
    await notify.deliver()
    assert (await state(notify)).version == before.version


async def test_personal_data_does_not_reach_a_screen(notify: Notify) -> None:
    await notify.set_up(LOBBY)
    await notify.hear(answered("找李建国师傅，13812345678，住3单元501室。"))
    await notify.deliver()
    [item] = (await state(notify)).items
    assert not any(secret in item.text for secret in ("13812345678", "501", "建国"))


async def test_emergencies_come_first_then_announcements_then_answers(notify: Notify) -> None:
    await notify.set_up(LOBBY)
    await notify.hear(answered())
    await announce(notify, title="停水")
    await announce(
        notify,
        title="燃气泄漏",
        urgency=announcement_pb2.ANNOUNCEMENT_URGENCY_EMERGENCY,
        source="社区居委会",
    )
    await announce(notify, title="停电")
    assert [item.kind for item in (await state(notify)).items] == [
        "emergency",
        "announcement",
        "announcement",
        "answer",
    ]


async def test_what_is_over_is_not_shown_any_more(notify: Notify, clock: Clock) -> None:
    await notify.set_up(LOBBY)
    until = Timestamp()
    async with notify.database.transaction(COMMUNITY) as tx:
        until.FromDatetime(tx.now + timedelta(hours=2))
    await announce(notify, valid_until=until)
    assert len((await state(notify)).items) == 1
    await clock.move(hours=3)
    assert list((await state(notify)).items) == []


@pytest.mark.parametrize("code", ["nobody-knows", "", "lobby-28\x00"])
async def test_an_unknown_code_opens_nothing(notify: Notify, code: str) -> None:
    await notify.set_up(LOBBY)
    with pytest.raises(NotFound):
        await state(notify, code)


async def test_a_watcher_is_told_of_a_change_and_hears_a_heartbeat(notify: Notify) -> None:
    await notify.set_up(LOBBY)
    known = (await state(notify)).version
    watching = notify.watch.versions("lobby-28", known)
    waiting = asyncio.ensure_future(anext(watching))
    await asyncio.sleep(0)
    await notify.hear(answered())
    await notify.deliver()
    async with asyncio.timeout(5):
        told = await waiting
        while told == known:
            told = await anext(watching)
        assert told == (await state(notify)).version
        assert await anext(watching) == told
    await watching.aclose()


async def test_a_watcher_that_is_behind_is_told_at_once(notify: Notify) -> None:
    await notify.set_up(LOBBY)
    watching = notify.watch.versions("lobby-28", 0)
    assert await anext(watching) == (await state(notify)).version
    await watching.aclose()


async def test_watching_says_that_the_screen_is_there(notify: Notify) -> None:
    await notify.set_up(LOBBY)
    watching = notify.watch.versions("lobby-28", 0)
    await anext(watching)
    await watching.aclose()
    [screen] = (await notify.ask("ListScreens", pb.ListScreensRequest(community_id=COMMUNITY), building_head())).screens
    assert screen.HasField("last_seen_at")


async def test_a_proof_is_taken_once_however_often_it_is_sent(notify: Notify) -> None:
    await notify.set_up(LOBBY)
    await notify.hear(answered())
    await notify.deliver()
    found = await state(notify)
    item_id = found.items[0].id
    first = [shown(1, item_id, found.now, begins=-30, ends=-20), shown(2, item_id, found.now)]
    assert await report(notify, *first) == 2
    assert await report(notify, *first, shown(3, item_id, found.now)) == 3
    assert await proofs_of(notify, item_id) == 3


async def test_proofs_at_once_are_each_taken_once(notify: Notify) -> None:
    await notify.set_up(LOBBY)
    await notify.hear(answered())
    await notify.deliver()
    found = await state(notify)
    item_id = found.items[0].id
    proofs = [shown(number, item_id, found.now) for number in range(1, 11)]
    await asyncio.gather(*(report(notify, *proofs) for _ in range(5)))
    assert await proofs_of(notify, item_id) == 10


async def test_proofs_that_cannot_be_true_are_not_counted_and_not_sent_for_ever(notify: Notify) -> None:
    await notify.set_up(LOBBY)
    now = (await state(notify)).now
    reversed_, future = shown(1, "x", now, begins=0, ends=-10), shown(2, "x", now, begins=0, ends=3600)
    assert await report(notify, reversed_, future) == 2
    assert await proofs_of(notify, "x") == 0


async def test_a_forged_proof_does_not_bar_the_proofs_after_it(notify: Notify) -> None:
    await notify.set_up(LOBBY)
    now = (await state(notify)).now
    ahead = now.seconds * 10 + 100_000
    forged = [shown(2**53, "x", now, ends=10**9), shown(2**53, "x", now), shown(ahead, "x", now)]
    for proof in forged:
        assert await report(notify, proof) == proof.record
    reversed_ = shown(now.seconds * 10, "x", now, begins=0, ends=-10)
    assert await report(notify, reversed_) == reversed_.record
    assert await proofs_of(notify, "x") == 0
    assert await report(notify, shown(1, "x", now)) == 1
    assert await proofs_of(notify, "x") == 1


async def test_a_report_needs_between_1_and_200_proofs(notify: Notify) -> None:
    await notify.set_up(LOBBY)
    now = (await state(notify)).now
    for proofs in ([], [shown(number, "x", now) for number in range(1, 202)]):
        with pytest.raises(InvalidArgument):
            await report(notify, *proofs)
