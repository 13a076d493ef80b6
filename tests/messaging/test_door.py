"""The door: following, naming the flat, choosing a group, posting; each step as often as the channel repeats it."""

import asyncio
from typing import Any

import pytest
from louyu.messaging.v1 import media_pb2, message_pb2
from louyu.messaging.v1 import messaging_service_pb2 as pb
from louyu_messaging.consent import CURRENT_VERSION
from louyu_runtime.ids import community_id, named_id

from tests.messaging.community import (
    COMMUNITY,
    GROUP_28,
    GROUP_SMALL,
    NOTIFY,
    Follower,
    Messaging,
    definition,
    person_id,
)


@pytest.fixture
def follower(messaging: Messaging) -> Follower:
    """Somebody whom nobody knows yet."""
    return Follower(messaging, "oABCD-follower")


async def settled(follower: Follower, code: str = "beili-28", flat: str = "2-301") -> Any:
    """Let the follower join by a code."""
    await follower.arrives(code)
    joined = await follower.writes(flat)
    assert joined.WhichOneof("outcome") == "joined"
    return joined.joined


async def addresses_of(messaging: Messaging, who: str) -> list[str]:
    request = pb.ResolveAddressesRequest(community_id=COMMUNITY, person_ids=[who], channel="wechat_official_account")
    return [each.address.address for each in (await messaging.call("ResolveAddresses", request, NOTIFY)).addresses]


async def test_follow_name_the_flat_and_ask(messaging: Messaging, follower: Follower) -> None:
    asked = await follower.arrives("beili-28")
    joined = await follower.writes("2单元301")
    posted = await follower.writes("暖气不热")

    assert asked.flat_asked.group_name == "28号楼"
    assert asked.flat_asked.consent_version == CURRENT_VERSION
    assert (joined.joined.flat, joined.joined.was_member, joined.joined.group_id) == ("2-301", False, GROUP_28)
    assert (posted.posted.seq, posted.posted.person_id) == (1, joined.joined.person_id)
    (message,) = await messaging.messages()
    assert (message.text, message.sender_name, list(message.sender_roles)) == ("暖气不热", "28号楼邻居", ["resident"])
    assert await addresses_of(messaging, joined.joined.person_id) == [follower.openid]


async def test_the_name_given_with_the_flat_is_shown_and_the_flat_is_not(
    messaging: Messaging, follower: Follower
) -> None:
    await follower.arrives("beili-28")
    misleading = await follower.writes("2-301 孙楼长")
    joined = await follower.writes("2单元301，王阿姨")
    await follower.writes("暖气不热")

    assert misleading.flat_asked.problem == "NAME_MISLEADING"
    assert joined.joined.flat == "2-301"
    assert [message.sender_name for message in await messaging.messages()] == ["王阿姨"]


async def test_each_repeated_delivery_gets_the_first_answer(messaging: Messaging, follower: Follower) -> None:
    asked = await follower.arrives("beili-28", key="a")
    assert await follower.arrives("beili-28", key="a") == asked
    misread = await follower.writes("你好呀", key="b")
    assert misread.flat_asked.problem == "FLAT_UNREADABLE"
    joined = await follower.writes("2-301", key="c")
    assert await follower.writes("2-301", key="c") == joined
    assert await follower.arrives("beili-28", key="a") == asked
    assert await follower.writes("你好呀", key="b") == misread
    posted = await follower.writes("暖气不热", key="d")
    assert await follower.writes("暖气不热", key="d") == posted
    assert await follower.writes("2-301", key="c") == joined

    assert await messaging.texts() == ["暖气不热"]


async def test_deliveries_repeated_at_the_same_time_happen_once(messaging: Messaging, follower: Follower) -> None:
    await asyncio.gather(*(follower.arrives("beili-28", key="a") for _ in range(4)))
    joins = await asyncio.gather(*(follower.writes("2-301", key="b") for _ in range(6)))
    posts = await asyncio.gather(*(follower.writes("暖气不热", key="c") for _ in range(6)))

    assert all(each == joins[0] for each in joins)
    assert all(each == posts[0] for each in posts)
    assert await messaging.texts() == ["暖气不热"]
    assert [event.member_count for event in await messaging.outbox("GroupDirectoryChanged")][-1] == 5


async def test_what_a_stranger_wrote_stays_a_strangers(follower: Follower) -> None:
    first = await follower.writes("2-301", key="early")
    await follower.arrives("beili-28")
    again = await follower.writes("2-301", key="early")

    assert first.WhichOneof("outcome") == "unknown_sender"
    assert again == first


