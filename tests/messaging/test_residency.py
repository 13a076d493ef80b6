"""Residency: stated at joining, confirmed with one tap, doubted kindly; kinds of member; who may see and decide it."""

from typing import Any

import pytest
from louyu.messaging.v1 import membership_pb2 as proto
from louyu.messaging.v1 import messaging_service_pb2 as messaging_pb
from louyu_messaging.consent import CURRENT_VERSION
from louyu_runtime.errors import RemoteError
from louyu_runtime.identity import Principal

from tests.messaging.community import COMMUNITY, GROUP_28, OPERATOR, person, person_id
from tests.messaging.conversation import Conversation
from tests.messaging.history import History
from tests.messaging.membership import HEAD, SECRETARY, STAFF, Membership, with_liaison

CONFIRMED, DOUBTED = proto.RESIDENCY_STATE_CONFIRMED, proto.RESIDENCY_STATE_DOUBTED
UNCONFIRMED = proto.RESIDENCY_STATE_UNCONFIRMED


async def newcomer(membership: Membership, flat: str = "2-301", **fields: Any) -> str:
    joined = await membership.messaging.join("beili-28", flat, f"join-{flat}", name="陈叔", **fields)
    return str(joined.person.id)


async def listed(membership: Membership, who: Principal = HEAD, **fields: Any) -> dict[str, proto.Residency]:
    answer = await membership.call("ListResidents", who, group_id=GROUP_28, **fields)
    return {each.name: each for each in answer.residents}


def as_person(own_id: str) -> Principal:
    return Principal("person", own_id, COMMUNITY, roles=frozenset({"resident"}))


async def test_who_joins_waits_for_the_head_who_confirms_with_one_tap(membership: Membership) -> None:
    own_id = await newcomer(membership, kind=proto.MEMBER_KIND_TENANT)

    found = await listed(membership)
    assert next(iter(found)) == "陈叔"
    assert (found["陈叔"].state, found["陈叔"].kind, found["陈叔"].flat) == (
        UNCONFIRMED,
        proto.MEMBER_KIND_TENANT,
        "2-301",
    )
    assert found["张阿姨"].state == CONFIRMED, "named in the community's file"

    answer = await membership.call("DecideResidency", HEAD, person_id=own_id, state=CONFIRMED)
    assert (answer.residency.state, answer.residency.decided_by_name) == (CONFIRMED, "孙楼长")
    assert [event.what for event in await membership.told()] == ["residency_confirmed"]
    assert await membership.audited("decide_residency") == [HEAD.id]


async def test_a_doubt_is_told_with_its_reason_and_takes_nothing_away(membership: Membership) -> None:
    own_id = await newcomer(membership)
    reason = "房主说301没有出租，请带合同找我核对一下"

    await membership.call("DecideResidency", HEAD, person_id=own_id, state=DOUBTED, reason=reason)

    (event,) = await membership.told()
    assert (event.person_id, event.what, event.reason, event.by_name) == (own_id, "residency_doubted", reason, "孙楼长")
    own = await membership.call("GetResidency", as_person(own_id), person_id=own_id)
    assert (own.residency.state, own.residency.reason, own.is_confirmation_wanted) == (DOUBTED, reason, True)
    request = messaging_pb.ListMessagesRequest(community_id=COMMUNITY, group_id=GROUP_28)
    await membership.messaging.call("ListMessages", request, as_person(own_id))


async def test_where_the_file_says_so_the_doubted_ask_but_do_not_read(membership: Membership) -> None:
    wanted = with_liaison()
    wanted.doubted_may_not_read = True
    await membership.messaging.apply(wanted)
    own_id = await newcomer(membership)
    await membership.call("DecideResidency", HEAD, person_id=own_id, state=DOUBTED, reason="请来核对")
    request = messaging_pb.ListMessagesRequest(community_id=COMMUNITY, group_id=GROUP_28)

    with pytest.raises(RemoteError, match="RESIDENCY_DOUBTED"):
        await membership.messaging.call("ListMessages", request, as_person(own_id))
    request_to_post = messaging_pb.PostMessageRequest(community_id=COMMUNITY, group_id=GROUP_28)
    request_to_post.message.text, request_to_post.message.idempotency_key = "楼道有煤气味", "1"
    assert (await membership.messaging.call("PostMessage", request_to_post, as_person(own_id))).seq == 1

    who = messaging_pb.GetPersonRequest(community_id=COMMUNITY, person=own_id)
    assert (await membership.messaging.call("GetPerson", who)).person.is_kept_from_reading

    await membership.call("DecideResidency", HEAD, person_id=own_id, state=CONFIRMED)
    assert not (await membership.messaging.call("GetPerson", who)).person.is_kept_from_reading
    assert len((await membership.messaging.call("ListMessages", request, as_person(own_id))).messages) == 1


