"""Joining by a code: the same person stays the same, consent is on record, addresses are sealed."""

import asyncio
from typing import Any

import pytest
from louyu.messaging.v1 import message_pb2
from louyu.messaging.v1 import messaging_service_pb2 as pb
from louyu_messaging import joining
from louyu_messaging.consent import CURRENT_VERSION
from louyu_messaging.joining import MOST_OF_A_HOUSEHOLD
from louyu_runtime.errors import RemoteError
from louyu_runtime.paging import encode_token

from tests.messaging.community import ACCOUNT, CHANNEL, COMMUNITY, GROUP_28, GROUP_SMALL, Messaging, person
from tests.platform.fixtures import Clock

OPENID = "oJOINER-secret"
ADDRESS = message_pb2.ChannelAddress(channel=CHANNEL, account=ACCOUNT, address=OPENID)


async def test_somebody_joins_with_flat_and_name(messaging: Messaging) -> None:
    joined = await messaging.join("beili-28", "2单元301", "1", name="陈叔", address=ADDRESS)

    assert (joined.person.name, joined.person.flat, joined.person.community_name) == ("陈叔", "2-301", "北里社区")
    assert [(each.group_id, list(each.roles)) for each in joined.person.memberships] == [(GROUP_28, ["resident"])]
    assert (joined.group.id, joined.group.join_code) == (GROUP_28, "")
    household = (await messaging.outbox("HouseholdChanged"))[-1]
    assert (household.flat, household.version) == ("2-301", 2)
    assert [list(member.channels) for member in household.members] == [[CHANNEL]]
    assert (await messaging.outbox("GroupDirectoryChanged"))[-1].member_count == 5


async def test_a_repeat_gives_the_first_answer_also_at_the_same_time(messaging: Messaging) -> None:
    answers = await asyncio.gather(*(messaging.join("beili-28", "2-301", "same") for _ in range(5)))

    assert all(answer == answers[0] for answer in answers)
    with pytest.raises(RemoteError, match="IDEMPOTENCY_KEY_REUSED"):
        await messaging.join("beili-28", "2-302", "same")


async def test_the_same_address_is_the_same_person(messaging: Messaging) -> None:
    first = await messaging.join("beili-28", "2-301", "1", address=ADDRESS)
    again = await messaging.join("beili-28", "", "2", address=ADDRESS)
    moved = await messaging.join("beili-3-5", "3号楼101", "3", address=ADDRESS)

    assert first.person.id == again.person.id == moved.person.id
    assert moved.person.flat == "101"
    assert {each.group_id for each in moved.person.memberships} == {GROUP_28, GROUP_SMALL}
    told = {
        (event.building_key, event.flat): len(event.members) for event in await messaging.outbox("HouseholdChanged")
    }
    assert (told["28", "2-301"], told["3", "101"]) == (0, 1)


async def test_somebody_signed_in_joins_as_themself(messaging: Messaging) -> None:
    request = pb.JoinGroupRequest(
        join_code="beili-3-5", flat="5号楼103", consent_version=CURRENT_VERSION, idempotency_key="1"
    )

    joined = await messaging.call("JoinGroup", request, person("zhang"))

    assert (joined.person.id, joined.person.name) == (person("zhang").id, "张阿姨")


KEPT_OUT: list[tuple[dict[str, str], str, str]] = [
    ({"consent_version": ""}, "INVALID_ARGUMENT", "CONSENT_MISSING"),
    ({"consent_version": "2001-01"}, "FAILED_PRECONDITION", "CONSENT_OUTDATED"),
    ({"name": "名" * 21}, "INVALID_ARGUMENT", "INVALID_ARGUMENT"),
    ({"join_code": "nothing"}, "NOT_FOUND", "JOIN_CODE_UNKNOWN"),
    ({"flat": "9-901"}, "INVALID_ARGUMENT", "FLAT_UNKNOWN"),
    ({"flat": ""}, "INVALID_ARGUMENT", "FLAT_UNREADABLE"),
    ({"flat": "的" * 100_000}, "INVALID_ARGUMENT", "FLAT_UNREADABLE"),
    ({"name": "楼宇助手"}, "INVALID_ARGUMENT", "NAME_MISLEADING"),
    ({"name": "楼宇 助手。"}, "INVALID_ARGUMENT", "NAME_MISLEADING"),
    ({"name": "王\u3000书记"}, "INVALID_ARGUMENT", "INVALID_ARGUMENT"),
    ({"name": "王·书记"}, "INVALID_ARGUMENT", "NAME_MISLEADING"),
    ({"name": "小李"}, "INVALID_ARGUMENT", "NAME_MISLEADING"),
    *(
        ({"name": f"小李{blank}"}, "INVALID_ARGUMENT", "INVALID_ARGUMENT")
        for blank in "\u3164\u115f\u1160\uffa0\u2800\u200b"
    ),
    ({"name": "\u3164"}, "INVALID_ARGUMENT", "INVALID_ARGUMENT"),
    ({"name": "⺩阿姨"}, "INVALID_ARGUMENT", "INVALID_ARGUMENT"),
    ({"name": "小李楼长"}, "INVALID_ARGUMENT", "NAME_MISLEADING"),
    ({"name": "28号楼 楼 长"}, "INVALID_ARGUMENT", "NAME_MISLEADING"),
    ({"name": "居委会"}, "INVALID_ARGUMENT", "NAME_MISLEADING"),
    ({"name": "物业孙师傅"}, "INVALID_ARGUMENT", "NAME_MISLEADING"),
    ({"name": "楼宇助手官方"}, "INVALID_ARGUMENT", "NAME_MISLEADING"),
    ({"idempotency_key": ""}, "INVALID_ARGUMENT", "INVALID_ARGUMENT"),
]


