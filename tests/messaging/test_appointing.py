"""Giving and taking roles: by whom, with what others are told, never leaving a role empty by accident."""

import asyncio
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from louyu.messaging.v1 import community_pb2, message_pb2
from louyu.messaging.v1 import messaging_service_pb2 as pb
from louyu_messaging.permissions import MEMBERSHIP_PERMISSIONS
from louyu_messaging.store import community_state
from louyu_runtime.errors import RemoteError
from louyu_runtime.identity import Principal
from louyu_runtime.ids import community_id

from tests.messaging.community import (
    ACCOUNT,
    CHANNEL,
    COMMUNITY,
    GROUP_28,
    GROUP_SMALL,
    OPERATOR,
    definition,
    person,
    person_id,
)
from tests.messaging.membership import HEAD, SECRETARY, STAFF, Membership, roles_of, with_liaison

LIAISON = person("jugan", "liaison")


async def directory_of_28(membership: Membership) -> list[str]:
    """Return the role holders of building 28 as others were told last."""
    events = await membership.messaging.outbox("GroupDirectoryChanged")
    last = [event for event in events if event.group_id == GROUP_28][-1]
    return [f"{each.name} {'second' if each.is_second else each.role}" for each in last.role_holders]


async def test_a_head_chooses_their_second_who_then_has_the_heads_rights(membership: Membership) -> None:
    before = (await membership.call("ListRoleHolders", HEAD)).groups[0]
    assert (list(before.missing), list(before.may_grant)) == (["second"], ["second"])

    (after,) = await membership.grant("zhang", "building_head", HEAD, is_second=True)

    assert roles_of(after)[:2] == ["孙楼长 building_head", "张阿姨 second"]
    assert list(after.missing) == []
    assert (await directory_of_28(membership))[:2] == ["孙楼长 building_head", "张阿姨 second"]
    assert await membership.told_to("zhang") == ["role_granted"]
    assert await membership.audited("grant_role") == [HEAD.id]
    second = person("zhang", "building_head")
    assert (await membership.call("GetCoverage", second, group_id=GROUP_28)).coverage.household_count == 20
    with pytest.raises(RemoteError, match="NOT_ENTITLED"):
        await membership.grant("qian", "building_head", second, is_second=True)


async def test_giving_again_changes_and_tells_nothing(membership: Membership) -> None:
    await membership.grant("zhang", "building_head", HEAD, is_second=True)
    told = len(await membership.messaging.outbox("GroupDirectoryChanged"))

    await membership.grant("zhang", "building_head", HEAD, is_second=True)

    assert len(await membership.messaging.outbox("GroupDirectoryChanged")) == told
    assert await membership.told_to("zhang") == ["role_granted"]


ALLOWED: list[tuple[Principal, str, dict[str, Any], bool]] = [
    (HEAD, "building_head", {"is_second": True}, True),
    (HEAD, "building_head", {}, False),
    (HEAD, "harmony_promoter", {}, False),
    (LIAISON, "building_head", {}, True),
    (LIAISON, "building_head", {"is_second": True}, True),
    (LIAISON, "harmony_promoter", {}, True),
    (LIAISON, "liaison", {}, False),
    (LIAISON, "staff", {"responder_key": "property"}, False),
    (SECRETARY, "liaison", {}, True),
    (SECRETARY, "secretary", {}, True),
    (SECRETARY, "staff", {"responder_key": "property"}, True),
    (OPERATOR, "secretary", {}, True),
    # a role in the token alone
    (person("zhang", "secretary"), "building_head", {}, False),
]


async def test_who_gives_which_role(membership: Membership, subtests: pytest.Subtests) -> None:
    for who, role, fields, is_allowed in ALLOWED:
        with subtests.test(role, who=sorted(who.roles), **fields):
            if is_allowed:
                (group,) = await membership.grant("qian", role, who, **fields)
                assert any(each.name == "钱先生" and each.role == role for each in group.held)
            else:
                with pytest.raises(RemoteError, match="NOT_ENTITLED"):
                    await membership.grant("qian", role, who, **fields)


async def test_what_cannot_be_given_is_refused(membership: Membership, subtests: pytest.Subtests) -> None:
    refused: list[tuple[Principal, str, dict[str, Any], str]] = [
        (person("zhang"), "building_head", {}, "PERMISSION_DENIED"),
        (STAFF, "building_head", {}, "PERMISSION_DENIED"),
        (SECRETARY, "resident", {}, "INVALID_ARGUMENT: role"),
        (SECRETARY, "king", {}, "INVALID_ARGUMENT: role"),
        (SECRETARY, "staff", {}, "INVALID_ARGUMENT: responder_key"),
        (SECRETARY, "liaison", {"responder_key": "property"}, "INVALID_ARGUMENT: responder_key"),
        (SECRETARY, "liaison", {"is_second": True}, "INVALID_ARGUMENT: only a building head"),
        (SECRETARY, "liaison", {"group_ids": []}, "INVALID_ARGUMENT: group_ids"),
        (SECRETARY, "liaison", {"group_ids": [person_id("nothing")]}, "GROUP_NOT_FOUND"),
        (SECRETARY, "liaison", {"person_id": person_id("nobody")}, "PERSON_NOT_FOUND"),
        (HEAD, "building_head", {"is_second": True, "group_ids": [GROUP_SMALL]}, "GROUP_NOT_FOUND"),
    ]
    for who, role, fields, reason in refused:
        given = {"group_ids": [GROUP_28], "person_id": person_id("qian"), "role": role, **fields}
        with subtests.test(reason, **fields), pytest.raises(RemoteError, match=reason):
            await membership.call("GrantRole", who, **given)


