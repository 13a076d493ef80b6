"""Searching the history by /api/v1, on the resident's page and in the console."""

import re

import aiohttp
import pytest
from playwright.async_api import expect

from tests.gateway.conftest import GROUP, HEAD, OTHER_GROUP, SECRETARY, Edge
from tests.platform.browser import browser_page

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]


async def say(edge: Edge, http: aiohttp.ClientSession, text: str, group: str = GROUP) -> int:
    headers = edge.bearer(SECRETARY, "secretary")
    async with http.post(f"/api/v1/groups/{group}/messages", headers=headers, json={"text": text}) as answer:
        assert answer.status == 201, await answer.text()
        return int((await answer.json())["seq"])


async def page_of(edge: Edge, http: aiohttp.ClientSession, path: str, person: str, role: str) -> str:
    async with http.get(path, headers=edge.bearer(person, role)) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.text()


async def test_a_message_is_found_in_its_group_and_in_all_groups(edge: Edge, http: aiohttp.ClientSession) -> None:
    first = await say(edge, http, "活动室的琴房周三开门")
    second = await say(edge, http, "琴房的钥匙在传达室", OTHER_GROUP)
    headers = edge.bearer(SECRETARY, "secretary")

    async with http.get(f"/api/v1/groups/{GROUP}/messages/search", params={"q": "琴房"}, headers=headers) as answer:
        in_group = await answer.json()
    async with http.get("/api/v1/messages/search", params={"q": "琴房", "limit": "1"}, headers=headers) as answer:
        newest = await answer.json()
    async with http.get(
        "/api/v1/messages/search", params={"q": "琴房", "limit": "1", "page": newest["next_page"]}, headers=headers
    ) as answer:
        next_one = await answer.json()

    assert [(hit["group"], hit["message"]["seq"]) for hit in in_group["hits"]] == [(GROUP, first)]
    assert in_group["hits"][0]["snippet"] == [
        {"text": "活动室的", "is_hit": False},
        {"text": "琴房", "is_hit": True},
        {"text": "周三开门", "is_hit": False},
    ]
    assert in_group["next_page"] is None
    assert [(hit["group"], hit["message"]["seq"]) for hit in newest["hits"]] == [(OTHER_GROUP, second)]
    assert [(hit["group"], hit["message"]["seq"]) for hit in next_one["hits"]] == [(GROUP, first)]


@pytest.mark.parametrize(
    ("query", "field"), [("", "words"), ("q=", "q"), ("q=%20", "q"), ("q=1&limit=101", "limit"), ("q=1&page=x", "page")]
)
async def test_what_cannot_be_searched_for_names_the_field(
    edge: Edge, http: aiohttp.ClientSession, query: str, field: str
) -> None:
    headers = edge.bearer(SECRETARY, "secretary")
    async with http.get(f"/api/v1/groups/{GROUP}/messages/search?{query}", headers=headers) as answer:
        assert answer.status == 422
        assert (await answer.json())["field"] in (field, "q")


async def test_the_page_leads_from_what_was_found_to_its_place(edge: Edge, http: aiohttp.ClientSession) -> None:
    await say(edge, http, "失物招领：<b>蓝色</b>雨伞")
    seq = await say(edge, http, "雨伞是我的")
    for number in range(40):
        await say(edge, http, f"寒暄{number}")
    path = f"/app/groups/{GROUP}"

    group = await page_of(edge, http, path, HEAD, "building_head")
    found = await page_of(edge, http, f"{path}/search?q=雨伞", HEAD, "building_head")

    assert f'href="{path}/search"' in group
    links = re.findall(rf'href="({path}\?before=\d+)#m(\d+)"', found)
    assert [int(each) for _, each in links] == [seq, seq - 1]
    assert "&lt;b&gt;蓝色&lt;/b&gt;<mark>雨伞</mark>" in found
    place = await page_of(edge, http, links[0][0], HEAD, "building_head")
    assert f'id="m{seq}"' in place and f'id="m{seq + 1}"' in place
    assert "data-past" in place and "回到最新消息" in place
    assert "没有找到" in await page_of(edge, http, f"{path}/search?q=犀牛", HEAD, "building_head")
    assert 'role="alert"' in await page_of(edge, http, f"{path}/search?q={'字' * 101}", HEAD, "building_head")
    english = await page_of(edge, http, f"{path}/search?q=犀牛&lang=en", HEAD, "building_head")
    assert "Nothing found" in english


async def test_the_console_finds_in_all_groups_that_are_ones_own(edge: Edge, http: aiohttp.ClientSession) -> None:
    seq = await say(edge, http, "消防通道收拾干净了，谢谢大家", OTHER_GROUP)

    found = await page_of(edge, http, "/console/groups/search?q=消防通道", SECRETARY, "secretary")
    not_mine = await page_of(edge, http, "/console/groups/search?q=消防通道", HEAD, "building_head")

    assert f"/app/groups/{OTHER_GROUP}?before={seq + 30}#m{seq}" in found
    assert "32号楼" in found
    assert "没有找到" in not_mine


@pytest.mark.browser
async def test_a_hit_opens_its_message_and_the_past_stands_still(edge: Edge, http: aiohttp.ClientSession) -> None:
    seq = await say(edge, http, "谢谢大家夸我家鹦鹉")
    for number in range(95):
        await say(edge, http, f"闲聊{number}")
    async with browser_page(width=390, height=844) as phone:
        await phone.goto(edge.link(HEAD, "building_head", "resident"))
        await phone.goto(f"{edge.url}/app/groups/{GROUP}")
        await phone.click(".top a[href$='/search']")
        await phone.fill("#q", "鹦鹉")
        await phone.press("#q", "Enter")
        await expect(phone.locator(".found mark")).to_have_text("鹦鹉")

        await phone.click(".found a")

        await expect(phone.locator(f"#m{seq}.target")).to_be_in_viewport()
        shown = await phone.locator(".messages > .message").count()
        await say(edge, http, "新的一句")
        await phone.click("text=看后面的消息")
        await phone.click("text=回到最新消息")
        await expect(phone.locator(".messages")).to_contain_text("新的一句")
        assert shown == min(60, seq + 29)  # what was said before is of other tests, and may be little
