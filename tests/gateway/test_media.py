"""Photos and recordings at the edge: uploaded by a program or a page, shown to the group, and to nobody else."""

import io
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from playwright.async_api import Page, expect

from tests.gateway.conftest import GROUP, HEAD, JOIN_CODE, OTHER_GROUP, Edge
from tests.gateway.test_pages import join, watched
from tests.messaging.media_files import photo, recording
from tests.messaging.waiting import until_given

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]
MEDIA = f"/api/v1/groups/{GROUP}/media"


async def upload(http: aiohttp.ClientSession, edge: Edge, file: bytes, **headers: str) -> dict[str, Any]:
    async with http.post(MEDIA, data=file, headers=edge.bearer(HEAD, "building_head") | headers) as answer:
        found: dict[str, Any] = await answer.json()
        assert answer.status == 201, found
        return found


async def post(http: aiohttp.ClientSession, edge: Edge, **message: Any) -> int:
    path = f"/api/v1/groups/{GROUP}/messages"
    async with http.post(path, json=message, headers=edge.bearer(HEAD, "building_head")) as answer:
        found = await answer.json()
        assert answer.status == 201, found
        return int(found["seq"])


async def test_a_photo_goes_in_and_out_as_a_program_sends_it(edge: Edge, http: aiohttp.ClientSession) -> None:
    made = await upload(http, edge, photo("PNG"))
    seq = await post(http, edge, text="拍得不错", media=[made["url"]])
    headers = edge.bearer(HEAD, "building_head")

    path = f"/api/v1/groups/{GROUP}/messages?after_seq={seq - 1}&limit=1"
    (message,) = (await (await http.get(path, headers=headers)).json())["messages"]
    assert (message["via"], message["media"]) == ("photo", [made["url"]])
    assert message["attachments"] == [made]
    async with http.get(made["url"], headers=headers) as answer:
        data = await answer.read()
        assert answer.status == 200
        assert len(data) == made["size_bytes"]
        assert answer.headers["Content-Type"] == "image/jpeg"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert answer.headers["Cache-Control"].startswith("private")
        assert answer.headers["Content-Disposition"].startswith('inline; filename="photo-')
        etag = answer.headers["ETag"]
    async with http.get(made["thumbnail"], headers=headers) as answer:
        assert answer.status == 200
        assert len(await answer.read()) < len(data)
    async with http.get(made["url"], headers=headers | {"If-None-Match": etag}) as answer:
        assert answer.status == 304
    for asked, status, expected in (
        ("bytes=0-99", 206, data[:100]),
        ("bytes=100-", 206, data[100:]),
        ("bytes=-5", 200, data),
        (f"bytes={len(data)}-", 416, b""),
        ("bytes=5-1", 200, data),
    ):
        async with http.get(made["url"], headers=headers | {"Range": asked}) as answer:
            assert (answer.status, await answer.read()) == (status, expected), asked


async def test_others_get_nothing_not_even_the_knowledge_that_it_is_there(
    edge: Edge, http: aiohttp.ClientSession
) -> None:
    made = await upload(http, edge, photo())
    await post(http, edge, text="看", media=[made["id"]])
    elsewhere = edge.bearer("louzhang-32", "building_head", group=OTHER_GROUP)

    for path in (made["url"], made["thumbnail"], made["url"].replace(GROUP, OTHER_GROUP)):
        async with http.get(path, headers=elsewhere) as answer:
            assert answer.status == 404
    async with http.get(made["url"]) as answer:
        assert answer.status == 401
    async with http.post(MEDIA, data=photo(), headers=elsewhere) as answer:
        assert answer.status == 404


@pytest.mark.parametrize(
    ("file", "status", "code"),
    [
        (b"<script>alert(1)</script>", 422, "MEDIA_UNKNOWN"),
        (photo()[:1500], 422, "MEDIA_BROKEN"),
        (b"", 422, "MEDIA_BROKEN"),
        (bytes(20 * 1024 * 1024 + 1), 413, ""),
    ],
)
async def test_what_is_no_photo_is_refused_naming_the_file(
    edge: Edge, http: aiohttp.ClientSession, file: bytes, status: int, code: str
) -> None:
    headers = edge.bearer(HEAD, "building_head")  # told before it sends, a client need not send what is refused
    async with http.post(MEDIA, data=io.BytesIO(file), headers=headers, expect100=True) as answer:
        found = await answer.json()

    assert answer.status == status, found
    if code:
        assert (found["code"], found["field"]) == (code, "file")


