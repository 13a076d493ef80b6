"""Words for the account itself: help, own questions, another group, leaving, the flat; and what merely contains them."""

from typing import Any

import pytest
from louyu.messaging.v1 import messaging_service_pb2 as pb
from louyu_messaging.door_words import is_for_account, word_of
from louyu_messaging.store.leaving import FORGOTTEN_NAME
from louyu_runtime.errors import RemoteError

from tests.messaging.community import (
    COMMUNITY,
    GROUP_28,
    GROUP_SMALL,
    NOTIFY,
    Follower,
    Messaging,
    definition,
    person,
    person_id,
)

CHANNEL = "wechat_official_account"


@pytest.fixture
async def member(messaging: Messaging) -> Follower:
    """Somebody of 2-301 who joined building 28 by the account."""
    follower = Follower(messaging, "oMEMBER")
    await follower.arrives("beili-28")
    assert (await follower.writes("2-301")).WhichOneof("outcome") == "joined"
    return follower


async def known_follower(messaging: Messaging, number: int, openid: str) -> Follower:
    """A person of the definition, known on the account by the import."""
    wanted = definition()
    wanted.people[number].addresses.add(channel=CHANNEL, account="beili", address=openid)
    await messaging.apply(wanted)
    return Follower(messaging, openid)


async def consents(messaging: Messaging, who: str) -> list[tuple[str, str]]:
    async with messaging.host.database.transaction(COMMUNITY) as tx:
        rows = await tx.rows(
            "SELECT state, way FROM consent WHERE person_id = CAST(:who AS uuid) ORDER BY recorded_at, state", who=who
        )
    return [(row.state, row.way) for row in rows]


async def members_of(messaging: Messaging, group: str = GROUP_28) -> dict[str, str]:
    request = pb.ListMembersRequest(community_id=COMMUNITY, group_id=group, page_size=500)
    return {each.person_id: each.name for each in (await messaging.call("ListMembers", request)).members}


@pytest.mark.parametrize(
    "text",
    [
        "帮助",
        " 菜单 ",
        "“我的”",
        "切换。",
        "退出!",
        "退出",
        "HELP",
        "？",
        "我的问题",
        "3单元501",
        "28号楼501",
        "2-301",
        "501室",
        "2单元501 王阿姨",
    ],
)
def test_the_account_is_meant_by_a_word_alone(text: str) -> None:
    assert is_for_account(text, ())


@pytest.mark.parametrize(
    "text",
    [
        "我的暖气不热",
        "谁来帮助一下王奶奶",
        "食堂的菜单在哪看",
        "电梯怎么退出故障模式",
        "切换电源的时候跳闸了",
        "换水表要多少钱",
        "501",
        "12",
        "11-25",
        "3单元501漏水了",
        "我家在3单元，谁有钥匙",
        "？？？",
        "",
    ],
)
def test_a_message_that_contains_such_a_word_stays_a_message(text: str) -> None:
    assert word_of(text) is None
    assert not is_for_account(text, ())


async def test_help_and_own_questions_are_understood_and_posted_nowhere(messaging: Messaging, member: Follower) -> None:
    helped = await member.writes("帮助", key="a")
    mine = await member.writes("我的")

    assert (helped.help_asked.group_name, helped.help_asked.is_in_several) == ("28号楼", False)
    assert await member.writes("帮助", key="a") == helped
    (own,) = mine.own_questions_asked.persons
    assert own.community_id == COMMUNITY
    assert own.person_id in await members_of(messaging)
    assert (await member.writes("我的暖气不热，谁来帮助一下")).WhichOneof("outcome") == "posted"
    assert await messaging.texts() == ["我的暖气不热，谁来帮助一下"]


async def test_words_while_the_flat_is_asked_for(messaging: Messaging) -> None:
    follower = Follower(messaging, "oNEW")
    await follower.arrives("beili-28")

    again = await follower.writes("帮助")
    assert (again.flat_asked.group_name, again.flat_asked.problem) == ("28号楼", "")
    assert (await follower.writes("退出")).WhichOneof("outcome") == "unknown_sender"
    assert (await follower.writes("2-301")).WhichOneof("outcome") == "unknown_sender"


async def test_leaving_is_confirmed_once_and_forgets_the_person(messaging: Messaging, member: Follower) -> None:
    posted = (await member.writes("暖气不热")).posted
    asked = await member.writes("退出")
    left = await member.writes("确认退出", key="bye")

    assert (asked.leaving_asked.group_name, asked.leaving_asked.is_in_several) == ("28号楼", False)
    assert (left.left.group_name, left.left.is_last) == ("28号楼", True)
    assert await member.writes("确认退出", key="bye") == left
    assert posted.person_id not in await members_of(messaging)
    addresses = pb.ResolveAddressesRequest(community_id=COMMUNITY, person_ids=[posted.person_id], channel=CHANNEL)
    assert not (await messaging.call("ResolveAddresses", addresses, NOTIFY)).addresses
    assert await consents(messaging, posted.person_id) == [("given", CHANNEL), ("withdrawn", CHANNEL)]
    found = await messaging.call("GetPerson", pb.GetPersonRequest(community_id=COMMUNITY, person=posted.person_id))
    assert (found.person.name, found.person.flat, list(found.person.memberships)) == (FORGOTTEN_NAME, "", [])
    (message,) = await messaging.messages()
    assert (message.text, message.sender_name) == ("暖气不热", "28号楼邻居")
    households = [each for each in await messaging.outbox("HouseholdChanged") if each.flat == "2-301"]
    assert [len(each.members) for each in households][-2:] == [1, 0]
    assert (await member.writes("有人吗")).WhichOneof("outcome") == "unknown_sender"


