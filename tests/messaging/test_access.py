"""Who sees what: residents their own groups, stewards flats and codes, nobody another community."""

from typing import Any

import asyncpg
import grpc
import pytest
from louyu.messaging.v1 import message_pb2
from louyu.messaging.v1 import messaging_service_pb2 as pb
from louyu_messaging.permissions import PERMISSIONS
from louyu_runtime.errors import RemoteError
from louyu_runtime.identity import Principal
from louyu_runtime.ids import community_id, named_id

from tests.messaging.community import (
    ACCOUNT,
    CHANNEL,
    COMMUNITY,
    GROUP_28,
    GROUP_SMALL,
    NOTIFY,
    OPERATOR,
    Messaging,
    definition,
    person,
    person_id,
)

OTHER = community_id("nanli")


async def groups_of(messaging: Messaging, principal: Principal | None) -> dict[str, str]:
    """Return the groups that somebody sees, with the join codes shown to them."""
    found = await messaging.call("ListGroups", pb.ListGroupsRequest(community_id=COMMUNITY), principal)
    return {group.name: group.join_code for group in found.groups}


async def members_of(messaging: Messaging, principal: Principal | None) -> dict[str, str]:
    """Return the members of group 28 with the flats shown to somebody."""
    request = pb.ListMembersRequest(community_id=COMMUNITY, group_id=GROUP_28)
    return {member.name: member.flat for member in (await messaging.call("ListMembers", request, principal)).members}


async def test_each_sees_the_groups_that_they_are_in(messaging: Messaging) -> None:
    both = {"28号楼": "beili-28", "3号楼、5号楼": "beili-3-5"}

    assert await groups_of(messaging, person("zhang")) == {"28号楼": ""}
    assert await groups_of(messaging, person("liu")) == {"3号楼、5号楼": ""}
    assert await groups_of(messaging, person("wuye", "staff")) == {"28号楼": ""}
    assert await groups_of(messaging, person("louzhang", "building_head")) == {"28号楼": "beili-28"}
    assert await groups_of(messaging, person("shuji", "secretary")) == both
    assert await groups_of(messaging, OPERATOR) == both
    assert await groups_of(messaging, NOTIFY) == both


async def test_a_role_in_the_token_alone_opens_nothing(messaging: Messaging) -> None:
    assert await groups_of(messaging, person("zhang", "secretary")) == {"28号楼": ""}


async def test_flats_are_for_those_who_look_after_the_building(messaging: Messaging) -> None:
    assert set((await members_of(messaging, person("zhang"))).values()) == {""}
    assert set((await members_of(messaging, person("wuye", "staff"))).values()) == {""}
    seen = await members_of(messaging, person("louzhang", "building_head"))
    assert seen == {"孙楼长": "1-101", "王书记": "", "小李": "", "张阿姨": "2-502"}
    assert list(seen)[-1] == "张阿姨"


async def test_a_group_tells_buildings_and_members(messaging: Messaging) -> None:
    await messaging.post("暖气不热", "1")
    request = pb.GetGroupRequest(community_id=COMMUNITY, group_id=GROUP_28)

    group = (await messaging.call("GetGroup", request, person("zhang"))).group

    assert (group.key, group.last_seq, group.member_count) == ("28", 1, 4)
    assert [(each.key, each.name, each.household_count) for each in group.buildings] == [("28", "28号楼", 20)]


async def test_lists_are_paged(messaging: Messaging) -> None:
    for number in range(7):
        await messaging.post(str(number), str(number))

    async def pages(method: str, request: Any, field: str) -> list[list[Any]]:
        found = []
        while True:
            answer = await messaging.call(method, request)
            found.append(list(getattr(answer, field)))
            if not answer.next_page_token:
                return found
            request.page_token = answer.next_page_token

    groups = await pages("ListGroups", pb.ListGroupsRequest(community_id=COMMUNITY, page_size=1), "groups")
    assert [[group.key for group in page] for page in groups] == [["28"], ["3-5"]]
    request = pb.ListMembersRequest(community_id=COMMUNITY, group_id=GROUP_28, page_size=1)
    members = await pages("ListMembers", request, "members")
    assert len(members) == 4
    assert members[-1][0].name == "张阿姨"
    own: dict[str, Any] = {"community_id": COMMUNITY, "group_id": GROUP_28, "page_size": 3}
    onward = await pages("ListMessages", pb.ListMessagesRequest(after_seq=1, **own), "messages")
    assert [[m.seq for m in page] for page in onward] == [[2, 3, 4], [5, 6, 7]]
    back = await pages("ListMessages", pb.ListMessagesRequest(before_seq=8, **own), "messages")
    assert [[m.seq for m in page] for page in back] == [[5, 6, 7], [2, 3, 4], [1]]


