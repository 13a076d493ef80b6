"""The resident's page and the console in a real browser: what one person does, the other sees without reloading."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Page, expect

from tests.gateway.conftest import GROUP, HEAD, JOIN_CODE, SECRETARY, Edge
from tests.platform.browser import browser_page

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.browser, pytest.mark.timeout(180)]


@asynccontextmanager
async def watched(width: int, height: int, locale: str = "zh-CN") -> AsyncIterator[Page]:
    """A page on which any script error, and anything that the content policy refuses, fails the test."""
    problems: list[str] = []
    async with browser_page(width=width, height=height, locale=locale) as page:
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda line: problems.append(line.text) if "Content Security" in line.text else None)
        yield page
    assert problems == []


async def join(page: Page, edge: Edge, name: str, flat: str) -> None:
    await page.goto(f"{edge.url}/join/{JOIN_CODE}")
    await page.fill("[name=flat]", flat)
    await page.fill("[name=name]", name)
    await page.check("[name=consent]")
    await page.click("form .button.primary")
    await page.click(".button.primary >> text=/进入群里|Go to the group/")
    # until it is loaded, its scripts with it: before that the form is sent as forms without scripts are
    await page.wait_for_url("**/app/groups/*")


async def test_a_question_is_asked_on_a_phone_answered_at_a_desk_and_settled_with_a_tap(edge: Edge) -> None:
    async with watched(390, 844) as phone, watched(1440, 900) as desk:
        await join(phone, edge, "王阿姨", "3单元502")
        await desk.goto(edge.link(HEAD, "building_head", "resident"))
        await desk.goto(f"{edge.url}/app/groups/{GROUP}")

        await phone.fill("textarea", "请问三单元门禁坏了找谁修？")
        await phone.click(".composer .button.primary")
        await expect(phone.locator("textarea")).to_have_value("")
        said = desk.locator(".messages > .message", has_text="三单元门禁坏了")
        await expect(said).to_have_count(1)
        await expect(said.locator("[data-question]")).to_be_visible()
        own = phone.locator(".message.own", has_text="三单元门禁坏了")
        await expect(own.locator(".badge").first).to_be_visible()

        question_id = await said.locator("[data-question]").get_attribute("data-question")
        await desk.goto(f"{edge.url}/console/questions/{question_id}")
        await desk.click("summary:has-text('答复')")
        await desk.fill("details[open] textarea", "物业已经报修，今晚修好。")
        await desk.click("details[open] .button.primary")
        await expect(desk.locator(".timeline")).to_contain_text("今晚修好")

        await expect(own.locator("[data-verdict]")).to_contain_text("您的问题解决了吗")
        await expect(phone.locator(".messages")).to_contain_text("今晚修好")
        await own.locator("[data-verdict] [value=solved]").click()
        await expect(phone.locator(".question")).to_contain_text("已办结")
        await expect(desk.locator(".timeline")).to_contain_text("王阿姨")
        await expect(desk.locator(".title .badge").last).to_contain_text("已办结")


async def test_a_reply_quotes_its_message_and_every_open_page_is_told_what_it_did(edge: Edge) -> None:
    async with watched(390, 844) as phone, watched(390, 844) as neighbour:
        await join(phone, edge, "孙阿姨", "2单元502")
        await join(neighbour, edge, "郑大哥", "2单元602")
        await phone.fill("textarea", "请问二单元的快递柜密码去哪里改？")
        await phone.click(".composer .button.primary")
        asked = neighbour.locator(".messages > .message", has_text="快递柜密码去哪里改").first
        await expect(asked.locator("[data-question]")).to_be_visible()

        await asked.locator("[data-reply]").focus()
        await neighbour.keyboard.press("Enter")
        await expect(neighbour.locator(".quoting")).to_contain_text("快递柜密码")
        await neighbour.keyboard.press("Escape")
        await expect(neighbour.locator(".quoting")).to_be_hidden()
        await asked.locator("[data-reply]").click()
        assert await neighbour.evaluate("document.documentElement.scrollWidth") <= 390
        await neighbour.click(".quoting button")
        await expect(neighbour.locator(".quoting")).to_be_hidden()
        await asked.locator("[data-reply]").click()
        await neighbour.keyboard.type("在柜子屏幕上点忘记密码就能改。")
        await neighbour.click(".composer .button.primary")
        await expect(neighbour.locator(".quoting")).to_be_hidden()

        for page in (phone, neighbour):
            reply = page.locator(".messages > .message", has_text="点忘记密码就能改").first
            await expect(reply.locator(".quoted")).to_contain_text("孙阿姨")
            await expect(reply.locator(".note")).to_contain_text("答复了 #")
            await reply.locator(".quoted").click()
            await expect(page.locator(".message.target")).to_contain_text("快递柜密码去哪里改")
            assert await page.evaluate("document.documentElement.scrollWidth") <= 390


async def test_a_neighbour_joins_a_question_with_a_tap_and_the_head_pins_it(edge: Edge) -> None:
    async with watched(390, 844) as phone, watched(390, 844) as neighbour, watched(390, 844) as head:
        await join(phone, edge, "秦大姐", "1单元301")
        await join(neighbour, edge, "许大姐", "1单元302")
        await head.goto(edge.link(HEAD, "building_head", "resident"))
        await head.goto(f"{edge.url}/app/groups/{GROUP}")
        await phone.fill("textarea", "请问快递柜什么时候能修好？")
        await phone.click(".composer .button.primary")
        asked = neighbour.locator(".messages > .message", has_text="快递柜什么时候能修好")
        await asked.locator("[data-tap=me_too]").click()
        await expect(asked.locator("[data-tap=me_too]")).to_have_attribute("aria-pressed", "true")
        own = phone.locator(".message.own", has_text="快递柜什么时候能修好")
        await expect(own.locator("[data-tap=me_too] b")).to_have_text("1")
        await expect(own.locator("[data-recall]")).to_be_visible()

        await head.locator(".message", has_text="快递柜什么时候能修好").locator("[data-tap=pin]").click()
        for page in (phone, neighbour, head):
            await expect(page.locator(".pinned")).to_contain_text("快递柜什么时候能修好")
            assert await page.evaluate("document.documentElement.scrollWidth") <= 390


async def test_what_is_taken_back_disappears_from_every_open_page(edge: Edge) -> None:
    async with watched(390, 844) as phone, watched(390, 844) as neighbour:
        await join(phone, edge, "吴大姐", "1单元402")
        await join(neighbour, edge, "郑大姐", "1单元502")
        await phone.fill("textarea", "发错群了不好意思")
        await phone.click(".composer .button.primary")
        said = neighbour.locator(".messages > .message", has_text="发错群了")
        await expect(said).to_have_count(1)
        await expect(said.locator("[data-recall]")).to_have_count(0)

        await phone.locator(".message.own", has_text="发错群了").locator("[data-recall]").click()

        await expect(phone.locator(".message.own .gone").last).to_have_text("您撤回了一条消息")
        await expect(neighbour.locator(".message .gone").last).to_have_text("撤回了一条消息")
        await expect(said).to_have_count(0)


async def test_what_could_not_be_sent_stays_in_the_composer(edge: Edge) -> None:
    async with watched(390, 844) as phone:
        await join(phone, edge, "钱大妈", "3单元602")
        await phone.fill("textarea", "网络断了还在吗")
        await phone.context.set_offline(True)
        await phone.click(".composer .button.primary")
        await expect(phone.locator(".composer .problem")).to_contain_text("没有发出去")
        await expect(phone.locator("textarea")).to_have_value("网络断了还在吗")
        await phone.context.set_offline(False)
        await phone.click(".composer .button.primary")
        await expect(phone.locator(".message.own", has_text="网络断了还在吗")).to_have_count(1)


async def test_no_page_scrolls_sideways_on_the_smallest_phone(edge: Edge) -> None:
    async with watched(360, 740) as phone:
        await phone.goto(edge.link(SECRETARY, "secretary"))
        for path in (
            "/console/",
            "/console/announcements",
            "/console/announcements/new",
            "/console/groups",
            "/app/",
            f"/app/groups/{GROUP}",
            f"/app/groups/{GROUP}/questions",
            f"/join/{JOIN_CODE}",
            "/signin",
            "/nowhere",
        ):
            for size in ("normal", "large"):
                await phone.goto(f"{edge.url}{path}?size={size}")
                assert await phone.evaluate("document.documentElement.scrollWidth") <= 360, (path, size)


async def test_the_page_speaks_english_to_who_prefers_it_and_remembers_a_choice(edge: Edge) -> None:
    async with watched(390, 844, "en-GB") as page:
        await join(page, edge, "John", "1单元602")
        await expect(page.locator(".composer .button.primary")).to_have_text(re.compile("Send"))
        await page.click("text=中文")
        await expect(page.locator(".composer .button.primary")).to_have_text(re.compile("发送"))
        await page.goto(f"{edge.url}/app/groups/{GROUP}")
        await expect(page.locator(".composer .button.primary")).to_have_text(re.compile("发送"))


async def test_words_of_people_are_never_markup(edge: Edge) -> None:
    async with watched(390, 844) as phone:
        await join(phone, edge, "<i>斜</i>", "1单元702")
        words = "<img src=x onerror=alert(1)> & \"引号\" '单'"
        await phone.fill("textarea", words)
        await phone.click(".composer .button.primary")
        said = phone.locator(".message.own .bubble").last
        await expect(said).to_have_text(words)
        assert await said.locator("img").count() == 0


async def test_an_announcement_is_previewed_published_and_its_ledger_read(edge: Edge) -> None:
    async with watched(1440, 900) as desk:
        await desk.goto(edge.link(SECRETARY, "secretary"))
        await desk.goto(f"{edge.url}/console/announcements/new")
        await desk.fill("[name=title]", "周六大扫除")
        await desk.fill("[name=text]", "周六上午九点在楼前集合，联系 13800138000。")
        await desk.check(f"[name=group][value='{GROUP}']")
        await desk.click("[value=preview]")
        await expect(desk.locator(".notice.wait")).to_be_visible()
        assert "13800138000" not in await desk.locator(".paper").inner_text()
        await expect(desk.locator(".facts")).to_contain_text("168")
        await desk.click("[value=write]")
        await expect(desk.locator("[name=text]")).to_have_value("周六上午九点在楼前集合，联系 13800138000。")
        await desk.click("[value=preview]")
        await desk.click("[value=publish]")
        await expect(desk.locator("h1")).to_have_text("周六大扫除")
        await expect(desk.locator("tbody")).to_contain_text("28号楼", timeout=20_000)
        await desk.click(".back")
        await expect(desk.locator("tbody tr").first).to_contain_text("周六大扫除")


async def test_what_is_too_long_is_kept_whole_and_told(edge: Edge) -> None:
    async with watched(390, 844) as phone:
        await join(phone, edge, "冯先生", "2单元702")
        await phone.fill("textarea", "长" * 2012)
        await phone.click(".composer .button.primary")
        told = await phone.eval_on_selector("textarea", "field => [field.value.length, field.validationMessage]")
        assert told == [2012, "最多 2000 个字，多了 12 个字"]
        assert await phone.locator(".message.own").count() == 0
        await phone.fill("textarea", "那就说短一点，大家好。")
        await phone.click(".composer .button.primary")
        await expect(phone.locator(".message.own", has_text="说短一点")).to_have_count(1)


async def test_a_wrong_flat_costs_neither_the_name_nor_the_consent(edge: Edge) -> None:
    async with watched(390, 844) as phone:
        await phone.goto(f"{edge.url}/join/{JOIN_CODE}")
        await phone.fill("[name=flat]", "我家")
        await phone.fill("[name=name]", "陈阿姨")
        await phone.check("[name=consent]")
        await phone.click("form .button.primary")
        await expect(phone.locator(".notice.alarm")).to_be_visible()
        await expect(phone.locator("[name=name]")).to_have_value("陈阿姨")
        await expect(phone.locator("[name=consent]")).to_be_checked()


async def test_a_resident_signs_out_from_a_shared_phone(edge: Edge) -> None:
    async with watched(390, 844) as phone:
        await join(phone, edge, "褚阿姨", "2单元802")
        await phone.click(".top .icon-button >> nth=0")
        await expect(phone.locator(".mine")).to_contain_text("褚阿姨")
        await phone.click(".mine form .button")
        await expect(phone.locator("h1")).to_have_text("请先登录")
        await phone.goto(f"{edge.url}/app/groups/{GROUP}")
        await expect(phone.locator("h1")).to_have_text("请先登录")


async def test_only_those_entitled_see_the_flat_of_who_asks(edge: Edge) -> None:
    async with watched(390, 844) as phone, watched(390, 844) as desk:
        await join(phone, edge, "卫大爷", "2单元902")
        await phone.fill("textarea", "请问楼道的灯坏了谁来修？")
        await phone.click(".composer .button.primary")
        card = phone.locator(".message.own [data-question]")
        await expect(card).to_be_visible()
        question_id = await card.get_attribute("data-question")
        await desk.goto(edge.link(HEAD, "building_head", "resident"))
        await desk.goto(f"{edge.url}/console/questions/{question_id}")
        await expect(desk.locator(".facts")).to_contain_text("卫大爷 · 2-902")
        await expect(desk.locator(".rail form[action='/signout']").first).to_be_visible()
        await phone.goto(f"{edge.url}/app/questions/{question_id}")
        assert "2-902" not in await phone.content()