async def test_a_photo_sent_in_wechat_appears_in_the_group(edge: Edge, http: aiohttp.ClientSession) -> None:
    await edge.account.follow("openid-photo", scene=JOIN_CODE)
    await edge.account.say("openid-photo", "1单元1101")
    await edge.account.show("openid-photo", photo(width=633))
    headers = edge.bearer(HEAD, "building_head")

    async def ready() -> dict[str, Any]:
        path = f"/api/v1/groups/{GROUP}"
        last = (await (await http.get(path, headers=headers)).json())["last_seq"]
        page = await (await http.get(f"{path}/messages?after_seq={max(0, last - 20)}", headers=headers)).json()
        shown = [one for message in page["messages"] for one in message["attachments"]]
        return next((one for one in reversed(shown) if one["state"] == "ready" and one["width"] == 633), {})

    found = await until_given(ready, seconds=30)
    assert "media/get" in edge.platform.calls
    async with http.get(found["url"], headers=headers) as answer:
        data = await answer.read()
        assert answer.status == 200
        assert b"SecretCamera" not in data


async def choose(page: Page, tmp_path: Path, *files: bytes) -> None:
    paths = []
    for number, file in enumerate(files):
        path = tmp_path / f"photo-{number}"
        path.write_bytes(file)
        paths.append(path)
    await page.set_input_files("input[type=file]", [str(path) for path in paths])


@pytest.mark.browser
async def test_photos_are_chosen_taken_back_sent_and_enlarged(edge: Edge, tmp_path: Path) -> None:
    async with watched(390, 844) as phone, watched(1440, 900) as desk:
        await join(phone, edge, "照阿姨", "1单元1102")
        await desk.goto(edge.link(HEAD, "building_head", "resident"))
        await desk.goto(f"{edge.url}/app/groups/{GROUP}")

        await choose(phone, tmp_path, *(photo(width=600 + 10 * turn) for turn in range(4)), photo("HEIF"))
        await expect(phone.locator(".tile.done")).to_have_count(5)
        await phone.locator(".tile button").first.click()
        await expect(phone.locator(".tile")).to_have_count(4)
        await phone.fill("textarea", "楼下的花开了，给大家看看")
        await phone.click(".composer .button.primary")
        await expect(phone.locator(".tile")).to_have_count(0)

        said = desk.locator(".message", has_text="楼下的花开了，给大家看看").last
        await expect(said.locator("a[data-photo] img")).to_have_count(4)
        assert await said.locator("img").first.get_attribute("alt") == "照阿姨发的照片，第 1 张，共 4 张"
        await said.locator("a[data-photo]").nth(1).click()
        shown = desk.locator("dialog.viewer img")
        await expect(desk.locator("dialog.viewer:not(.loading)")).to_be_visible()
        assert await shown.evaluate("image => image.naturalWidth") == 620
        await desk.keyboard.press("ArrowRight")
        await expect(desk.locator(".viewer .count")).to_have_text("3 / 4")
        await desk.keyboard.press("Escape")
        await expect(desk.locator("dialog.viewer")).to_be_hidden()
        assert await phone.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.browser
async def test_a_file_that_is_no_photo_is_named_and_hinders_nothing_else(edge: Edge, tmp_path: Path) -> None:
    async with watched(390, 844) as phone:
        await join(phone, edge, "错阿姨", "1单元1103")
        await choose(phone, tmp_path, b"no photo at all")
        await expect(phone.locator(".composer .problem")).to_contain_text("不是照片")
        await phone.locator(".tile button").click()
        await phone.fill("textarea", "算了，没有照片")
        await phone.click(".composer .button.primary")
        await expect(phone.locator(".message.own", has_text="算了，没有照片")).to_have_count(1)


@pytest.mark.browser
async def test_a_recording_is_put_into_words_in_the_console_and_becomes_a_question(
    edge: Edge, http: aiohttp.ClientSession
) -> None:
    async with watched(390, 844) as phone, watched(1280, 900) as desk:
        await join(phone, edge, "语阿姨", "1单元1104")
        await desk.goto(edge.link(HEAD, "building_head", "resident"))
        made = await phone.evaluate(
            """async ([path, bytes]) => {
                const csrf = document.querySelector("[name=csrf]").value;
                const answer = await fetch(path, { method: "POST", body: new Uint8Array(bytes), headers: { "X-CSRF-Token": csrf } });
                return answer.json();
            }""",
            [MEDIA, list(recording("amr", 3.0))],
        )
        await phone.evaluate("id => { document.querySelector('[name=media]').value = id; }", made["id"])
        await phone.evaluate("document.querySelector('[data-composer]').submit()")
        await phone.wait_for_load_state()
        own = phone.locator(".message.own").last
        await expect(own.locator(".voice .length")).to_have_text("0:03")
        await own.locator(".voice .play").click()
        await expect(own.locator(".voice.playing")).to_have_count(1)
        await expect(own.locator(".voice.playing")).to_have_count(0, timeout=15_000)

        await desk.goto(f"{edge.url}/console/recordings")
        await expect(desk.locator(".recordings > li")).to_have_count(1)
        await desk.fill("textarea[name=words]", "单元门口的信箱掉下来了，请物业来修")
        await desk.click("button[value=words]")
        await expect(desk.locator(".empty")).to_be_visible()

        await expect(own.locator(".words")).to_have_text("单元门口的信箱掉下来了，请物业来修")
        await expect(own.locator("[data-question]")).to_be_visible()
