"""The console and the API show what did not arrive, why, and send it once more."""

import re
import uuid

import aiohttp
import asyncpg
import pytest
from louyu_gateway.pages.texts import english
from louyu_gateway.undelivered import reason_of
from louyu_notify.delivery import Purpose
from louyu_sdk import ErrorClass

from tests.gateway.conftest import COMMUNITY_ID, GROUP, HEAD, OTHER_GROUP, SECRETARY, Edge
from tests.gateway.test_sign_in import PAGE, form_secret

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]


async def fail(edge: Edge, group: str, code: str = "48001", error_class: str = "other_channel") -> str:
    """Write down something that was said in a group and failed; return its id."""
    delivery_id = str(uuid.uuid4())
    connection = await asyncpg.connect(edge.louyu.owner_url)
    try:
        await connection.execute("SELECT set_config('role', 'louyu_notify_worker', false)")
        await connection.execute(
            "INSERT INTO notify.delivery (community_id, delivery_id, recipient_kind, recipient_id, channel, purpose,"
            " urgency, text, question_id, question_number, state, due_at, error_class, error_code, created_at, ended_at)"
            " VALUES ($1, $2, 'group', $3, 'group', 'outcome', 'normal', '已解决', $4, 1, 'failed', now(), $5, $6, now(),"
            " notify.clock_now())",
            uuid.UUID(COMMUNITY_ID),
            uuid.UUID(delivery_id),
            uuid.UUID(group),
            uuid.uuid4(),
            error_class,
            code,
        )
    finally:
        await connection.close()
    return delivery_id


async def test_the_console_says_why_and_sends_again(edge: Edge, http: aiohttp.ClientSession) -> None:
    delivery = await fail(edge, GROUP)
    foreign = await fail(edge, OTHER_GROUP)
    async with http.get(edge.link(HEAD, "building_head", "resident")) as signed_in:
        assert "/console/deliveries" in await signed_in.text()
    async with http.get("/console/deliveries?state=failed", headers=PAGE) as page:
        text = await page.text()
    assert delivery in text
    assert foreign not in text
    assert "公众号没有开通这个接口" in text
    assert "28号楼" in text
    retry = f"/console/deliveries/{delivery}/retry"
    async with http.post(retry, data={"csrf": "x"}) as without_form:
        assert without_form.status == 403
    async with http.post(retry, data={"csrf": form_secret(text)}, headers=PAGE) as again:
        assert again.status == 200
        assert delivery not in await again.text()
    async with http.post(retry, data={"csrf": form_secret(text)}, headers=PAGE) as gone:
        assert gone.status == 409
        assert "可能已经重新发出了" in await gone.text()
    async with http.get("/console/deliveries?state=odd", headers=PAGE) as wrong:
        assert wrong.status == 422


async def test_the_api_lists_and_retries(edge: Edge) -> None:
    delivery = await fail(edge, GROUP, code="something-new", error_class="give_up")
    async with aiohttp.ClientSession(edge.url, headers=edge.bearer(SECRETARY, "secretary")) as program:
        async with program.get("/api/v1/deliveries?state=failed&limit=500") as answer:
            [found] = [one for one in (await answer.json())["deliveries"] if one["id"] == delivery]
        assert (found["state"], found["channel"], found["can_retry"]) == ("failed", "group", True)
        assert found["reason"] == "平台拒绝了这条消息，请运维查看"
        async with program.post(f"/api/v1/deliveries/{delivery}/retry") as again:
            assert again.status == 202
        async with program.get("/api/v1/deliveries?limit=500") as answer:
            assert delivery not in {one["id"] for one in (await answer.json())["deliveries"]}
        async with program.post("/api/v1/deliveries/x/retry") as wrong:
            assert (wrong.status, (await wrong.json())["field"]) == (422, "delivery")


async def test_residents_see_none_of_it(edge: Edge) -> None:
    async with (
        aiohttp.ClientSession(edge.url, headers=edge.bearer(HEAD, "resident")) as program,
        program.get("/api/v1/deliveries") as answer,
    ):
        assert answer.status == 403


async def test_every_reason_and_purpose_has_words_in_both_languages() -> None:
    from louyu.notify.v1 import delivery_pb2
    from louyu_gateway import undelivered

    chinese = {*undelivered._CODES.values(), *undelivered._CLASSES.values(), *undelivered._PURPOSES.values()}
    chinese.add(reason_of(delivery_pb2.UndeliveredDelivery()))
    assert chinese <= english().keys()
    assert {one.value for one in ErrorClass} == undelivered._CLASSES.keys()
    assert {one.value for one in Purpose} == undelivered._PURPOSES.keys()
    assert all(re.search("[\u4e00-\u9fff]", text) for text in chinese)
