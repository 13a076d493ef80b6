"""The console's ledger: what happened at a door is written down with one press, and the household counts as told."""

import re

import aiohttp
import pytest

from tests.embedded.waiting import until
from tests.gateway.conftest import GROUP, HEAD, SECRETARY, Edge
from tests.gateway.test_sign_in import PAGE, form_secret

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]


async def test_a_visit_is_recorded_from_the_ledger(edge: Edge, http: aiohttp.ClientSession) -> None:
    headers = edge.bearer(SECRETARY, "secretary")
    body = {"title": "入户登记", "text": "周日入户登记。", "groups": [GROUP]}
    async with aiohttp.ClientSession(edge.url, headers=headers) as program:
        async with program.post("/api/v1/announcements", json=body) as answer:
            announcement = (await answer.json())["id"]

        async def is_complete() -> bool:
            async with program.get(f"/api/v1/announcements/{announcement}") as one:
                return bool((await one.json())["is_ledger_complete"])

        await until(is_complete)
        async with http.get(edge.link(HEAD, "building_head", "resident")) as signed_in:
            assert signed_in.status == 200
        address = f"/console/announcements/{announcement}"
        async with http.get(address, headers=PAGE) as page:
            text = await page.text()
        household = re.search(r'name="household" value="([^"]+)"', text)
        assert household is not None
        form = {"csrf": form_secret(text), "household": household[1]}
        async with http.post(f"{address}/visits", data=form | {"result": "not_at_home"}, headers=PAGE) as nobody:
            assert household[1] in await nobody.text()
            assert "· 没人在家" in await nobody.text()
        async with http.post(f"{address}/visits", data=form | {"result": "told"}, headers=PAGE) as told:
            assert household[1] not in await told.text()
        async with program.get(f"/api/v1/announcements/{announcement}/reach?state=reached") as reach:
            assert household[1] in {line["household"] for line in (await reach.json())["households"]}
        async with http.post(f"{address}/visits", data=form | {"result": "shouted"}) as wrong:
            assert (wrong.status, (await wrong.json())["field"]) == (422, "result")
        async with http.post(f"{address}/visits", data=form | {"csrf": "x", "result": "told"}) as foreign:
            assert foreign.status == 403
