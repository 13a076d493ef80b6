"""The console's pages about people, and the resident's own: what a head, a secretary and a resident do there."""

import re

import aiohttp
import pytest
from louyu.messaging.v1 import community_pb2, messaging_service_pb2
from louyu_cli import token as tokens
from louyu_runtime import ids
from louyu_runtime.identity import Principal

from tests.embedded.waiting import until
from tests.gateway.conftest import COMMUNITY_ID, GROUP, HEAD, JOIN_CODE, SECRETARY, Edge
from tests.gateway.test_sign_in import PAGE, form_secret

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]

AWAY = "louzhang-30"
GROUP_30 = ids.named_id(COMMUNITY_ID, "group", "30")


async def read(http: aiohttp.ClientSession, address: str, status: int = 200) -> str:
    async with http.get(address, headers=PAGE) as answer:
        assert answer.status == status, await answer.text()
        return await answer.text()


async def send(http: aiohttp.ClientSession, address: str, page: str, *, status: int = 200, **fields: str) -> str:
    return await send_all(http, address, page, fields, status=status)


async def send_all(
    http: aiohttp.ClientSession, address: str, page: str, fields: dict[str, str], *, status: int = 200
) -> str:
    async with http.post(address, data={"csrf": form_secret(page), **fields}, headers=PAGE) as answer:
        assert answer.status == status, await answer.text()
        return await answer.text()


async def sign_in(http: aiohttp.ClientSession, edge: Edge, who: str, *roles: str) -> None:
    async with http.get(edge.link(who, *roles)) as answer:
        assert answer.status == 200


async def join(
    edge: Edge, http: aiohttp.ClientSession, name: str, flat: str, kind: str, *, code: str = JOIN_CODE
) -> None:
    page = await read(http, f"/join/{code}")
    version = re.search(r'name="consent_version" value="([^"]+)"', page)
    assert version is not None
    done = await send(
        http,
        f"/join/{code}",
        page,
        flat=flat,
        name=name,
        kind=kind,
        consent="yes",
        consent_version=version[1],
        key=f"join-{flat}",
    )
    assert "已经加入" in done


def row_of(page: str, name: str) -> str:
    """Return the part of a list that shows somebody."""
    return next(part for part in page.split("<li>") if f"<h3>{name}" in part)


async def test_a_newcomer_is_doubted_told_on_their_page_and_confirmed(edge: Edge) -> None:
    jar = aiohttp.CookieJar(unsafe=True)
    async with (
        aiohttp.ClientSession(edge.url, cookie_jar=jar) as resident,
        aiohttp.ClientSession(edge.url, cookie_jar=aiohttp.CookieJar(unsafe=True)) as head,
    ):
        await join(edge, resident, "核对甲", "1单元102", "tenant")
        own = await read(resident, "/app/residency")
        assert "待核对" in own
        assert re.search(r'value="tenant" required checked', own)

        await sign_in(head, edge, HEAD, "building_head", "resident")
        assert "位待核对" in await read(head, "/console/groups")
        address = f"/console/groups/{GROUP}/residents"
        page = await read(head, f"{address}?show=unconfirmed")
        action = re.search(r'action="([^"]+)/confirmed"', row_of(page, "核对甲"))
        assert action is not None
        nothing = await send(head, f"{action[1]}/doubted", page, status=409, reason="", show="unconfirmed")
        assert "请写明为什么存疑" in nothing
        await send(head, f"{action[1]}/doubted", page, reason="请带合同来核对", show="unconfirmed")
        own = await read(resident, "/app/residency")
        assert "想和您核对一下" in own and "请带合同来核对" in own

        await send(head, f"{action[1]}/kind", page, kind="absent_owner", show="all")
        await send(head, f"{action[1]}/confirmed", page, show="all")
        confirmed = row_of(await read(head, f"{address}?who=核对甲"), "核对甲")
        assert "已核对" in confirmed and "业主，不住在这里" in confirmed
        own = await read(resident, "/app/residency")
        assert "想和您核对一下" not in own
        assert "已经记下" in await send(resident, "/app/residency", own, kind="owner")
        await read(resident, address, 403)


