"""Signing in: by a link for staff, from inside WeChat for residents; and how little a foreign site can do with it."""

import re
import uuid
from http.cookies import SimpleCookie
from urllib.parse import parse_qs, urlsplit

import aiohttp
import asyncpg
import pytest
from louyu_gateway.pages.wechat_login import own_path
from louyu_runtime.identity import Principal

from tests.gateway.conftest import COMMUNITY, COMMUNITY_ID, GROUP, HEAD, JOIN_CODE, SECRETARY, Edge

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]
PAGE = {"Accept": "text/html"}
OPERATOR = Principal(kind="person", id="operator", name="operator", roles=frozenset({"operator"}))


def form_secret(page: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found is not None
    return found[1]


async def test_a_link_signs_in_and_leads_to_the_persons_place(edge: Edge, http: aiohttp.ClientSession) -> None:
    for roles, place in ((("building_head", "resident"), "/console/"), (("resident",), "/app/")):
        async with http.get(edge.link(HEAD, *roles), allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, place)
            cookie = SimpleCookie(answer.headers["Set-Cookie"])["louyu_session"]
            assert cookie["httponly"]
            assert cookie["samesite"] == "lax"


async def test_what_is_no_ticket_does_not_sign_in(edge: Edge, http: aiohttp.ClientSession) -> None:
    principal = edge.principal(HEAD, "building_head")
    for ticket in ("x", edge.sign(principal, "gateway"), edge.sign(principal, "signin", seconds=-60)):
        async with http.get(f"/signin?ticket={ticket}", allow_redirects=False) as answer:
            assert answer.status == 401
            assert "louyu_session" not in answer.headers.get("Set-Cookie", "")
            assert "已经失效" in await answer.text()


async def test_whoever_is_not_signed_in_is_led_to_the_door(edge: Edge, http: aiohttp.ClientSession) -> None:
    async with http.get("/console/", headers=PAGE, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, "/signin")
    wechat = PAGE | {"User-Agent": "Mozilla/5.0 MicroMessenger/8.0"}
    async with http.get(f"/app/groups/{GROUP}", headers=wechat, allow_redirects=False) as answer:
        assert urlsplit(answer.headers["Location"]).path == "/app/oauth/district"
        assert parse_qs(urlsplit(answer.headers["Location"]).query)["next"] == [f"/app/groups/{GROUP}"]


async def test_signing_out_needs_our_own_form(edge: Edge, http: aiohttp.ClientSession) -> None:
    async with http.get(edge.link(SECRETARY, "secretary"), headers=PAGE) as page:
        secret = form_secret(await page.text())
    async with http.post("/signout", data={}) as foreign:
        assert foreign.status == 403
    for origin in ("https://elsewhere.example", "http://["):
        async with http.post("/signout", data={"csrf": secret}, headers={"Origin": origin}) as foreign:
            assert foreign.status == 403
    async with http.get("/console/", headers=PAGE, allow_redirects=False) as still:
        assert still.status == 200
    async with http.post("/signout", data={"csrf": secret}, allow_redirects=False) as own:
        assert own.status == 303
    async with http.get("/console/", headers=PAGE, allow_redirects=False) as gone:
        assert gone.headers["Location"] == "/signin"


async def test_a_resident_is_shown_no_console(edge: Edge, http: aiohttp.ClientSession) -> None:
    async with http.get(f"/join/{JOIN_CODE}") as page:
        text = await page.text()
    fields = {"csrf": form_secret(text), "flat": "1-301", "name": "孙叔", "consent": "yes", "key": "sun-1"}
    version = re.search(r'name="consent_version" value="([^"]+)"', text)
    assert version is not None
    async with http.post(f"/join/{JOIN_CODE}", data=fields | {"consent_version": version[1]}) as joined:
        assert joined.status == 200
        assert "孙叔，您已经是28号楼的成员" in await joined.text()
    async with http.get("/console/", headers=PAGE) as console:
        assert console.status == 403
        assert "工作台" in await console.text()
    async with http.get("/app/", headers=PAGE, allow_redirects=False) as home:
        assert home.headers["Location"] == f"/app/groups/{GROUP}"


async def test_nobody_joins_without_consent_or_with_a_flat_that_is_none(
    edge: Edge, http: aiohttp.ClientSession
) -> None:
    async with http.get(f"/join/{JOIN_CODE}") as page:
        secret = form_secret(await page.text())
    given = {"csrf": secret, "flat": "哪里都行", "name": "某人", "key": "k", "consent_version": "2026-11b"}
    async with http.post(f"/join/{JOIN_CODE}", data=given) as answer:
        assert answer.status == 422
        assert "要先同意" in await answer.text()
    async with http.post(f"/join/{JOIN_CODE}", data=given | {"consent": "yes", "flat": "1-301", "name": " "}) as answer:
        assert answer.status == 422
        assert "请写下怎么称呼您" in await answer.text()
    async with http.post(f"/join/{JOIN_CODE}", data=given | {"consent": "yes"}) as answer:
        assert answer.status == 422
        page_text = await answer.text()
    assert 'role="alert"' in page_text
    assert "某人" in page_text
    english = {"Accept-Language": "en"}
    async with http.post(f"/join/{JOIN_CODE}", data=given | {"consent": "yes"}, headers=english) as answer:
        assert "Not understood as a flat" in await answer.text()
    async with http.get("/join/NOSUCHCODE", headers=PAGE) as unknown:
        assert unknown.status == 404


async def test_an_operator_chooses_the_community(edge: Edge, http: aiohttp.ClientSession) -> None:
    async with http.get(f"/signin?ticket={edge.sign(OPERATOR, 'signin')}", headers=PAGE) as page:
        text = await page.text()
    assert "选择社区" in text
    secret = form_secret(text)
    async with http.post("/console/community", data={"csrf": secret, "community": "nowhere"}) as wrong:
        assert wrong.status == 404
    async with http.post("/console/community", data={"csrf": secret, "community": COMMUNITY}) as chosen:
        assert chosen.status == 200
    async with http.get("/console/system", headers=PAGE) as system:
        text = await system.text()
    assert "louyu-property" in text or "property" in text
    assert "暂时联系不上" not in text


async def test_an_operator_sees_what_was_put_aside_anywhere_without_choosing_a_community(
    edge: Edge, http: aiohttp.ClientSession
) -> None:
    event_id = await put_aside(edge, COMMUNITY_ID)
    elsewhere = await put_aside(edge, str(uuid.uuid4()))
    async with http.get(f"/signin?ticket={edge.sign(OPERATOR, 'signin')}", headers=PAGE) as page:
        assert page.status == 200
    async with http.get("/console/system", headers=PAGE) as system:
        assert system.status == 200
        text = await system.text()
    assert event_id in text
    assert elsewhere in text
    assert "光熙门北里北社区" in text
    assert "选择一个社区后" in text
    retry = f"/console/system/parked/{COMMUNITY_ID}/routing/{event_id}"
    async with http.post(retry, data={"csrf": form_secret(text)}) as again:
        assert event_id not in await again.text()
    async with http.post(retry, data={"csrf": form_secret(text)}) as gone:
        assert gone.status == 404


async def put_aside(edge: Edge, community_id: str) -> str:
    """Put an event aside in routing, one of a type that nobody handles any more; return its id."""
    event_id = str(uuid.uuid4())
    connection = await asyncpg.connect(edge.louyu.owner_url)
    try:
        await connection.execute("SELECT set_config('role', 'louyu_routing_worker', false)")
        await connection.execute(
            "INSERT INTO routing.parked_event (community_id, event_id, type, subject, envelope, error, attempt_count)"
            " VALUES ($1, $2, 'Forgotten', 'x', '', 'ValueError', 5)",
            uuid.UUID(community_id),
            uuid.UUID(event_id),
        )
    finally:
        await connection.close()
    return event_id


async def member_by_wechat(edge: Edge, openid: str, flat: str) -> None:
    await edge.account.follow(openid, scene=JOIN_CODE)
    joined = await edge.account.say(openid, flat)
    assert "已加入28号楼" in (joined.reply or "")


async def test_a_member_signs_in_silently_from_inside_wechat(edge: Edge, http: aiohttp.ClientSession) -> None:
    await member_by_wechat(edge, "oSignsIn", "2单元402")
    edge.platform.browser_openid = "oSignsIn"
    async with http.get(f"/app/oauth/district?next=/app/groups/{GROUP}", headers=PAGE) as page:
        assert page.status == 200
        assert page.url.path == f"/app/groups/{GROUP}"
        assert "28号楼" in await page.text()


async def test_a_stranger_is_told_how_to_join(edge: Edge, http: aiohttp.ClientSession) -> None:
    edge.platform.browser_openid = "oStranger"
    async with http.get("/app/oauth/district", headers=PAGE) as page:
        assert page.status == 403
        assert "您还没有加入" in await page.text()


async def begun(http: aiohttp.ClientSession) -> str:
    """Begin to sign in, and return the state that is bound to this browser."""
    async with http.get("/app/oauth/district", allow_redirects=False) as answer:
        return parse_qs(urlsplit(answer.headers["Location"]).query)["state"][0]


async def test_a_snapshot_of_the_page_never_becomes_a_person(edge: Edge, http: aiohttp.ClientSession) -> None:
    state = await begun(http)
    code = edge.account.logins.code("oSignsIn", is_snapshot=True)
    async with http.get(f"/app/oauth/district/back?code={code}&state={state}") as page:
        assert page.status == 403
        assert "使用完整服务" in await page.text()


async def test_a_state_of_another_browser_does_not_sign_in(edge: Edge, http: aiohttp.ClientSession) -> None:
    await begun(http)
    code = edge.account.logins.code("oSignsIn")
    async with http.get(f"/app/oauth/district/back?code={code}&state={'0' * 32}", allow_redirects=False) as page:
        assert page.status == 403
    assert edge.account.logins.redeem(code)["openid"] == "oSignsIn"


async def test_a_code_that_was_used_does_not_sign_in(edge: Edge, http: aiohttp.ClientSession) -> None:
    state = await begun(http)
    code = edge.account.logins.code("oSignsIn")
    edge.account.logins.redeem(code)
    async with http.get(f"/app/oauth/district/back?code={code}&state={state}", allow_redirects=False) as page:
        assert page.status == 403


async def test_a_state_that_is_nested_without_end_is_none(edge: Edge) -> None:
    cookie = {"Cookie": f"louyu_oauth={(b'[' * 20_000).hex()}"}
    async with aiohttp.ClientSession(edge.url) as browser:
        async with browser.get("/app/oauth/district/back?code=a&state=b", headers=cookie | PAGE) as page:
            assert page.status == 403


@pytest.mark.parametrize(
    "address", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "", "/a\r\nX: y"]
)
async def test_nobody_is_sent_to_another_site(address: str) -> None:
    assert own_path(address) == "/app/"
