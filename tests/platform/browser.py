"""A real browser for tests: Debian's Chromium, driven by Playwright. Tests skip, saying why, where there is none."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Page, async_playwright

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# No sandbox, since tests may run as root; nothing that calls home.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def browser_path() -> str:
    """Return the browser's path; skips the test when there is none."""
    for name in BROWSERS:
        path = shutil.which(name)
        if path:
            return path
    pytest.skip("needs a Chromium browser, for example `apt-get install chromium`")


@asynccontextmanager
async def browser_page(*, width: int, height: int, locale: str = "zh-CN") -> AsyncIterator[Page]:
    """A page of the given size, in Chinese unless told otherwise."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=browser_path(), args=list(ARGUMENTS))
        context = await browser.new_context(viewport={"width": width, "height": height}, locale=locale)
        yield await context.new_page()
        await browser.close()