async def test_a_flat_that_cannot_be_taken_is_asked_again(follower: Follower) -> None:
    await follower.arrives("beili-28")

    for words, problem in (
        ("你好", "FLAT_UNREADABLE"),
        ("9-901", "FLAT_UNKNOWN"),
        ("301", "FLAT_AMBIGUOUS"),
        ("", "FLAT_UNREADABLE"),
    ):
        again = await follower.writes(words)
        assert (again.flat_asked.is_repeated, again.flat_asked.problem) == (True, problem)
    assert (await follower.writes("2单元301室")).joined.flat == "2-301"


async def test_a_code_that_opens_nothing(follower: Follower) -> None:
    answer = await follower.arrives("no-such-code")

    assert answer.unknown_sender.is_code_invalid
    assert (await follower.arrives()).WhichOneof("outcome") == "unknown_sender"


async def test_a_member_who_scans_again_is_welcomed_back(follower: Follower) -> None:
    joined = await settled(follower)

    again = (await follower.arrives("beili-28")).joined

    assert (again.was_member, again.person_id, again.flat) == (True, joined.person_id, "2-301")


async def test_who_leaves_is_no_longer_written_to_until_they_return(messaging: Messaging, follower: Follower) -> None:
    joined = await settled(follower)

    assert (await follower.leaves(key="bye")).WhichOneof("outcome") == "nothing_to_say"
    assert await addresses_of(messaging, joined.person_id) == []
    assert [list(m.channels) for m in (await messaging.outbox("HouseholdChanged"))[-1].members] == [[]]

    back = await follower.arrives()
    assert (back.joined.was_member, back.joined.person_id) == (True, joined.person_id)
    assert await addresses_of(messaging, joined.person_id) == [follower.openid]
    await follower.leaves(key="bye")  # a late repeat of the first departure
    assert await addresses_of(messaging, joined.person_id) == [follower.openid]


async def test_who_leaves_before_naming_the_flat_is_forgotten(follower: Follower) -> None:
    await follower.arrives("beili-28")
    await follower.leaves()

    assert (await follower.writes("2-301")).WhichOneof("outcome") == "unknown_sender"


async def member_of_two_groups(messaging: Messaging) -> Follower:
    """The secretary, known on the account by the import."""
    wanted = definition()
    wanted.people[0].addresses.add(channel="wechat_official_account", account="beili", address="oSHUJI")
    await messaging.apply(wanted)
    return Follower(messaging, "oSHUJI")


async def test_several_groups_are_asked_for_once_and_remembered(messaging: Messaging) -> None:
    secretary = await member_of_two_groups(messaging)

    asked = await secretary.writes("明天停水", key="a")
    assert list(asked.group_asked.group_names) == ["28号楼", "3号楼、5号楼"]
    assert (await secretary.writes("上午九点", key="b")).WhichOneof("outcome") == "group_asked"
    chosen = await secretary.writes("2", key="c")
    assert await secretary.writes("2", key="c") == chosen
    assert await secretary.writes("明天停水", key="a") == asked
    after = await secretary.writes("到下午三点", key="d")

    assert (chosen.posted.group_id, chosen.posted.seq) == (GROUP_SMALL, 2)
    assert after.posted.seq == 3
    assert await messaging.texts(GROUP_SMALL) == ["明天停水", "上午九点", "到下午三点"]
    assert await messaging.texts(GROUP_28) == []


async def test_a_choice_may_name_the_group(messaging: Messaging) -> None:
    secretary = await member_of_two_groups(messaging)
    await secretary.writes("明天停水")

    assert (await secretary.writes("28号楼")).posted.group_id == GROUP_28


async def test_scanning_a_building_changes_where_the_words_go(messaging: Messaging) -> None:
    secretary = await member_of_two_groups(messaging)
    await secretary.writes("明天停水")

    assert (await secretary.arrives("beili-28")).posted.group_id == GROUP_28
    assert (await secretary.arrives("beili-3-5")).joined.group_id == GROUP_SMALL
    assert (await secretary.writes("明天停电")).posted.group_id == GROUP_SMALL
    assert await messaging.texts(GROUP_28) == ["明天停水"]


async def test_more_than_ten_words_do_not_wait(messaging: Messaging) -> None:
    secretary = await member_of_two_groups(messaging)
    for number in range(10):
        assert (await secretary.writes(f"第{number}句")).WhichOneof("outcome") == "group_asked"

    assert (await secretary.writes("第十一句")).refused.reason == "TOO_MANY_WAITING"
    assert (await secretary.writes("1")).posted.seq == 10