async def test_the_last_holder_goes_only_with_a_successor_or_an_accepted_vacancy(membership: Membership) -> None:
    with pytest.raises(RemoteError, match="ROLE_LAST_HOLDER"):
        await membership.withdraw("louzhang", "building_head")

    group = await membership.withdraw("louzhang", "building_head", successor_id=person_id("qian"))
    assert "钱先生 building_head" in roles_of(group)
    assert not any(each.startswith("孙楼长") for each in roles_of(group))
    assert (await membership.told_to("louzhang"), await membership.told_to("qian")) == (
        ["role_withdrawn"],
        ["role_granted"],
    )

    empty = await membership.withdraw("qian", "building_head", accepts_vacancy=True)
    assert list(empty.missing) == ["building_head"]
    assert await membership.audited("withdraw_role") == [SECRETARY.id] * 2


async def test_a_second_manager_is_no_head_until_they_succeed(membership: Membership) -> None:
    await membership.grant("zhang", "building_head", is_second=True)

    with pytest.raises(RemoteError, match="ROLE_LAST_HOLDER"):
        await membership.withdraw("louzhang", "building_head")
    group = await membership.withdraw("louzhang", "building_head", successor_id=person_id("zhang"))

    assert (roles_of(group)[0], list(group.missing)) == ("张阿姨 building_head", ["second"])


async def test_a_second_manager_left_alone_goes_only_with_a_successor(membership: Membership) -> None:
    await membership.grant("zhang", "building_head", is_second=True)
    group = await membership.withdraw("louzhang", "building_head", accepts_vacancy=True)

    assert (roles_of(group)[0], list(group.missing)) == ("张阿姨 second", ["building_head"])
    with pytest.raises(RemoteError, match="ROLE_LAST_HOLDER"):
        await membership.withdraw("zhang", "building_head")


async def test_of_two_who_are_withdrawn_at_once_the_last_one_stays(membership: Membership) -> None:
    await membership.grant("zhang", "building_head")

    found = await asyncio.gather(
        membership.withdraw("louzhang", "building_head"),
        membership.withdraw("zhang", "building_head"),
        return_exceptions=True,
    )

    assert [each.reason for each in found if isinstance(each, RemoteError)] == ["ROLE_LAST_HOLDER"]


async def test_a_repeat_gives_the_first_answer_and_does_nothing_again(membership: Membership) -> None:
    first = await membership.grant("qian", "building_head", idempotency_key="same")
    await membership.withdraw("qian", "building_head")

    assert await membership.grant("qian", "building_head", idempotency_key="same") == first
    group = (await membership.call("ListRoleHolders", group_id=GROUP_28)).groups[0]
    assert not any(each.startswith("钱先生") for each in roles_of(group))


async def test_no_role_is_given_while_an_import_writes(membership: Membership) -> None:
    async with membership.messaging.host.database.transaction(COMMUNITY) as tx:
        await community_state.lock(tx)
        with pytest.raises(RemoteError, match="IMPORT_RUNNING"):
            await membership.grant("qian", "building_head")


async def test_another_community_learns_nothing(membership: Membership, subtests: pytest.Subtests) -> None:
    await membership.messaging.apply(definition("nanli"))
    stranger = person("zhang", "resident", "secretary", community=community_id("nanli"))
    for method in MEMBERSHIP_PERMISSIONS:
        with subtests.test(method), pytest.raises(RemoteError) as refused:
            await membership.call(method, stranger)
        assert refused.value.code.name == "NOT_FOUND"


async def test_who_lives_there_stays_a_resident_and_who_does_not_leaves(membership: Membership) -> None:
    await membership.withdraw("louzhang", "building_head", accepts_vacancy=True)
    await membership.withdraw("jugan", "liaison", accepts_vacancy=True)

    residents = (await membership.call("ListResidents", group_id=GROUP_28)).residents
    assert {each.name: list(each.roles) for each in residents}["孙楼长"] == ["resident"]
    assert "赵居干" not in {each.name for each in residents}