async def test_the_doubted_who_do_not_read_find_nothing_either(
    membership: Membership, conversation: Conversation
) -> None:
    wanted = with_liaison()
    wanted.doubted_may_not_read = True
    await membership.messaging.apply(wanted)
    await membership.messaging.post("煤气灶坏了", "1")
    own_id = await newcomer(membership)
    history = History(conversation)
    assert await history.seqs("煤气灶", who=as_person(own_id), group="") == [1]

    await membership.call("DecideResidency", HEAD, person_id=own_id, state=DOUBTED, reason="请来核对")

    assert await history.seqs("煤气灶", who=as_person(own_id), group="") == []
    with pytest.raises(RemoteError, match="RESIDENCY_DOUBTED"):
        await history.answer("煤气灶", who=as_person(own_id))


async def test_who_moves_is_judged_anew(membership: Membership) -> None:
    own_id = await newcomer(membership)
    await membership.call("DecideResidency", HEAD, person_id=own_id, state=DOUBTED, reason="请来核对")
    request = messaging_pb.JoinGroupRequest(
        join_code="beili-28", flat="2-402", consent_version=CURRENT_VERSION, idempotency_key="again"
    )

    await membership.messaging.call("JoinGroup", request, as_person(own_id))

    moved = (await listed(membership))["陈叔"]
    assert (moved.flat, moved.state, moved.reason) == ("2-402", UNCONFIRMED, "")


async def test_who_leaves_is_forgotten_here_too_and_holds_no_role_any_more(membership: Membership) -> None:
    own_id = await newcomer(membership)
    await membership.call("DecideResidency", HEAD, person_id=own_id, state=DOUBTED, reason="请来核对")
    leave = messaging_pb.LeaveGroupRequest(
        community_id=COMMUNITY, group_id=GROUP_28, person_id=own_id, idempotency_key="leave"
    )

    await membership.messaging.call("LeaveGroup", leave)

    assert "陈叔" not in await listed(membership)
    async with membership.messaging.host.database.transaction(COMMUNITY) as tx:
        assert await tx.value("SELECT count(*) FROM residency WHERE person_id = CAST(:id AS uuid)", id=own_id) == 0
    with pytest.raises(RemoteError, match="PERSON_NOT_FOUND"):
        await membership.call("GrantRole", group_ids=[GROUP_28], person_id=own_id, role="harmony_promoter")


async def test_joining_again_at_the_same_door_keeps_what_was_decided(membership: Membership) -> None:
    own_id = await newcomer(membership)
    await membership.call("DecideResidency", HEAD, person_id=own_id, state=CONFIRMED)
    request = messaging_pb.JoinGroupRequest(
        join_code="beili-28",
        flat="2-301",
        consent_version=CURRENT_VERSION,
        idempotency_key="again",
        kind=proto.MEMBER_KIND_ABSENT_OWNER,
    )

    await membership.messaging.call("JoinGroup", request, as_person(own_id))

    kept = (await listed(membership))["陈叔"]
    assert (kept.state, kept.kind) == (CONFIRMED, proto.MEMBER_KIND_ABSENT_OWNER)


async def test_only_those_who_lead_the_group_decide(membership: Membership, subtests: pytest.Subtests) -> None:
    refused: list[tuple[Principal, dict[str, Any], str]] = [
        (person("zhang"), {}, "PERMISSION_DENIED"),
        (STAFF, {}, "PERMISSION_DENIED"),
        # a role in the token alone
        (person("liu", "building_head"), {}, "PERSON_NOT_FOUND"),
        (person("zhang", "building_head"), {}, "NOT_ENTITLED"),
        (HEAD, {"state": DOUBTED}, "INVALID_ARGUMENT: reason"),
        (HEAD, {"state": DOUBTED, "reason": "由" * 201}, "INVALID_ARGUMENT: reason"),
        (HEAD, {"state": UNCONFIRMED}, "INVALID_ARGUMENT: state"),
        (HEAD, {"person_id": person_id("louzhang")}, "NOT_ENTITLED"),
        (HEAD, {"person_id": person_id("wuye")}, "INVALID_ARGUMENT: this person has no flat"),
        (HEAD, {"person_id": person_id("nobody")}, "PERSON_NOT_FOUND"),
    ]
    for who, fields, reason in refused:
        with subtests.test(reason, **fields), pytest.raises(RemoteError, match=reason):
            given = {"person_id": person_id("qian"), "state": CONFIRMED, **fields}
            await membership.call("DecideResidency", who, **given)