async def test_a_page_token_of_another_group_or_list_is_refused(messaging: Messaging) -> None:
    for number in range(3):
        await messaging.post(str(number), str(number))
    own: dict[str, Any] = {"community_id": COMMUNITY, "page_size": 1}
    token = (await messaging.call("ListMessages", pb.ListMessagesRequest(group_id=GROUP_28, **own))).next_page_token

    for request, method in (
        (pb.ListMessagesRequest(group_id=GROUP_SMALL, page_token=token, **own), "ListMessages"),
        (pb.ListGroupsRequest(page_token=token, **own), "ListGroups"),
        (pb.ListGroupsRequest(page_token="nonsense", **own), "ListGroups"),
        (pb.ListGroupsRequest(community_id=COMMUNITY, page_size=501), "ListGroups"),
        (pb.ListMessagesRequest(community_id=COMMUNITY, group_id=GROUP_28, after_seq=1, before_seq=2), "ListMessages"),
    ):
        with pytest.raises(RemoteError, match="INVALID_ARGUMENT"):
            await messaging.call(method, request)


def requests_into(own_community: str) -> dict[str, Any]:
    """Return a request of each method that names a community, into objects of the tests' community."""
    own: dict[str, Any] = {"community_id": own_community}
    message = message_pb2.NewMessage(text="x", idempotency_key="1")
    return {
        "ListGroups": pb.ListGroupsRequest(**own),
        "GetGroup": pb.GetGroupRequest(group_id=GROUP_28, **own),
        "ListMembers": pb.ListMembersRequest(group_id=GROUP_28, **own),
        "PostMessage": pb.PostMessageRequest(group_id=GROUP_28, message=message, **own),
        "ListMessages": pb.ListMessagesRequest(group_id=GROUP_28, **own),
        "GetPerson": pb.GetPersonRequest(person=person_id("zhang"), **own),
    }


async def test_another_community_learns_nothing(messaging: Messaging, subtests: pytest.Subtests) -> None:
    await messaging.apply(definition("nanli"))
    stranger = person("zhang", "resident", "secretary", community=OTHER)

    for method, request in requests_into(COMMUNITY).items():
        with subtests.test(method), pytest.raises(RemoteError) as refused:
            await messaging.call(method, request, stranger)
        assert refused.value.code.name == "NOT_FOUND"


async def test_foreign_objects_named_inside_the_own_community_are_missing(
    messaging: Messaging, subtests: pytest.Subtests
) -> None:
    await messaging.apply(definition("nanli"))
    stranger = person("zhang", "resident", "secretary", community=OTHER)
    requests = requests_into(OTHER)
    del requests["ListGroups"]

    for method, request in requests.items():
        with subtests.test(method), pytest.raises(RemoteError) as refused:
            await messaging.call(method, request, stranger)
        assert refused.value.code.name == "NOT_FOUND"


async def test_a_neighbour_of_another_group_learns_nothing(messaging: Messaging, subtests: pytest.Subtests) -> None:
    for method in ("GetGroup", "ListMembers", "PostMessage", "ListMessages"):
        with subtests.test(method), pytest.raises(RemoteError) as refused:
            await messaging.call(method, requests_into(COMMUNITY)[method], person("liu"))

        assert (refused.value.code.name, refused.value.reason) == ("NOT_FOUND", "GROUP_NOT_FOUND")


async def test_a_person_sees_only_themself(messaging: Messaging) -> None:
    def ask(who: str) -> pb.GetPersonRequest:
        return pb.GetPersonRequest(community_id=COMMUNITY, person=who)

    own = await messaging.call("GetPerson", ask(person_id("zhang")), person("zhang"))
    by_key = await messaging.call("GetPerson", ask("zhang"))
    assert own == by_key
    assert (own.person.name, own.person.flat) == ("张阿姨", "2-502")
    for principal in (person("louzhang", "building_head"), person("liu")):
        with pytest.raises(RemoteError, match="PERSON_NOT_FOUND"):
            await messaging.call("GetPerson", ask(person_id("zhang")), principal)


async def test_a_community_is_found_by_key_or_id_by_its_own(messaging: Messaging) -> None:
    for name in ("beili", COMMUNITY):
        found = await messaging.call("GetCommunity", pb.GetCommunityRequest(community=name), person("zhang"))
        assert (found.community.id, found.community.district) == (COMMUNITY, "朝阳区")
    for name, principal in (("nanli", None), ("beili", person("zhang", community=OTHER))):
        with pytest.raises(RemoteError, match="COMMUNITY_NOT_FOUND"):
            await messaging.call("GetCommunity", pb.GetCommunityRequest(community=name), principal)


async def test_a_join_code_opens_its_group_to_whoever_holds_it(messaging: Messaging) -> None:
    stub = messaging.client._stub
    opened = await stub.ResolveJoinCode(pb.ResolveJoinCodeRequest(join_code="beili-28"), timeout=5)  # no identity

    assert (opened.community_name, opened.group.name, opened.group.id) == ("北里社区", "28号楼", GROUP_28)