async def test_one_responder_of_several_is_taken_alone(membership: Membership) -> None:
    await membership.grant("wuye", "staff", responder_key="lifts")

    group = await membership.withdraw("wuye", "staff", responder_key="property", accepts_vacancy=True)

    assert [each.responder_key for each in group.held if each.name == "小李"] == ["lifts"]
    with pytest.raises(RemoteError, match="PERSON_NOT_FOUND"):
        await membership.withdraw("wuye", "staff", responder_key="property", accepts_vacancy=True)


async def test_an_import_does_not_undo_what_was_decided(membership: Membership) -> None:
    await membership.grant("zhang", "building_head", is_second=True)
    await membership.withdraw("jugan", "liaison", accepts_vacancy=True)
    await membership.grant("liu", "harmony_promoter")

    counts = await membership.messaging.apply(with_liaison())

    assert counts.changed_count == 0
    group = (await membership.call("ListRoleHolders", group_id=GROUP_28)).groups[0]
    assert roles_of(group) == [
        "孙楼长 building_head",
        "张阿姨 second",
        "王书记 secretary",
        "刘大爷 harmony_promoter",
        "小李 staff",
    ]


async def test_a_file_that_has_caught_up_decides_again(membership: Membership) -> None:
    await membership.grant("zhang", "harmony_promoter")
    wanted = with_liaison()
    zhang = next(each for each in wanted.people if each.key == "zhang")
    zhang.memberships.append(community_pb2.MembershipDefinition(group_key="28", role="harmony_promoter"))
    await membership.messaging.apply(wanted)

    await membership.messaging.apply(with_liaison())

    group = (await membership.call("ListRoleHolders", group_id=GROUP_28)).groups[0]
    assert not any(each.startswith("张阿姨") for each in roles_of(group))


async def test_what_was_decided_goes_along_with_whoever_turns_out_to_be_the_files_person(
    membership: Membership,
) -> None:
    await membership.grant("qian", "harmony_promoter")
    await membership.call(
        "SetAbsence",
        person_id=person_id("qian"),
        substitute_id=person_id("jugan"),
        starts_at=Timestamp(seconds=4_000_000_000),
        ends_at=Timestamp(seconds=4_000_100_000),
    )
    address = message_pb2.ChannelAddress(channel=CHANNEL, account=ACCOUNT, address="oQian")
    joined = await membership.messaging.join("beili-28", "1-201", "1", name="小钱", address=address)
    wanted = with_liaison()
    qian = next(each for each in wanted.people if each.key == "qian")
    qian.addresses.add(channel=CHANNEL, account=ACCOUNT, address="oQian")

    await membership.messaging.apply(wanted)

    group = (await membership.call("ListRoleHolders", group_id=GROUP_28)).groups[0]
    promoters = [each.person_id for each in group.held if each.role == "harmony_promoter"]
    assert promoters == [joined.person.id]
    (absence,) = (await membership.call("ListAbsences")).absences
    assert absence.person_id == joined.person.id
    assert (await membership.messaging.apply(wanted)).changed_count == 0


async def test_pruning_ends_what_was_decided_about_those_whom_the_file_no_longer_names(membership: Membership) -> None:
    await membership.grant("qian", "harmony_promoter")
    wanted = with_liaison()
    del wanted.people[-1]
    request = pb.ApplyCommunityRequest(community=wanted, is_pruning=True)
    await membership.messaging.call("ApplyCommunity", request, OPERATOR)

    await membership.messaging.apply(with_liaison())

    group = (await membership.call("ListRoleHolders", group_id=GROUP_28)).groups[0]
    assert not any(each.startswith("钱先生") for each in roles_of(group))


async def test_the_file_names_a_second_manager(membership: Membership) -> None:
    wanted = with_liaison()
    qian = next(each for each in wanted.people if each.key == "qian")
    qian.memberships.append(community_pb2.MembershipDefinition(group_key="28", role="building_head", is_second=True))
    await membership.messaging.apply(wanted)

    group = (await membership.call("ListRoleHolders", group_id=GROUP_28)).groups[0]
    assert roles_of(group)[:2] == ["孙楼长 building_head", "钱先生 second"]
    qian.memberships[0].role = "liaison"
    with pytest.raises(RemoteError, match="DEFINITION_FAULTY") as refused:
        await membership.messaging.apply(wanted)
    assert [path for path, _ in refused.value.violations] == ["community.people[6].memberships[0].is_second"]


async def test_each_sees_the_roles_of_their_groups(membership: Membership) -> None:
    async def groups(who: Principal) -> list[str]:
        return [each.group_name for each in (await membership.call("ListRoleHolders", who)).groups]

    assert await groups(SECRETARY) == ["28号楼", "3号楼、5号楼"]
    assert await groups(HEAD) == ["28号楼"]
    assert await groups(STAFF) == ["28号楼"]
    small = (await membership.call("ListRoleHolders", group_id=GROUP_SMALL)).groups[0]
    assert list(small.missing) == ["building_head"]
    with pytest.raises(RemoteError, match="GROUP_NOT_FOUND"):
        await membership.call("ListRoleHolders", HEAD, group_id=GROUP_SMALL)