async def test_a_community_that_does_not_wish_it_confirms_nobody(membership: Membership) -> None:
    wanted = with_liaison()
    wanted.confirm_residency = False
    await membership.messaging.apply(wanted)

    with pytest.raises(RemoteError, match="CONFIRMATION_NOT_WANTED"):
        await membership.call("DecideResidency", HEAD, person_id=person_id("qian"), state=CONFIRMED)
    assert not (await membership.call("ListResidents", HEAD, group_id=GROUP_28)).is_confirmation_wanted


async def test_everybody_states_their_own_kind_and_stewards_that_of_others(membership: Membership) -> None:
    own = person_id("zhang")
    answer = await membership.call("SetMemberKind", person("zhang"), person_id=own, kind=proto.MEMBER_KIND_TENANT)
    assert answer.residency.kind == proto.MEMBER_KIND_TENANT
    assert await membership.told_to("zhang") == [], "who does it themselves need not be told"

    await membership.call("SetMemberKind", HEAD, person_id=own, kind=proto.MEMBER_KIND_OFFICIAL)
    assert await membership.told_to("zhang") == ["kind_set"]
    assert (await listed(membership))["张阿姨"].kind == proto.MEMBER_KIND_OFFICIAL

    for who, whose, kind, reason in (
        (person("zhang"), own, proto.MEMBER_KIND_STAFF, "NOT_ENTITLED"),
        (person("zhang"), person_id("qian"), proto.MEMBER_KIND_OWNER, "NOT_ENTITLED"),
        (person("liu"), own, proto.MEMBER_KIND_OWNER, "PERSON_NOT_FOUND"),
        (STAFF, STAFF.id, proto.MEMBER_KIND_OWNER, "INVALID_ARGUMENT"),
        (HEAD, own, proto.MEMBER_KIND_UNSPECIFIED, "INVALID_ARGUMENT"),
    ):
        with pytest.raises(RemoteError, match=reason):
            await membership.call("SetMemberKind", who, person_id=whose, kind=kind)


async def test_those_without_a_flat_are_what_their_roles_say(membership: Membership) -> None:
    found = await listed(membership, SECRETARY)

    assert found["小李"].kind == proto.MEMBER_KIND_STAFF
    assert found["赵居干"].kind == proto.MEMBER_KIND_OFFICIAL
    assert found["钱先生"].kind == proto.MEMBER_KIND_UNSPECIFIED


async def test_the_file_states_kinds_once_and_leaves_what_people_say(membership: Membership) -> None:
    wanted = with_liaison()
    next(each for each in wanted.people if each.key == "qian").kind = proto.MEMBER_KIND_ABSENT_OWNER
    counts = await membership.messaging.apply(wanted)
    assert (counts.created_count, counts.changed_count) == (0, 1)
    assert (await listed(membership))["钱先生"].kind == proto.MEMBER_KIND_ABSENT_OWNER

    again = await membership.messaging.apply(with_liaison())
    assert again.changed_count == 0
    assert (await listed(membership))["钱先生"].kind == proto.MEMBER_KIND_ABSENT_OWNER


async def test_the_list_is_searched_and_paged_and_closed_to_residents(membership: Membership) -> None:
    assert list(await listed(membership, search="钱")) == ["钱先生"]
    assert list(await listed(membership, search="2-50")) == ["张阿姨"]
    assert await listed(membership, state=DOUBTED) == {}
    names: list[str] = []
    token = ""
    for _ in range(6):
        answer = await membership.call("ListResidents", HEAD, group_id=GROUP_28, page_size=1, page_token=token)
        names += [each.name for each in answer.residents]
        token = answer.next_page_token
    assert names[-3:] == ["孙楼长", "钱先生", "张阿姨"], "by flat"
    assert (len(set(names)), token) == (6, "")
    with pytest.raises(RemoteError, match="NOT_ENTITLED"):
        await listed(membership, person("zhang", "building_head"))
    assert await listed(membership, OPERATOR)