async def test_the_list_for_knocking_at_doors_shrinks_when_somebody_joins(
    edge: Edge, http: aiohttp.ClientSession
) -> None:
    await sign_in(http, edge, HEAD, "building_head", "resident")
    address = f"/console/groups/{GROUP}/coverage"
    before = await read(http, address)
    flat = re.findall(r"<b>(3-\d+)</b>", before)[0]

    async with aiohttp.ClientSession(edge.url, cookie_jar=aiohttp.CookieJar(unsafe=True)) as resident:
        await join(edge, resident, "敲门乙", flat, "owner")

    assert f"<b>{flat}</b>" not in await read(http, address)
    headers = edge.bearer(HEAD, "building_head")
    async with aiohttp.ClientSession(edge.url, headers=headers) as program:
        async with program.get(f"/api/v1/groups/{GROUP}/coverage") as answer:
            found = await answer.json()
        assert (found["group"], found["name"], found["households"]) == (GROUP, "28号楼", 168)
        units = found["buildings"][0]["units"]
        assert [unit["unit"] for unit in units] == ["1", "2", "3"]
        assert flat not in units[2]["missing"]
        assert sum(unit["covered"] for unit in units) == found["covered"]
    resident_headers = edge.bearer("28-1-101-冯晓燕", "resident")
    async with aiohttp.ClientSession(edge.url, headers=resident_headers) as program:
        async with program.get(f"/api/v1/groups/{GROUP}/coverage") as answer:
            assert answer.status == 403


async def test_a_head_chooses_a_second_and_the_secretary_takes_the_role_back(edge: Edge) -> None:
    async with (
        aiohttp.ClientSession(edge.url, cookie_jar=aiohttp.CookieJar(unsafe=True)) as head,
        aiohttp.ClientSession(edge.url, cookie_jar=aiohttp.CookieJar(unsafe=True)) as office,
        aiohttp.ClientSession(edge.url, cookie_jar=aiohttp.CookieJar(unsafe=True)) as resident,
    ):
        await join(edge, resident, "副手丙", "2单元102", "owner")
        await sign_in(head, edge, HEAD, "building_head", "resident")
        assert "没有副楼长的群：28号楼" in await read(head, "/console/roles")
        page = await read(head, f"/console/roles/{GROUP}?who=副手丙")
        person = re.search(r'name="person" value="([^"]+)" required checked', page)
        assert person is not None
        assert 'value="liaison"' not in page
        done = await send(head, f"/console/roles/{GROUP}/grant", page, person=person[1], role="second")
        assert "副楼长" in row_of(done, "副手丙")
        assert "没有副楼长的群" not in await read(head, "/console/roles")

        await sign_in(office, edge, SECRETARY, "secretary")
        page = await read(office, f"/console/roles/{GROUP}")
        liaison = row_of(page, "陈干事")
        who = re.search(r'name="person" value="([^"]+)"', liaison)
        assert who is not None
        taken = {"person": who[1], "role": "liaison", "responder": ""}
        refused = await send_all(office, f"/console/roles/{GROUP}/withdraw", page, taken, status=409)
        assert "没有人担任了" in refused
        second = {"person": person[1], "role": "building_head", "responder": ""}
        after = await send_all(office, f"/console/roles/{GROUP}/withdraw", page, second)
        assert "副手丙" not in after


async def test_absences_and_duty_are_entered_and_ended(edge: Edge, http: aiohttp.ClientSession) -> None:
    await sign_in(http, edge, SECRETARY, "secretary")
    page = await read(http, "/console/absences")
    people = dict(re.findall(r'<option value="([^"]+)"[^>]*>([^<]+)</option>', page))
    head = next(key for key, label in people.items() if "5号楼 楼长" in label)
    substitute = next(key for key, label in people.items() if "包楼居干" in label)
    assert "请填写" in await send(http, "/console/absences", page, status=409, person=head, first="soon", last="later")
    fields = {"person": head, "first": "2026-02-10", "last": "2026-02-17", "substitute": substitute}
    entered = await send_all(http, "/console/absences", page, fields | {"key": "away"})
    assert "2月10日 到 2月17日" in entered
    again = await send_all(http, "/console/absences", page, fields | {"key": "away again"}, status=409)
    assert "已经登记过外出" in again
    end = re.search(r'action="(/console/absences/[^"]+/end)"', entered)
    assert end is not None
    assert "没有人登记外出" in await send(http, end[1], page)

    page = await read(http, "/console/duty")
    choice = re.search(r'<option value="(role/liaison/[^"]+)"', page)
    assert choice is not None
    missing = await send_all(
        http, "/console/duty", page, {"on_duty": choice[1], "from": "08:00", "until": "20:00"}, status=409
    )
    assert "请选星期几" in missing
    on_duty = {"on_duty": choice[1], "weekday": "3", "from": "18:00", "until": "08:00"}
    roster = await send_all(http, "/console/duty", page, on_duty)
    assert "周三" in roster and "18:00–次日 08:00" in roster
    remove = re.search(r'action="(/console/duty/[^"]+/remove)"', roster)
    assert remove is not None
    assert "还没有排班" in await send(http, remove[1], page)