async def test_who_does_not_confirm_stays_and_is_heard(messaging: Messaging, member: Follower) -> None:
    await member.writes("退出")
    assert (await member.writes("不退了")).WhichOneof("outcome") == "nothing_changed"
    assert (await member.writes("确认退出")).WhichOneof("outcome") == "posted"  # nothing is asked any more
    await member.writes("退出")
    assert (await member.writes("暖气还是不热")).WhichOneof("outcome") == "posted"
    assert (await member.writes("确认")).WhichOneof("outcome") == "posted"
    assert await messaging.texts() == ["确认退出", "暖气还是不热", "确认"]


async def test_a_confirmation_after_half_an_hour_is_none(messaging: Messaging, member: Follower, clock: Any) -> None:
    await member.writes("退出")
    await clock.move(minutes=31)
    assert (await member.writes("确认退出")).WhichOneof("outcome") == "posted"


async def test_who_has_left_may_join_anew(messaging: Messaging, member: Follower) -> None:
    await member.writes("退出")
    await member.writes("确认退出")
    await member.arrives("beili-28")
    joined = await member.writes("2-302")
    assert (joined.joined.flat, joined.joined.was_member) == ("2-302", False)
    assert (await members_of(messaging))[joined.joined.person_id] == "28号楼邻居"


async def test_a_role_holder_is_told_with_whom_to_hand_over(messaging: Messaging) -> None:
    head = await known_follower(messaging, 1, "oSUN")
    refused = await head.writes("退出")

    assert refused.role_held.group_name == "28号楼"
    assert list(refused.role_held.roles) == ["building_head"]
    assert list(refused.role_held.successors) == ["王书记"]
    assert person_id("louzhang") in await members_of(messaging)


async def test_an_import_does_not_bring_back_who_left(messaging: Messaging) -> None:
    zhang = await known_follower(messaging, 3, "oZHANG")
    await zhang.writes("退出")
    assert (await zhang.writes("确认退出")).WhichOneof("outcome") == "left"
    wanted = definition()
    wanted.people[3].addresses.add(channel=CHANNEL, account="beili", address="oZHANG")
    await messaging.apply(wanted)

    assert person_id("zhang") not in await members_of(messaging)
    assert (await zhang.writes("暖气不热")).WhichOneof("outcome") == "unknown_sender"

    wanted.people[3].memberships.add(group_key="28", role="harmony_promoter")
    await messaging.apply(wanted)
    assert (await members_of(messaging))[person_id("zhang")] == "张阿姨"


async def test_leaving_by_the_page(messaging: Messaging) -> None:
    request = pb.LeaveGroupRequest(community_id=COMMUNITY, group_id=GROUP_28, idempotency_key="leave-1")
    left = await messaging.call("LeaveGroup", request, person("zhang"))
    again = await messaging.call("LeaveGroup", request, person("zhang"))

    assert (left.group_name, left.has_left_community) == ("28号楼", True)
    assert again == left
    assert await consents(messaging, person_id("zhang")) == [("withdrawn", "page")]


async def test_nobody_takes_another_person_out_of_a_group(messaging: Messaging) -> None:
    request = pb.LeaveGroupRequest(
        community_id=COMMUNITY, group_id=GROUP_28, person_id=person_id("zhang"), idempotency_key="leave-1"
    )
    with pytest.raises(RemoteError) as others:
        await messaging.call("LeaveGroup", request, person("liu"))
    assert others.value.field == "person_id"
    mine = pb.LeaveGroupRequest(community_id=COMMUNITY, group_id=GROUP_28, idempotency_key="leave-2")
    with pytest.raises(RemoteError) as not_in_it:
        await messaging.call("LeaveGroup", mine, person("liu"))
    assert not_in_it.value.reason == "GROUP_NOT_FOUND"
    with pytest.raises(RemoteError) as held:
        await messaging.call("LeaveGroup", mine, person("louzhang", "building_head"))
    assert held.value.reason == "ROLE_HELD"
    assert "王书记" in held.value.resident_text


