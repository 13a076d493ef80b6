"""Importing a community: all or nothing, every fault named, the same file twice changes nothing."""

from collections.abc import Callable

import pytest
from louyu.messaging.v1 import community_pb2, message_pb2
from louyu.messaging.v1 import messaging_service_pb2 as pb
from louyu_runtime.errors import RemoteError
from louyu_runtime.ids import community_id, named_id

from tests.messaging.community import (
    ACCOUNT,
    CHANNEL,
    COMMUNITY,
    FLATS_28,
    GROUP_28,
    GROUP_SMALL,
    NOTIFY,
    OPERATOR,
    Messaging,
    definition,
    person,
    person_id,
)

Definition = community_pb2.CommunityDefinition


async def test_the_same_file_twice_changes_nothing(messaging: Messaging) -> None:
    events = len(await messaging.outbox("GroupDirectoryChanged")) + len(await messaging.outbox("HouseholdChanged"))

    again = await messaging.apply(definition())

    assert (again.created_count, again.changed_count) == (0, 0)
    assert again.unchanged_count == 1 + 3 + len(FLATS_28) + 4 + 2 + 5
    assert events == len(await messaging.outbox("GroupDirectoryChanged")) + len(
        await messaging.outbox("HouseholdChanged")
    )


async def test_a_dry_run_counts_and_changes_nothing(messaging: Messaging) -> None:
    wanted = definition()
    wanted.name = "另一个名字"
    wanted.people.add(key="new", name="新邻居", building_key="28", flat="1-102")

    found = await messaging.apply(wanted, is_dry_run=True)

    assert (found.created_count, found.changed_count) == (1, 1)
    community = await messaging.call("GetCommunity", pb.GetCommunityRequest(community="beili"))
    assert community.community.name == "北里社区"


async def test_others_are_told_of_groups_and_households(messaging: Messaging) -> None:
    groups = {event.group_id: event for event in await messaging.outbox("GroupDirectoryChanged")}
    households = {
        event.flat: event for event in await messaging.outbox("HouseholdChanged") if event.building_key == "28"
    }

    holders = {(each.name, each.role, each.responder_key) for each in groups[GROUP_28].role_holders}
    assert holders == {("孙楼长", "building_head", ""), ("王书记", "secretary", ""), ("小李", "staff", "property")}
    assert (groups[GROUP_28].version, groups[GROUP_28].name, groups[GROUP_28].member_count) == (1, "28号楼", 4)
    assert groups[GROUP_28].community_key == "beili"
    assert [building.key for building in groups[GROUP_SMALL].buildings] == ["3", "5"]
    assert set(households) == set(FLATS_28)
    assert [member.person_id for member in households["2-502"].members] == [person_id("zhang")]
    assert list(households["2-502"].members[0].group_ids) == [GROUP_28]
    assert not households["1-102"].members


async def test_only_what_changed_is_told(messaging: Messaging) -> None:
    wanted = definition()
    wanted.people[3].flat = "2-501"
    wanted.people[3].addresses.add(channel="wechat_official_account", account="beili", address="oZHANG")

    found = await messaging.apply(wanted)

    assert (found.created_count, found.changed_count) == (0, 1)
    households = (await messaging.outbox("HouseholdChanged"))[-2:]
    assert {event.flat: (event.version, len(event.members)) for event in households} == {
        "2-502": (2, 0),
        "2-501": (2, 1),
    }
    assert list(next(event for event in households if event.members).members[0].channels) == ["wechat_official_account"]
    assert len(await messaging.outbox("GroupDirectoryChanged")) == 2


async def test_a_new_building_head_replaces_the_old_one(messaging: Messaging) -> None:
    wanted = definition()
    del wanted.people[1].memberships[:]
    wanted.people[3].memberships.add(group_key="28", role="building_head")

    await messaging.apply(wanted)

    event = (await messaging.outbox("GroupDirectoryChanged"))[-1]
    assert (event.role_holders[0].name, event.role_holders[0].role) == ("张阿姨", "building_head")
    assert event.member_count == 4
    await messaging.post("我还是住户", "1", who="louzhang")
    assert list((await messaging.messages())[-1].sender_roles) == ["resident"]


async def test_who_loses_the_only_role_is_no_longer_a_member(messaging: Messaging) -> None:
    wanted = definition()
    del wanted.people[0].memberships[:]
    wanted.people[0].memberships.add(group_key="28", role="secretary")

    await messaging.apply(wanted)

    with pytest.raises(RemoteError, match="GROUP_NOT_FOUND"):
        await messaging.post("x", "1", who="shuji", group=GROUP_SMALL)
    await messaging.post("x", "2", who="shuji")