async def test_giving_out_addresses_is_audited(messaging: Messaging) -> None:
    wanted = definition()
    wanted.people[3].addresses.add(channel=CHANNEL, account=ACCOUNT, address="oZHANG")
    await messaging.apply(wanted)
    asked = [person_id("zhang"), person_id("liu")]
    request = pb.ResolveAddressesRequest(community_id=COMMUNITY, person_ids=asked, channel=CHANNEL)

    found = (await messaging.call("ResolveAddresses", request, NOTIFY)).addresses

    assert [(each.person_id, each.address.address) for each in found] == [(person_id("zhang"), "oZHANG")]
    assert not found[0].HasField("since_last_heard")
    async with messaging.host.database.transaction(COMMUNITY) as tx:
        row = await tx.row("SELECT actor, detail FROM audit WHERE action = 'resolve_addresses'")
    assert row is not None
    assert (row.actor, row.detail) == ("service:notify", {"channel": CHANNEL, "persons": asked, "found": 1})


async def test_every_method_has_a_rule_and_refuses_the_wrong_callers(messaging: Messaging) -> None:
    methods = pb.DESCRIPTOR.services_by_name["MessagingService"].methods_by_name
    assert set(PERMISSIONS) == set(methods)
    for name, rule in PERMISSIONS.items():
        if rule.anyone:
            continue
        request = getattr(pb, methods[name].input_type.name)()
        call = getattr(messaging.client._stub, name)(request, timeout=5)
        with pytest.raises(grpc.aio.AioRpcError, match="UNAUTHENTICATED"):
            await (call.read() if name == "SubscribeMessages" else call)
        if name == "SubscribeMessages":
            continue
        if not rule.roles & {"resident"}:
            with pytest.raises(RemoteError, match="PERMISSION_DENIED"):
                await messaging.call(name, request, person("zhang"))
        if "routing" not in rule.services:
            with pytest.raises(RemoteError, match="PERMISSION_DENIED"):
                await messaging.call(name, request, Principal("service", "routing"))


@pytest.fixture
async def as_messaging(messaging: Messaging, database_url: str) -> Any:
    """A connection with the service's own database role and nothing of the service's code."""
    await messaging.apply(definition("nanli"))
    await messaging.post("暖气不热", "1")
    connection = await asyncpg.connect(database_url)
    await connection.execute("SET ROLE louyu_messaging")
    yield connection
    await connection.close()


async def tenant_tables(connection: Any) -> list[str]:
    """Return every table of the schema that has a community."""
    rows = await connection.fetch(
        "SELECT c.relname FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid"
        " WHERE c.relnamespace = 'messaging'::regnamespace AND a.attname = 'community_id'"
        " AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY c.relname"
    )
    return [row[0] for row in rows]


async def test_the_services_role_sees_one_community_at_a_time(as_messaging: Any) -> None:
    tables = await tenant_tables(as_messaging)
    assert {"message", "member", "person", "channel_address", "outbox", "pending_choice"} <= set(tables)
    for table in tables:
        assert await as_messaging.fetchval(f"SELECT count(*) FROM messaging.{table}") == 0, table
    async with as_messaging.transaction():
        await as_messaging.execute("SELECT set_config('louyu.community', $1, true)", COMMUNITY)
        assert await as_messaging.fetchval("SELECT count(*) FROM messaging.message") == 1
        for table in tables:
            foreign = f"SELECT count(*) FROM messaging.{table} WHERE community_id <> $1"
            assert await as_messaging.fetchval(foreign, COMMUNITY) == 0, table


async def test_the_services_role_writes_into_one_community_only(as_messaging: Any) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        async with as_messaging.transaction():
            await as_messaging.execute("SELECT set_config('louyu.community', $1, true)", COMMUNITY)
            await as_messaging.execute(
                "INSERT INTO messaging.building (community_id, building_id, key, name) VALUES ($1, $2, '1', '1')",
                OTHER,
                named_id(OTHER, "building", "1"),
            )


async def test_every_table_of_a_community_is_fenced(as_messaging: Any) -> None:
    rows = await as_messaging.fetch(
        "SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class"
        " WHERE relnamespace = 'messaging'::regnamespace AND relname = ANY ($1)",
        await tenant_tables(as_messaging),
    )
    assert all(row[1] and row[2] for row in rows), [row[0] for row in rows if not (row[1] and row[2])]
    key_begins = await as_messaging.fetch(
        "SELECT c.relname, a.attname FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indrelid"
        " JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]"
        " WHERE i.indisprimary AND c.relname = ANY ($1) AND c.relnamespace = 'messaging'::regnamespace",
        await tenant_tables(as_messaging),
    )
    assert {row[1] for row in key_begins} == {"community_id"}