async def test_what_keeps_somebody_from_joining(messaging: Messaging, subtests: pytest.Subtests) -> None:
    values: dict[str, Any] = {
        "join_code": "beili-28",
        "flat": "2-301",
        "consent_version": CURRENT_VERSION,
        "idempotency_key": "1",
    }
    for fields, code, reason in KEPT_OUT:
        with subtests.test(reason), pytest.raises(RemoteError) as refused:
            await messaging.call("JoinGroup", pb.JoinGroupRequest(**(values | fields)))

        assert (refused.value.code.name, refused.value.reason) == (code, reason)
    assert len(await messaging.outbox("GroupDirectoryChanged")) == 2


@pytest.mark.parametrize(
    ("method", "place"),
    [
        ("ListGroups", ["28", "no id"]),
        ("ListGroups", [1, person("zhang").id]),
        ("ListMembers", [2**40, person("zhang").id]),
        ("ListMembers", [0, "no id"]),
        ("ListMessages", ["after", 2**70, GROUP_28]),
    ],
)
async def test_a_place_in_no_list_is_refused_naming_the_field(
    messaging: Messaging, method: str, place: list[str | int]
) -> None:
    token = encode_token(method, place)
    request = getattr(pb, f"{method}Request")(community_id=COMMUNITY, page_token=token)
    if method != "ListGroups":
        request.group_id = GROUP_28
    with pytest.raises(RemoteError) as refused:
        await messaging.call(method, request, person("zhang"))

    assert (refused.value.code.name, refused.value.field) == ("INVALID_ARGUMENT", "page_token")


async def test_a_refused_name_says_with_whom_it_would_be_confused(messaging: Messaging) -> None:
    with pytest.raises(RemoteError) as refused:
        await messaging.join("beili-28", "2-301", "1", name="王 书记")

    assert refused.value.field == "name"
    assert refused.value.resident_text == "这个称呼容易和“王书记”混淆，请换一个。"


async def test_who_holds_a_role_keeps_their_own_name(messaging: Messaging) -> None:
    request = pb.JoinGroupRequest(
        join_code="beili-28", flat="1-101", name="孙楼长", consent_version=CURRENT_VERSION, idempotency_key="1"
    )

    joined = await messaging.call("JoinGroup", request, person("louzhang", "building_head"))

    assert joined.person.name == "孙楼长"


async def test_consent_is_recorded_and_cannot_be_changed(messaging: Messaging) -> None:
    joined = await messaging.join("beili-28", "2-301", "1", address=ADDRESS)

    async with messaging.host.database.transaction(COMMUNITY) as tx:
        (row,) = await tx.rows("SELECT * FROM consent")
    assert (str(row.person_id), row.text_version, row.state, row.way) == (
        joined.person.id,
        CURRENT_VERSION,
        "given",
        CHANNEL,
    )
    for table in ("consent", "audit"):
        for deed in (f"DELETE FROM {table}", f"UPDATE {table} SET recorded_at = now()"):
            with pytest.raises(Exception, match="permission denied"):
                async with messaging.host.database.transaction(COMMUNITY) as tx:
                    await tx.execute(deed)


async def test_an_address_is_nowhere_to_be_read(messaging: Messaging) -> None:
    await messaging.join("beili-28", "2-301", "1", address=ADDRESS)

    async with messaging.host.database.transaction(COMMUNITY) as tx:
        for table in ("channel_address", "outbox", "audit", "idempotency_key", "consent"):
            for row in await tx.rows(f"SELECT t::text AS words, * FROM {table} AS t"):
                parts = [bytes(part) for part in row if isinstance(part, bytes)] + [row.words.encode()]
                assert not any(OPENID.encode() in part for part in parts), table


async def test_somebody_who_holds_a_role_may_be_called_by_it(messaging: Messaging) -> None:
    request = pb.JoinGroupRequest(
        join_code="beili-28",
        flat="1-101",
        name="二十八号楼楼长",
        consent_version=CURRENT_VERSION,
        idempotency_key="1",
    )
    joined = await messaging.call("JoinGroup", request, person("louzhang"))
    assert joined.person.name == "二十八号楼楼长"

    request.name, request.idempotency_key = "小李", "2"
    with pytest.raises(RemoteError, match="NAME_MISLEADING"):
        await messaging.call("JoinGroup", request, person("louzhang"))


async def test_a_page_brings_no_crowd_into_a_household_and_a_channel_still_does(
    messaging: Messaging, clock: Clock
) -> None:
    for number in range(MOST_OF_A_HOUSEHOLD):
        await messaging.join("beili-28", "2-301", str(number))
    with pytest.raises(RemoteError, match="TOO_MANY_NEWCOMERS") as refused:
        await messaging.join("beili-28", "2-301", "too many")
    assert refused.value.code.name == "RESOURCE_EXHAUSTED"

    await messaging.join("beili-28", "2-302", "another household")
    await messaging.join("beili-28", "2-301", "proven", address=ADDRESS)
    await clock.move(hours=25)
    await messaging.join("beili-28", "2-301", "a day later")


async def test_a_page_brings_no_crowd_into_a_group(messaging: Messaging, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joining, "MOST_OF_A_GROUP", 2)
    monkeypatch.setattr(joining, "NEWCOMERS_A_FLAT", 0)
    await messaging.join("beili-28", "2-301", "1")
    await messaging.join("beili-28", "2-302", "2")
    with pytest.raises(RemoteError, match="TOO_MANY_NEWCOMERS"):
        await messaging.join("beili-28", "2-301", "3")
    await messaging.join("beili-3-5", "3号楼101", "4")