async def test_what_the_file_does_not_name_stays(messaging: Messaging) -> None:
    joined = await messaging.join("beili-28", "1-201", "1")
    small = Definition(key="beili", name="北里社区", people=[community_pb2.PersonDefinition(key="wuye", name="老李")])
    small.people[0].memberships.add(group_key="28", role="staff", responder_key="property")

    await messaging.apply(small)

    members = await messaging.call("ListMembers", pb.ListMembersRequest(community_id=COMMUNITY, group_id=GROUP_28))
    names = {member.name for member in members.members}
    assert names == {"孙楼长", "王书记", "老李", "张阿姨", joined.person.name}


async def test_a_join_code_that_is_replaced_opens_nothing(messaging: Messaging) -> None:
    wanted = definition()
    wanted.groups[0].join_code = "beili-28-new"

    await messaging.apply(wanted)

    with pytest.raises(RemoteError, match="JOIN_CODE_UNKNOWN"):
        await messaging.call("ResolveJoinCode", pb.ResolveJoinCodeRequest(join_code="beili-28"))
    opened = await messaging.call("ResolveJoinCode", pb.ResolveJoinCodeRequest(join_code="beili-28-new"))
    assert opened.group.id == GROUP_28
    await messaging.apply(definition())
    assert (
        await messaging.call("ResolveJoinCode", pb.ResolveJoinCodeRequest(join_code="beili-28"))
    ).group.id == GROUP_28


async def test_a_join_code_is_drawn_where_none_is_given_and_kept(messaging: Messaging) -> None:
    wanted = definition("nanli")
    del wanted.people[:]
    wanted.groups[0].join_code = ""
    await messaging.apply(wanted)

    async def code() -> str:
        own = community_id("nanli")
        request = pb.GetGroupRequest(community_id=own, group_id=named_id(own, "group", "28"))
        return str((await messaging.call("GetGroup", request)).group.join_code)

    first = await code()
    await messaging.apply(wanted)
    assert len(first) == 10
    assert await code() == first


FAULTS: list[tuple[str, Callable[[Definition], object]]] = [
    ("community.key", lambda d: d.CopyFrom(Definition(key="Bei Li", name="北里"))),
    ("community.name", lambda d: setattr(d, "name", "")),
    ("community.buildings[1].key", lambda d: setattr(d.buildings[1], "key", "28")),
    ("community.buildings[0].flats[20]", lambda d: d.buildings[0].flats.append("1单元101")),
    ("community.buildings[0].flats[20]", lambda d: d.buildings[0].flats.append("地下室")),
    ("community.groups[0].building_keys[1]", lambda d: d.groups[0].building_keys.append("99")),
    ("community.groups[0].building_keys", lambda d: d.groups[0].ClearField("building_keys")),
    ("community.groups[1].join_code", lambda d: setattr(d.groups[1], "join_code", "beili-28")),
    ("community.groups[1].join_code", lambda d: setattr(d.groups[1], "join_code", "short")),
    ("community.people[3].key", lambda d: setattr(d.people[3], "key", "shuji")),
    ("community.people[3].name", lambda d: setattr(d.people[3], "name", " ")),
    ("community.people[3].name", lambda d: setattr(d.people[3], "name", "名" * 41)),
    ("community.people[3].building_key", lambda d: setattr(d.people[3], "building_key", "99")),
    ("community.people[3].building_key", lambda d: setattr(d.people[3], "building_key", "")),
    ("community.people[3].flat", lambda d: setattr(d.people[3], "flat", "9-901")),
    ("community.people[3].flat", lambda d: setattr(d.people[3], "flat", "")),
    ("community.people[0].memberships[0].group_key", lambda d: setattr(d.people[0].memberships[0], "group_key", "99")),
    ("community.people[0].memberships[0].role", lambda d: setattr(d.people[0].memberships[0], "role", "mayor")),
    (
        "community.people[2].memberships[0].responder_key",
        lambda d: setattr(d.people[2].memberships[0], "responder_key", ""),
    ),
    (
        "community.people[0].memberships[0].responder_key",
        lambda d: setattr(d.people[0].memberships[0], "responder_key", "property"),
    ),
    ("community.people[0].addresses[0].address", lambda d: d.people[0].addresses.add(channel="sms", account="a")),
]


async def test_each_fault_names_its_field(messaging: Messaging, subtests: pytest.Subtests) -> None:
    for field, spoil in FAULTS:
        wanted = definition()
        spoil(wanted)
        with subtests.test(field), pytest.raises(RemoteError) as refused:
            await messaging.apply(wanted)

        assert (refused.value.code.name, refused.value.reason) == ("INVALID_ARGUMENT", "DEFINITION_FAULTY")
        assert [path for path, _ in refused.value.violations] == [field]