async def test_groups_of_two_communities_are_chosen_and_kept_apart(messaging: Messaging, follower: Follower) -> None:
    other = definition("nanli")
    other.name = "南里社区"
    await messaging.apply(other)
    here = await settled(follower)
    there = await settled(follower, "nanli-28", "1-102")
    assert here.person_id != there.person_id
    assert (await follower.writes("我在南里")).posted.community_id == community_id("nanli")
    assert (await follower.arrives("beili-28")).joined.community_id == COMMUNITY
    assert (await follower.writes("我在北里")).posted.community_id == COMMUNITY

    found = await messaging.call("FindPersonsByAddress", pb.FindPersonsByAddressRequest(address=follower.address))
    assert {each.id for each in found.persons} == {here.person_id, there.person_id}
    assert await messaging.texts() == ["我在北里"]


async def test_equal_names_in_two_communities_are_told_apart(messaging: Messaging) -> None:
    other = definition("nanli")
    other.name = "南里社区"
    for wanted in (definition(), other):
        wanted.people[1].addresses.add(channel="wechat_official_account", account="beili", address="oSUN")
        await messaging.apply(wanted)

    asked = await Follower(messaging, "oSUN").writes("明天停水")

    assert sorted(asked.group_asked.group_names) == ["北里社区28号楼", "南里社区28号楼"]


async def test_a_member_asked_for_another_flat_may_speak_of_something_else(
    messaging: Messaging, follower: Follower
) -> None:
    await settled(follower)
    await follower.arrives("beili-3-5")

    assert (await follower.writes("暖气不热")).posted.group_id == GROUP_28
    assert (await follower.writes("3号楼101")).posted.group_id == GROUP_28


async def test_a_photo_goes_to_the_group_and_silence_nowhere(messaging: Messaging, follower: Follower) -> None:
    await settled(follower)
    photo = message_pb2.ChannelMessage(via=message_pb2.VIA_PHOTO, media_ids=["media-1"])

    posted = await follower._send("", message=photo)
    silence = await follower.writes("  ")
    long = await follower.writes("长" * 2001)

    assert posted.posted.seq == 1
    assert silence.WhichOneof("outcome") == "nothing_to_say"
    assert long.refused.reason == "TEXT_TOO_LONG"
    (message,) = await messaging.messages()
    assert message.via == message_pb2.VIA_PHOTO
    assert [media.state for media in message.media] == [media_pb2.MEDIA_STATE_ARRIVING]


async def test_a_crash_after_posting_posts_nothing_twice(messaging: Messaging, monkeypatch: pytest.MonkeyPatch) -> None:
    """The choice was made and the words were posted, but the process died before it could note so."""
    secretary = await member_of_two_groups(messaging)
    await secretary.writes("明天停水", key="a")

    async def die(*_: object) -> None:
        raise RuntimeError("the process dies here")

    with monkeypatch.context() as broken:
        broken.setattr("louyu_messaging.store.doors.remember", die)
        with pytest.raises(Exception, match="INTERNAL"):
            await secretary.writes("1", key="b")
    assert await messaging.texts() == ["明天停水"]

    again = await secretary.writes("1", key="b")

    assert (again.posted.group_id, again.posted.seq) == (GROUP_28, 1)
    assert await messaging.texts() == ["明天停水"]


async def test_since_last_heard_tells_when_the_person_wrote(
    messaging: Messaging, follower: Follower, clock: Any
) -> None:
    joined = await settled(follower)
    await clock.move(hours=47)
    request = pb.ResolveAddressesRequest(
        community_id=COMMUNITY, person_ids=[joined.person_id], channel="wechat_official_account"
    )
    before = (await messaging.call("ResolveAddresses", request, NOTIFY)).addresses[0].since_last_heard
    await follower.writes("还是不热")
    after = (await messaging.call("ResolveAddresses", request, NOTIFY)).addresses[0].since_last_heard

    assert before.ToTimedelta().total_seconds() >= 47 * 3600
    assert after.ToTimedelta().total_seconds() < 60


async def test_a_known_address_speaks_for_the_imported_person(messaging: Messaging) -> None:
    wanted = definition()
    wanted.people[3].addresses.add(channel="wechat_official_account", account="beili", address="oZHANG")
    await messaging.apply(wanted)

    posted = await Follower(messaging, "oZHANG").writes("暖气不热")

    assert (posted.posted.person_id, posted.posted.group_id) == (person_id("zhang"), GROUP_28)
    assert posted.posted.community_id == COMMUNITY
    assert named_id(COMMUNITY, "group", "28") == GROUP_28
