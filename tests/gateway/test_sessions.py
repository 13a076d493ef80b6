"""Sessions: what ends one, what does not prolong one, and who cannot take one over."""

import base64
import json
import re
from datetime import timedelta
from http.cookies import SimpleCookie

import aiohttp
import pytest
from louyu_cli import token as tokens
from louyu_gateway.ended_sessions import EndedSessions
from louyu_gateway.sessions import AUDIENCE, Sessions
from louyu_runtime.embedded.ports import free_port
from louyu_runtime.events.streams import connect_redis
from louyu_runtime.identity import Principal, TokenSigner, TokenVerifier
from louyu_runtime.ids import new_id
from starlette.responses import Response

from tests.gateway.conftest import HEAD, JOIN_CODE, Edge
from tests.gateway.test_sign_in import PAGE, form_secret

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]
COOKIE = "louyu_session"
OPERATOR = Principal(kind="person", id="operator", name="operator", roles=frozenset({"operator"}))


def session_of(http: aiohttp.ClientSession) -> str:
    """The session's cookie as this browser holds it; empty if it holds none."""
    return next((cookie.value for cookie in http.cookie_jar if cookie.key == COOKIE), "")


def person_in(session: str) -> str:
    """Whose session a cookie is."""
    payload = session.split(".")[1]
    return str(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["sub"])


async def join(http: aiohttp.ClientSession, name: str, key: str) -> dict[str, str]:
    """Join building 28 with the form; return the cookies that the answer sets."""
    async with http.get(f"/join/{JOIN_CODE}?change=1") as page:
        text = await page.text()
    version = re.search(r'name="consent_version" value="([^"]+)"', text)
    assert version is not None
    fields = {"csrf": form_secret(text), "flat": "1-302", "name": name, "consent": "yes", "key": key}
    async with http.post(f"/join/{JOIN_CODE}", data=fields | {"consent_version": version[1]}) as joined:
        assert joined.status == 200, await joined.text()
        return {name: cookie.value for name, cookie in joined.cookies.items()}


async def test_signing_out_ends_a_copy_of_the_cookie_and_no_other_session(
    edge: Edge, http: aiohttp.ClientSession
) -> None:
    link = edge.link(HEAD, "building_head", "resident")
    async with aiohttp.ClientSession(edge.url, cookie_jar=aiohttp.CookieJar(unsafe=True)) as other:
        async with other.get(link) as elsewhere:
            assert elsewhere.status == 200
        async with http.get(link, headers=PAGE) as page:
            secret = form_secret(await page.text())
        copied = {"Cookie": f"{COOKIE}={session_of(http)}"}
        async with aiohttp.ClientSession(edge.url) as thief:
            async with thief.get("/api/v1/groups", headers=copied) as before:
                assert before.status == 200
            async with http.post("/signout", data={"csrf": secret}, allow_redirects=False) as out:
                assert out.status == 303
            async with thief.get("/api/v1/groups", headers=copied) as after:
                assert after.status == 401
        async with other.get("/api/v1/groups") as still:
            assert still.status == 200


async def test_joining_does_not_prolong_a_session(edge: Edge, http: aiohttp.ClientSession) -> None:
    async with http.get(edge.link(HEAD, "building_head", "resident")) as signed_in:
        assert signed_in.status == 200
    assert COOKIE not in await join(http, "二十八号楼楼长", new_id())


async def test_a_strangers_form_key_does_not_give_their_session(edge: Edge, http: aiohttp.ClientSession) -> None:
    key = new_id()
    first = person_in((await join(http, "钱阿姨", key))[COOKIE])
    async with aiohttp.ClientSession(edge.url, cookie_jar=aiohttp.CookieJar(unsafe=True)) as other:
        assert person_in((await join(other, "钱阿姨", key))[COOKIE]) != first


async def test_cookies_of_an_https_address_are_secure(edge: Edge, signer: TokenSigner) -> None:
    redis = connect_redis(f"redis://127.0.0.1:{free_port()}/0")
    ended = EndedSessions(redis, timedelta(days=30))
    verifier = TokenVerifier([signer.public_key], AUDIENCE)
    sessions = Sessions(signer, verifier, ended, is_https=True, staff_life=timedelta(hours=12))
    response = Response()
    sessions.keep(response, "louyu_size", "large", timedelta(days=1))
    cookie = SimpleCookie(response.headers["Set-Cookie"])["louyu_size"]
    assert cookie["secure"]
    assert cookie["httponly"]
    await sessions.close()


async def test_nobody_is_signed_out_because_redis_is_away() -> None:
    ended = EndedSessions(connect_redis(f"redis://127.0.0.1:{free_port()}/0"), timedelta(days=30))
    await ended.add("a.b.c")
    assert not await ended.holds("a.b.c")
    await ended.close()


async def test_metrics_are_for_operators(edge: Edge, http: aiohttp.ClientSession) -> None:
    async with http.get("/metrics") as nobody:
        assert nobody.status == 401
    async with http.get("/metrics", headers=edge.bearer(HEAD, "building_head")) as head:
        assert head.status == 403
    operator = {"Authorization": f"Bearer {edge.sign(OPERATOR, *tokens.AUDIENCE)}"}
    async with http.get("/metrics", headers=operator) as answer:
        assert answer.status == 200
        assert "louyu_http_requests_total" in await answer.text()