async def test_all_faults_are_told_at_once_and_nothing_is_changed(messaging: Messaging) -> None:
    wanted = definition()
    wanted.name = ""
    wanted.people[3].flat = "9-901"
    wanted.people[0].memberships[0].role = "mayor"
    wanted.groups[0].join_code = "beili-3-5"
    wanted.people.add(key="new", name="新邻居")

    with pytest.raises(RemoteError) as refused:
        await messaging.apply(wanted)

    assert {path for path, _ in refused.value.violations} == {
        "community.name",
        "community.people[3].flat",
        "community.people[0].memberships[0].role",
        "community.groups[0].join_code",
        "community.groups[1].join_code",
    }
    again = await messaging.apply(definition())
    assert (again.created_count, again.changed_count) == (0, 0)


async def test_hundreds_of_faults_still_reach_the_caller(messaging: Messaging) -> None:
    wanted = definition()
    for number in range(500):
        wanted.people.add(key=f"new-{number}", name="", building_key="没有这栋楼", flat="9-901")

    with pytest.raises(RemoteError) as refused:
        await messaging.apply(wanted)

    assert refused.value.reason == "DEFINITION_FAULTY"
    assert "1000 faults" in refused.value.message
    assert len(refused.value.violations) == 20


async def test_an_address_of_somebody_else_and_a_foreign_join_code_are_faults(messaging: Messaging) -> None:
    wanted = definition()
    wanted.people[3].addresses.add(channel="wechat_official_account", account="beili", address="oZHANG")
    await messaging.apply(wanted)
    wanted.people[4].addresses.extend(wanted.people[3].addresses)
    del wanted.people[3].addresses[:]

    with pytest.raises(RemoteError) as refused:
        await messaging.apply(wanted)
    assert [path for path, _ in refused.value.violations] == ["community.people[4].addresses[0].address"]

    foreign = definition("nanli")
    foreign.groups[0].join_code = "beili-28"
    with pytest.raises(RemoteError) as refused:
        await messaging.apply(foreign)
    assert [path for path, _ in refused.value.violations] == ["community.groups[0].join_code"]


async def test_two_thousand_households_are_imported_at_once_and_again_without_a_change(messaging: Messaging) -> None:
    wanted = Definition(key="large", name="大社区")
    for building in range(10):
        flats = [f"{unit}-{floor}0{door}" for unit in range(1, 6) for floor in range(1, 21) for door in (1, 2)]
        wanted.buildings.add(key=str(building), flats=flats)
        wanted.groups.add(key=str(building), building_keys=[str(building)])
        for number, flat in enumerate(flats):
            added = wanted.people.add(key=f"p{building}-{number}", name="邻居", building_key=str(building), flat=flat)
            added.addresses.add(channel="sms", account="main", address=f"139{building:04}{number:04}")

    found = await messaging.apply(wanted)

    assert found.created_count == 1 + 10 + 2000 + 10 + 2000
    again = await messaging.apply(wanted)
    assert (again.created_count, again.changed_count) == (0, 0)


async def test_five_thousand_people_in_one_call_larger_than_any_other(messaging: Messaging) -> None:
    wanted = Definition(key="huge", name="特大社区")
    for building in range(20):
        key = f"jia-yuan-{building}"
        flats = [f"{unit}-{floor}{door:02}" for unit in range(1, 4) for floor in range(1, 26) for door in range(1, 5)]
        wanted.buildings.add(key=key, flats=flats)
        wanted.groups.add(key=key, building_keys=[key])
        for number, flat in enumerate(flats[:250]):
            added = wanted.people.add(key=f"{key}-{flat}-p", name="邻居", building_key=key, flat=flat)
            added.addresses.add(
                channel=CHANNEL, account=ACCOUNT, address=f"oHUGE-{building:04}-{number:04}-{'x' * 100}"
            )
    request = pb.ApplyCommunityRequest(community=wanted)
    assert 1024 * 1024 < request.ByteSize() < 8 * 1024 * 1024

    found = await messaging.client.call("ApplyCommunity", request, principal=OPERATOR, timeout=60.0)

    assert found.created_count == 1 + 20 + 20 * 300 + 20 + 5_000
    assert len(found.changes) == 1_000


async def test_no_other_call_may_be_so_large(messaging: Messaging) -> None:
    message = message_pb2.NewMessage(text="大" * 400_000, idempotency_key="1")
    request = pb.PostMessageRequest(community_id=COMMUNITY, group_id=GROUP_28, message=message)

    with pytest.raises(RemoteError) as refused:
        await messaging.call("PostMessage", request, person("zhang"))

    assert (refused.value.code.name, refused.value.reason) == ("RESOURCE_EXHAUSTED", "REQUEST_TOO_LARGE")


async def test_only_operators_import(messaging: Messaging) -> None:
    request = pb.ApplyCommunityRequest(community=definition())

    for principal in (person("shuji", "secretary"), NOTIFY):
        with pytest.raises(RemoteError, match="PERMISSION_DENIED"):
            await messaging.call("ApplyCommunity", request, principal)
    assert (await messaging.call("ApplyCommunity", request, OPERATOR)).community_id == COMMUNITY