async def test_the_substitute_of_a_head_who_is_away_is_asked(edge: Edge, http: aiohttp.ClientSession) -> None:
    await sign_in(http, edge, SECRETARY, "secretary")
    page = await read(http, "/console/absences")
    people = dict(re.findall(r'<option value="([^"]+)"[^>]*>([^<]+)</option>', page))
    substitute, label = next((key, label) for key, label in people.items() if "和谐促进员" in label)
    today = {"first": "2026-01-15", "last": "2026-01-15", "key": "away-30"}
    entered = await send_all(
        http, "/console/absences", page, today | {"person": edge.principal(AWAY).id, "substitute": substitute}
    )
    end = re.search(r'action="(/console/absences/[^"]+/end)"', entered)
    assert "现在外出" in entered and end is not None
    resident = edge.bearer("30-1-403-谢凤敏", "resident", group=GROUP_30)
    async with aiohttp.ClientSession(edge.url, headers=resident) as program:
        body = {"text": "30号楼有人被困在电梯里了！快来人！"}
        async with program.post(f"/api/v1/groups/{GROUP_30}/messages", json=body) as posted:
            seq = (await posted.json())["seq"]

        async def asked() -> bool:
            async with program.get(f"/api/v1/groups/{GROUP_30}/messages?after_seq={seq - 1}") as answer:
                about = (await answer.json())["messages"][0]["question"]
            if about is None:
                return False
            office = edge.bearer(SECRETARY, "secretary", group=GROUP_30)
            async with program.get(f"/api/v1/questions/{about['id']}", headers=office) as answer:
                notes = [line["text"] for line in (await answer.json())["timeline"]]
            return any("外出，由" + label.split(" ")[0] in note for note in notes)

        await until(asked)
    await send(http, end[1], page)


async def test_where_the_doubted_do_not_read_they_ask_on_the_page_all_the_same(edge: Edge) -> None:
    strict = community_pb2.CommunityDefinition(
        key="strict-tests",
        name="严格社区",
        confirm_residency=True,
        doubted_may_not_read=True,
        buildings=[community_pb2.BuildingDefinition(key="1", flats=["1-101", "1-102"])],
        groups=[community_pb2.GroupDefinition(key="1", building_keys=["1"], join_code="STRICT-1")],
        people=[
            community_pb2.PersonDefinition(
                key="shuji",
                name="严书记",
                memberships=[community_pb2.MembershipDefinition(group_key="*", role="secretary")],
            )
        ],
    )
    community_id = ids.community_id(strict.key)
    group = ids.named_id(community_id, "group", "1")
    async with (
        edge.louyu.services() as services,
        aiohttp.ClientSession(edge.url, cookie_jar=aiohttp.CookieJar(unsafe=True)) as resident,
    ):
        await services.messaging.call("ApplyCommunity", messaging_service_pb2.ApplyCommunityRequest(community=strict))
        await join(edge, resident, "疑人", "1-101", "tenant", code="STRICT-1")
        who = Principal(
            "person", ids.named_id(community_id, "person", "shuji"), community_id, "严书记", frozenset({"secretary"})
        )
        found = await services.messaging.call(
            "ListMembers", messaging_service_pb2.ListMembersRequest(community_id=community_id, group_id=group)
        )
        (doubted,) = [member.person_id for member in found.members if member.name == "疑人"]
        async with aiohttp.ClientSession(edge.url, cookie_jar=aiohttp.CookieJar(unsafe=True)) as office:
            ticket = edge.sign(who, *tokens.SIGN_IN_AUDIENCE)
            async with office.get(f"/signin?ticket={ticket}") as answer:
                assert answer.status == 200
            page = await read(office, f"/console/groups/{group}/residents")
            action = f"/console/groups/{group}/residents/{doubted}/doubted"
            await send(office, action, page, reason="请来居委会核对")
        page = await read(resident, f"/app/groups/{group}")
        assert "核对后就能看到群里的内容" in page and "<ol class=" not in page
        asked = await send(
            resident, f"/app/groups/{group}/messages", page, text="楼道里有煤气味，怎么办？", reply_to="", key="1"
        )
        assert "有事照样可以问" in asked


async def test_the_office_reads_who_may_do_what(edge: Edge, http: aiohttp.ClientSession) -> None:
    await sign_in(http, edge, SECRETARY, "secretary")
    page = await read(http, "/console/permissions")
    assert "关闭办不了的诉求" in page and "请人担任、收回：副楼长" in page
    async with aiohttp.ClientSession(edge.url, cookie_jar=aiohttp.CookieJar(unsafe=True)) as head:
        await sign_in(head, edge, HEAD, "building_head", "resident")
        await read(head, "/console/permissions", 403)
        assert "/console/permissions" not in await read(head, "/console/roles")