async def test_a_flat_is_asked_about_before_neighbours_read_it(messaging: Messaging, member: Follower) -> None:
    other = await member.writes("2单元302")
    assert (other.flat_named.own_flat, other.flat_named.named_flat, other.flat_named.is_own) == (
        "2-301",
        "2-302",
        False,
    )
    assert await messaging.texts() == []
    moved = await member.writes("改")
    assert (moved.moved.group_name, moved.moved.flat) == ("28号楼", "2-302")
    same = await member.writes("2-302")
    assert same.flat_named.is_own
    posted = await member.writes("发")
    assert posted.posted.seq == 1
    (message,) = await messaging.messages()
    assert (message.text, message.sender_name) == ("2-302", "28号楼邻居")
    assert await messaging.texts() == ["2-302"]


async def test_a_flat_with_a_name_is_asked_about_too(messaging: Messaging, member: Follower) -> None:
    assert (await member.writes("2单元302 赵叔")).flat_named.named_flat == "2-302"
    assert (await member.writes("改")).moved.flat == "2-302"
    assert await messaging.texts() == []


async def test_a_flat_of_another_building_is_a_message(messaging: Messaging, member: Follower) -> None:
    assert (await member.writes("9单元901")).WhichOneof("outcome") == "posted"


async def test_several_groups_are_switched_by_word_and_by_name(messaging: Messaging) -> None:
    secretary = await known_follower(messaging, 0, "oSHUJI")

    asked = await secretary.writes("切换")
    assert (list(asked.group_asked.group_names), asked.group_asked.is_only_choice) == (["28号楼", "3号楼、5号楼"], True)
    chosen = await secretary.writes("1")
    assert (chosen.group_chosen.group_name, chosen.group_chosen.is_only) == ("28号楼", False)
    assert (await secretary.writes("明天停水")).posted.group_id == GROUP_28
    assert (await secretary.writes("切换到3号楼、5号楼")).group_chosen.group_name == "3号楼、5号楼"
    assert (await secretary.writes("明天停电")).posted.group_id == GROUP_SMALL
    assert (await secretary.writes("28号楼")).group_chosen.group_name == "28号楼"
    assert (await secretary.writes("3号楼、5号楼：后天停气")).posted.group_id == GROUP_SMALL
    assert (await secretary.writes("请关好阀门")).posted.group_id == GROUP_SMALL
    assert await messaging.texts() == ["明天停水"]
    assert await messaging.texts(GROUP_SMALL) == ["明天停电", "3号楼、5号楼：后天停气", "请关好阀门"]


async def test_with_one_group_there_is_nothing_to_switch(messaging: Messaging, member: Follower) -> None:
    only = await member.writes("切换")
    assert (only.group_chosen.group_name, only.group_chosen.is_only) == ("28号楼", True)
    assert (await member.writes("28号楼")).WhichOneof("outcome") == "posted"


async def test_wanting_a_group_in_which_one_is_not_is_no_message(messaging: Messaging, member: Follower) -> None:
    assert (await member.writes("切换 30号楼")).group_chosen.is_only
    assert (await member.writes("换30号楼的灯泡")).WhichOneof("outcome") == "posted"
    secretary = await known_follower(messaging, 0, "oSHUJI")
    asked = await secretary.writes("切换到99号楼")
    assert (list(asked.group_asked.group_names), asked.group_asked.is_only_choice) == (["28号楼", "3号楼、5号楼"], True)
    assert await messaging.texts() == ["换30号楼的灯泡"]


async def test_leaving_one_of_several_groups_keeps_the_rest(messaging: Messaging, member: Follower) -> None:
    await member.arrives("beili-3-5")
    joined = await member.writes("3号楼101")
    asked = await member.writes("退出")
    assert (asked.leaving_asked.group_name, asked.leaving_asked.is_in_several) == ("3号楼、5号楼", True)
    left = await member.writes("是")

    assert (left.left.group_name, left.left.is_last) == ("3号楼、5号楼", False)
    assert await consents(messaging, joined.joined.person_id) == [("given", CHANNEL), ("given", CHANNEL)]
    assert (await member.writes("暖气不热")).posted.group_id == GROUP_28


async def test_who_unfollows_stays_a_member_who_cannot_be_reached(messaging: Messaging, member: Follower) -> None:
    who = (await member.writes("暖气不热")).posted.person_id
    await member.leaves()

    assert who in await members_of(messaging)
    told = [each for each in await messaging.outbox("HouseholdChanged") if each.flat == "2-301"]
    assert [list(each.channels) for each in told[-1].members] == [[]]
    assert [each.name for each in told[-1].members] == ["28号楼邻居"]


async def test_names_are_listed_for_the_gateway_alone(messaging: Messaging) -> None:
    request = pb.ListNamesRequest(community_id=COMMUNITY)
    names = await messaging.call("ListNames", request)
    assert list(names.residents) == ["刘大爷", "张阿姨"]
    assert list(names.role_holders) == ["孙楼长", "小李", "王书记"]
    with pytest.raises(RemoteError):
        await messaging.call("ListNames", request, person("zhang"))
