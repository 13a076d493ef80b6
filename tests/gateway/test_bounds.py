"""What no service can hold is refused at the edge, naming the field, and is never a fault of ours."""

import json

import aiohttp
import pytest
from louyu.notify.v1 import notify_service_pb2 as notify
from louyu_runtime.ids import new_id

from tests.gateway.conftest import COMMUNITY_ID, GROUP, HEAD, JOIN_CODE, SECRETARY, Edge
from tests.gateway.test_sign_in import PAGE, form_secret

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]
HUGE = 10**30
QUESTION = "00000000-0000-4000-8000-000000000000"


async def screen_code(edge: Edge) -> str:
    async with edge.louyu.services() as services:
        found: notify.ListScreensResponse = await services.notify.call(
            "ListScreens", notify.ListScreensRequest(community_id=COMMUNITY_ID)
        )
    return found.screens[0].code


@pytest.mark.parametrize("path", ["/display/%00", "/display/x%00", "/display/%00/state", "/join/%00", "/app/%00"])
async def test_an_address_with_a_sign_that_no_text_holds_is_not_found(
    edge: Edge, http: aiohttp.ClientSession, path: str
) -> None:
    async with http.get(edge.url + path) as answer:
        assert answer.status == 404
        assert (await answer.json())["mend"]


async def test_notify_writes_its_log_as_the_other_services_do(edge: Edge) -> None:
    lines = (edge.louyu.path / "logs" / "notify.log").read_text("utf-8").splitlines()
    entries = [json.loads(line) for line in lines]
    assert {entry["service"] for entry in entries} == {"notify"}


async def test_a_form_with_such_a_sign_is_refused_naming_the_field(edge: Edge, http: aiohttp.ClientSession) -> None:
    async with http.get(f"/join/{JOIN_CODE}") as page:
        secret = form_secret(await page.text())
    async with http.post(f"/join/{JOIN_CODE}", data={"csrf": secret, "key": "\0"}) as answer:
        assert (answer.status, (await answer.json())["field"]) == (422, "key")


async def test_a_screen_reports_no_version_that_there_cannot_be(edge: Edge, http: aiohttp.ClientSession) -> None:
    code = await screen_code(edge)
    proof = {"record": 1, "item": "x", "from": 0, "until": 1}
    body = {"playlist_version": HUGE, "shown": [proof]}
    async with http.post(f"/display/{code}/shown", json=body) as answer:
        assert (answer.status, (await answer.json())["field"]) == (422, "playlist_version")
    async with http.get(f"/display/{code}/live?version={HUGE}") as answer:
        assert (answer.status, (await answer.json())["field"]) == (422, "version")


@pytest.mark.parametrize(
    ("path", "field"),
    [
        (f"/app/groups/{GROUP}?before={HUGE}", "before"),
        (f"/app/groups/{GROUP}/messages?after_seq={HUGE}", "after_seq"),
        (f"/api/v1/groups/{GROUP}/messages?after_seq={HUGE}", "after_seq"),
        ("/api/v1/questions?responder_type=%00", "responder_type"),
        ("/api/v1/announcements?page=WyJMaXN0QW5ub3VuY2VtZW50cyJd", "page"),
    ],
)
async def test_a_query_beyond_bounds_is_refused_naming_its_field(
    edge: Edge, http: aiohttp.ClientSession, path: str, field: str
) -> None:
    async with http.get(path, headers=edge.bearer(SECRETARY, "secretary")) as answer:
        fault = await answer.json()
    assert (answer.status, fault["field"]) == (422, field)
    assert fault["mend"]


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        (f"groups/{GROUP}/messages", {"text": "好", "reply_to": 2**63}, "reply_to"),
        (f"groups/{GROUP}/messages", {"text": "好\0"}, "text"),
        (f"groups/{GROUP}/messages", {"text": "\ud800"}, "text"),
        (f"groups/{GROUP}/messages", {"text": "好", "media": ["\0"]}, "media"),
        (f"questions/{QUESTION}/answer", {"text": "好", "expected_version": HUGE}, "expected_version"),
        ("announcements", {"title": "好", "text": "好", "valid_until": "0001-01-01T00:00+23:59"}, "valid_until"),
        ("announcements", {"title": "好", "text": "好", "valid_until": "9999-12-31T23:59:59-23:59"}, "valid_until"),
    ],
)
async def test_a_body_beyond_bounds_is_refused_naming_its_field(
    edge: Edge, http: aiohttp.ClientSession, path: str, body: dict[str, object], field: str
) -> None:
    async with http.post(f"/api/v1/{path}", headers=edge.bearer(SECRETARY, "secretary"), json=body) as answer:
        fault = await answer.json()
    assert (answer.status, fault["field"].partition(".")[0]) == (422, field)
    assert fault["mend"]


@pytest.mark.parametrize("version", ["\0", str(HUGE), "9" * 5000, "-1"])
async def test_a_verdict_on_no_version_is_refused(edge: Edge, http: aiohttp.ClientSession, version: str) -> None:
    async with http.get(edge.link(HEAD, "building_head", "resident"), headers=PAGE) as page:
        secret = form_secret(await page.text())
    form = {"csrf": secret, "verdict": "solved", "version": version}
    for path in (f"/app/questions/{QUESTION}/verdict", f"/console/questions/{QUESTION}/resolve"):
        async with http.post(path, data=form) as answer:
            assert (answer.status, (await answer.json())["field"]) == (422, "version")


@pytest.mark.parametrize(
    "body",
    [b"[" * 100_000, b'{"text": "\xff"}', b'{"text": "x", "reply_to": ' + b"9" * 5000 + b"}"],
    ids=["deep", "no UTF-8", "a number of 5000 digits"],
)
async def test_a_body_that_cannot_be_read_is_refused(edge: Edge, http: aiohttp.ClientSession, body: bytes) -> None:
    headers = edge.bearer(HEAD, "building_head") | {"Content-Type": "application/json", "Idempotency-Key": new_id()}
    async with http.post(f"/api/v1/groups/{GROUP}/messages", headers=headers, data=body) as answer:
        fault = await answer.json()
    assert (answer.status, fault["field"]) == (400, "body")
    assert fault["mend"]
