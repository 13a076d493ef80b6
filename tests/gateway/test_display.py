"""The lobby screen in a real browser: it shows what is new, an emergency before all else, and never nothing."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from louyu.notify.v1 import notify_service_pb2 as notify
from louyu.notify.v1 import screen_pb2
from playwright.async_api import Page, expect

from tests.embedded.waiting import until
from tests.gateway.conftest import COMMUNITY_ID, OTHER_GROUP, SECRETARY, Edge
from tests.platform.browser import browser_page

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.browser, pytest.mark.timeout(180)]


async def screen_of(edge: Edge) -> screen_pb2.Screen:
    """The screen of building 32, which no other test writes to."""
    async with edge.louyu.services() as services:
        found: notify.ListScreensResponse = await services.notify.call(
            "ListScreens", notify.ListScreensRequest(community_id=COMMUNITY_ID)
        )
    return next(screen for screen in found.screens if screen.group_id == OTHER_GROUP)


@pytest_asyncio.fixture(loop_scope="session")
async def screen(edge: Edge) -> AsyncIterator[Page]:
    """The screen's page, as large as a lobby screen."""
    code = (await screen_of(edge)).code
    async with browser_page(width=1080, height=1920) as page:
        await page.goto(f"{edge.url}/display/{code}")
        yield page


async def announce(edge: Edge, title: str, text: str, urgency: str = "ordinary") -> None:
    token = edge.bearer(SECRETARY, "secretary")["Authorization"].removeprefix("Bearer ")
    body = {"title": title, "text": text, "groups": [OTHER_GROUP], "urgency": urgency, "source": "社区居委会"}
    await edge.louyu.post("/api/v1/announcements", token, body, f"screen-{title}")


async def test_a_new_announcement_appears_and_survives_loss_of_network_and_power(edge: Edge, screen: Page) -> None:
    await expect(screen.locator(".headline")).not_to_be_empty()
    await announce(edge, "明天停水", "明天上午九点到十二点停水。")
    await expect(screen.locator(".headline")).to_have_text("明天停水", timeout=15_000)
    await screen.evaluate("navigator.serviceWorker.ready.then(() => new Promise((done) => setTimeout(done, 500)))")
    await screen.context.set_offline(True)
    await screen.reload()
    await expect(screen.locator(".headline")).to_have_text("明天停水")
    await expect(screen.locator("[data-updated]")).to_contain_text("更新于")


async def test_text_is_large_enough_for_three_metres(edge: Edge, screen: Page) -> None:
    def size(selector: str) -> str:
        return f"parseFloat(getComputedStyle(document.querySelector('{selector}')).fontSize)"

    await announce(edge, "电梯年检", "电梯明天下午年检，停用两小时，请走楼梯。")
    await expect(screen.locator(".headline")).to_have_text("电梯年检", timeout=30_000)
    assert await screen.evaluate(size(".headline")) >= 100
    assert await screen.evaluate(size(".words p")) >= 60
    for selector in (".source", ".community", ".date", ".updated"):
        assert await screen.evaluate(size(selector)) >= 36, selector
    box = "document.querySelector('[data-slide]')"
    assert await screen.evaluate(f"{box}.scrollHeight <= {box}.clientHeight")


async def test_an_emergency_comes_before_all_else(edge: Edge, screen: Page) -> None:
    await announce(edge, "请立即下楼", "三单元燃气泄漏。不要开灯，走楼梯。火警119。", "emergency")
    await expect(screen.locator(".screen")).to_have_attribute("data-kind", "emergency", timeout=15_000)
    await expect(screen.locator(".headline")).to_have_text("请立即下楼")
    await expect(screen.locator(".label")).to_contain_text("紧急")
    size = await screen.evaluate("parseFloat(getComputedStyle(document.querySelector('.headline')).fontSize)")
    assert size >= 140


async def test_what_was_shown_is_proved(edge: Edge, screen: Page) -> None:
    await expect(screen.locator(".headline")).not_to_be_empty()
    # Leaving the page ends what is on; the proof is kept on the box and sent when the page is there again.
    await screen.wait_for_timeout(300)
    await screen.reload()

    async def is_seen() -> bool:
        return (await screen_of(edge)).HasField("last_seen_at")

    await until(is_seen, within_seconds=70)


async def test_a_screen_that_is_none_is_not_found(edge: Edge) -> None:
    async with browser_page(width=1080, height=1920) as page:
        answer = await page.goto(f"{edge.url}/display/nosuchscreen")
        assert answer is not None
        assert answer.status == 404
