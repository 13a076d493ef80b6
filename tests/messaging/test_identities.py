"""Who the people of an import file are: the same persons again, wherever they stand in the file."""

from typing import Any

import pytest
from louyu.messaging.v1 import community_pb2
from louyu.messaging.v1 import messaging_service_pb2 as pb
from louyu_messaging.identities import derived_key
from louyu_runtime.errors import RemoteError

from tests.messaging.community import ACCOUNT, CHANNEL, COMMUNITY, GROUP_28, Follower, Messaging, definition, person


def resident(name: str, flat: str = "1-201", **fields: Any) -> community_pb2.PersonDefinition:
    """Return a resident as the short form of a file gives them."""
    return community_pb2.PersonDefinition(
        key=derived_key("28", flat, name), name=name, building_key="28", flat=flat, is_key_derived=True, **fields
    )


async def ids(messaging: Messaging) -> dict[str, str]:
    """Return the members of the group of building 28 by name."""
    request = pb.ListMembersRequest(community_id=COMMUNITY, group_id=GROUP_28, page_size=500)
    return {one.name: one.person_id for one in (await messaging.call("ListMembers", request)).members}


async def living_at(messaging: Messaging, *people: community_pb2.PersonDefinition) -> dict[str, str]:
    """Import the community with these people more, and return the members."""
    wanted = definition()
    wanted.people.extend(people)
    await messaging.apply(wanted)
    return await ids(messaging)


async def test_order_and_newcomers_change_nobody(messaging: Messaging) -> None:
    before = await living_at(messaging, resident("王伟"), resident("李娜"))

    after = await living_at(messaging, resident("赵敏"), resident("李娜"), resident("王伟"))

    assert (after["王伟"], after["李娜"]) == (before["王伟"], before["李娜"])
    assert after["赵敏"] not in before.values()


async def test_two_of_one_name_stay_two(messaging: Messaging) -> None:
    await living_at(messaging, resident("王伟"), resident("王伟"))
    again = definition()
    again.people.extend([resident("王伟"), resident("王伟")])
    found = await messaging.apply(again)
    assert (found.created_count, found.changed_count) == (0, 0)


async def test_somebody_renamed_or_moved_stays_the_same_person_when_the_file_says_so(messaging: Messaging) -> None:
    before = await living_at(messaging, resident("张家"), resident("李娜"))
    renamed = resident("张伟", was=community_pb2.FormerPersonDefinition(name="张家"))
    moved = resident("李娜", "2-101", was=community_pb2.FormerPersonDefinition(flat="1-201"))

    for _ in range(2):  # the word stays in the file, and does nothing the second time
        after = await living_at(messaging, renamed, moved, resident("张家"))
        assert (after["张伟"], after["李娜"]) == (before["张家"], before["李娜"])
        assert after["张家"] != before["张家"]


async def test_another_name_in_the_flat_is_another_person(messaging: Messaging) -> None:
    """Who moves in must not get what was written to who moved out."""
    before = await living_at(messaging, resident("张家"))
    assert (await living_at(messaging, resident("李家")))["李家"] != before["张家"]


async def test_a_resident_who_gets_a_role_and_a_key_stays_the_same_person(messaging: Messaging) -> None:
    before = await living_at(messaging, resident("王伟"))
    head = community_pb2.PersonDefinition(key="louzhang-2", name="王伟", building_key="28", flat="1-201")
    head.memberships.add(group_key="28", role="building_head")

    after = await living_at(messaging, head)

    assert after["王伟"] == before["王伟"]
    # the list of residents, from elsewhere, names them again: key and role are kept
    again = await messaging.apply(
        community_pb2.CommunityDefinition(key="beili", name="北里社区", people=[resident("王伟")])
    )
    assert (again.created_count, again.changed_count) == (0, 1)
    kept = await messaging.call("GetPerson", pb.GetPersonRequest(community_id=COMMUNITY, person="louzhang-2"))
    assert (kept.person.id, list(kept.person.memberships[0].roles)) == (before["王伟"], ["building_head"])


async def test_a_new_key_is_the_same_person_when_the_file_says_so(messaging: Messaging) -> None:
    before = await ids(messaging)
    wanted = definition()
    wanted.people[1].key = "head-28"
    wanted.people[1].was.key = "louzhang"
    await messaging.apply(wanted)
    assert (await ids(messaging))["孙楼长"] == before["孙楼长"]


async def test_who_joined_by_themselves_is_found_by_their_address(messaging: Messaging) -> None:
    """The file gave them a row of their own, until it came to know their address: then the two are one."""
    li = Follower(messaging, "oLI")
    await li.arrives("beili-28")
    joined = (await li.writes("1单元201")).joined.person_id
    named = resident("李楼长")
    before = await living_at(messaging, named)
    assert before["李楼长"] != joined
    head = community_pb2.PersonDefinition(key="li", name="李楼长", building_key="28", flat="1-201")
    head.memberships.add(group_key="28", role="building_head")
    head.addresses.add(channel=CHANNEL, account=ACCOUNT, address="oLI")

    after = await living_at(messaging, head)

    assert after["李楼长"] == joined
    assert before["李楼长"] not in after.values()
    assert await living_at(messaging, head) == after
    posted = await li.writes("我是楼长")
    assert posted.posted.person_id == joined


async def test_nobody_is_taken_for_who_joined_under_their_name(messaging: Messaging) -> None:
    """Anybody may say any name at the door, and must not become building head by it."""
    stranger = await messaging.join("beili-28", "1-201", "1", name="李明珠")
    head = community_pb2.PersonDefinition(key="li", name="李明珠", building_key="28", flat="1-201")
    head.memberships.add(group_key="28", role="building_head")

    await living_at(messaging, head)

    found = await messaging.call("GetPerson", pb.GetPersonRequest(community_id=COMMUNITY, person="li"))
    assert found.person.id != stranger.person.id


async def test_an_address_of_two_who_have_keys_is_a_fault(messaging: Messaging) -> None:
    wanted = definition()
    wanted.people[3].addresses.add(channel=CHANNEL, account=ACCOUNT, address="oZHANG")
    await messaging.apply(wanted)
    other = definition()
    other.people[4].addresses.add(channel=CHANNEL, account=ACCOUNT, address="oZHANG")

    with pytest.raises(RemoteError) as refused:
        await messaging.apply(other)

    assert refused.value.violations[0][0] == "community.people[4].addresses[0].address"
    assert "'zhang'" in refused.value.violations[0][1]
    await messaging.post("还是我", "1", who="zhang")
    assert person("zhang").id == (await messaging.messages())[-1].sender_id


@pytest.mark.parametrize(
    ("flat", "name", "key"),
    [
        ("1-201", "王伟", "28-1-201-王伟"),
        ("01-201", "王伟", "28-1-201-王伟"),
        ("1-201", "Li Na", "28-1-201-li-na-"),
        ("1-201", "买买提·艾力", "28-1-201-买买提-艾力-"),
        ("1-201", "很" * 40, "28-1-201-" + "很" * 40),
    ],
)
def test_a_derived_key_is_made_of_home_and_name(flat: str, name: str, key: str) -> None:
    made = derived_key("28", flat, name)
    assert made.startswith(key)
    assert len(made) <= 64
    assert (made == key) != key.endswith("-"), "what a key cannot hold is told apart by its hash"
