"""Pruning: what the file no longer names goes, those who joined by themselves and all that was said stay."""

import pytest
from louyu.messaging.v1 import community_pb2, message_pb2
from louyu.messaging.v1 import messaging_service_pb2 as pb
from louyu_messaging.consent import CURRENT_VERSION
from louyu_runtime.errors import RemoteError

from tests.messaging.community import COMMUNITY, GROUP_28, GROUP_SMALL, OPERATOR, Messaging, definition, person
from tests.messaging.conversation import Conversation


async def prune(
    messaging: Messaging, wanted: community_pb2.CommunityDefinition, *, is_dry_run: bool = False
) -> pb.ApplyCommunityResponse:
    request = pb.ApplyCommunityRequest(community=wanted, is_pruning=True, is_dry_run=is_dry_run)
    answer: pb.ApplyCommunityResponse = await messaging.call("ApplyCommunity", request, OPERATOR)
    return answer


def told(answer: pb.ApplyCommunityResponse) -> set[tuple[str, str, str]]:
    return {(one.what, one.kind, one.key) for one in answer.changes}


async def names(messaging: Messaging, group: str = GROUP_28) -> set[str]:
    request = pb.ListMembersRequest(community_id=COMMUNITY, group_id=group, page_size=500)
    return {one.name for one in (await messaging.call("ListMembers", request)).members}


async def test_the_whole_file_prunes_nothing(messaging: Messaging) -> None:
    again = await prune(messaging, definition())
    assert (again.created_count, again.changed_count, again.removed_count) == (0, 0, 0)
    assert not again.changes


async def test_a_person_is_removed_and_their_words_stay(messaging: Messaging, conversation: Conversation) -> None:
    await messaging.post("电梯坏了", "1", who="zhang")
    await conversation.react(1, message_pb2.REACTION_THANKS, who="louzhang")
    await messaging.post("修好了", "2", who="louzhang")
    await conversation.react(2, message_pb2.REACTION_THANKS, who="zhang")
    wanted = definition()
    del wanted.people[3]

    planned = await prune(messaging, wanted, is_dry_run=True)
    assert "张阿姨" in await names(messaging)
    done = await prune(messaging, wanted)

    assert told(planned) == told(done) == {("removed", "person", "zhang")}
    assert "张阿姨" not in await names(messaging)
    assert [(one.text, one.sender_name) for one in await messaging.messages()] == [
        ("电梯坏了", "张阿姨"),
        ("修好了", "孙楼长"),
    ]
    household = (await messaging.outbox("HouseholdChanged"))[-1]
    assert (household.flat, household.version, list(household.members)) == ("2-502", 2, [])
    assert (await messaging.outbox("GroupDirectoryChanged"))[-1].member_count == 3
    with pytest.raises(RemoteError, match="GROUP_NOT_FOUND"):
        await messaging.post("还在吗", "3", who="zhang")
    assert (await prune(messaging, wanted)).removed_count == 0
    assert (await messaging.apply(definition())).created_count == 1
    await messaging.post("我回来了", "4", who="zhang")


async def test_who_joined_by_themselves_stays_as_a_resident(messaging: Messaging) -> None:
    joined = await messaging.join("beili-28", "1-201", "1", name="新邻居")
    request = pb.JoinGroupRequest(
        join_code="beili-28", flat="2-301", idempotency_key="2", consent_version=CURRENT_VERSION
    )
    assert (await messaging.call("JoinGroup", request, person("louzhang"))).person.name == "孙楼长"
    wanted = definition()
    del wanted.people[1]

    done = await prune(messaging, wanted)

    assert told(done) == {("kept", "person", "louzhang")}
    assert {"新邻居", "孙楼长"} <= await names(messaging)
    assert "building_head" not in {
        one.role for one in (await messaging.outbox("GroupDirectoryChanged"))[-1].role_holders
    }
    assert joined.person.id


async def test_a_flat_is_removed_unless_somebody_joined_there_and_comes_again_with_a_later_version(
    messaging: Messaging,
) -> None:
    await messaging.join("beili-28", "1-201", "1")
    wanted = definition()
    for flat in ("1-102", "1-201"):
        wanted.buildings[0].flats.remove(flat)

    done = await prune(messaging, wanted)

    assert told(done) == {("removed", "household", "28/1-102"), ("kept", "household", "28/1-201")}
    gone = (await messaging.outbox("HouseholdChanged"))[-1]
    assert (gone.flat, gone.version, gone.is_removed) == ("1-102", 2, True)
    await messaging.apply(definition())
    back = (await messaging.outbox("HouseholdChanged"))[-1]
    assert (back.flat, back.version, back.is_removed) == ("1-102", 3, False)


async def test_a_group_is_closed_keeps_its_messages_and_opens_again(messaging: Messaging) -> None:
    await messaging.post("大家好", "1", who="liu", group=GROUP_SMALL)
    joined = await messaging.join("beili-3-5", "5号楼103", "1", name="自己来的")
    wanted = definition()
    del wanted.groups[1]
    wanted.groups[0].building_keys.extend(["3", "5"])

    done = await prune(messaging, wanted)

    assert ("removed", "group", "3-5") in told(done)
    assert {"自己来的"} <= await names(messaging), "whoever lives there follows the building"
    closed = next(e for e in reversed(await messaging.outbox("GroupDirectoryChanged")) if e.group_id == GROUP_SMALL)
    assert (list(closed.buildings), list(closed.role_holders), closed.member_count) == ([], [], 0)
    assert await messaging.texts(GROUP_SMALL) == ["大家好"]
    listed = await messaging.call("ListGroups", pb.ListGroupsRequest(community_id=COMMUNITY))
    assert [one.key for one in listed.groups] == ["28"]
    with pytest.raises(RemoteError, match="JOIN_CODE_UNKNOWN"):
        await messaging.call("ResolveJoinCode", pb.ResolveJoinCodeRequest(join_code="beili-3-5"))
    await messaging.apply(definition())
    assert "自己来的" in await names(messaging, GROUP_SMALL)
    assert await messaging.texts(GROUP_SMALL) == ["大家好"]
    assert joined.group.id == GROUP_SMALL


async def test_a_group_stays_open_while_somebody_who_joined_has_no_other(messaging: Messaging) -> None:
    await messaging.join("beili-3-5", "5号楼103", "1", name="自己来的")
    wanted = definition()
    del wanted.groups[1]
    del wanted.buildings[1:]
    del wanted.people[4]

    done = await prune(messaging, wanted)

    kept = {(one.kind, one.key) for one in done.changes if one.what == "kept"}
    assert kept == {("group", "3-5"), ("household", "5/103"), ("building", "3"), ("building", "5")}
    assert "自己来的" in await names(messaging, GROUP_SMALL)


async def test_a_building_goes_with_its_households(messaging: Messaging) -> None:
    wanted = definition()
    del wanted.groups[1]
    del wanted.buildings[1:]
    del wanted.people[4]

    done = await prune(messaging, wanted)

    assert done.removed_count == 1 + 1 + 2 + 4
    assert [one.kind for one in done.changes if one.what == "removed"] == ["building"] * 2 + ["household"] * 4 + [
        "group",
        "person",
    ]
    again = await messaging.apply(definition())
    assert again.created_count == done.removed_count
