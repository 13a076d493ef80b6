"""The account on a whole installation: what is answered, told once, and asked; the follow code; leaving by the page."""

import re

import aiohttp
import pytest
from louyu.notify.v1 import notify_service_pb2 as notify

from tests.embedded.waiting import until
from tests.gateway.conftest import COMMUNITY_ID, GROUP, HEAD, JOIN_CODE, Edge
from tests.gateway.test_sign_in import form_secret, member_by_wechat

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]
PAGE = {"Accept": "text/html"}
WECHAT = PAGE | {"User-Agent": "Mozilla/5.0 (Linux; Android 13) MicroMessenger/8.0.44"}


async def say(edge: Edge, openid: str, text: str) -> str:
    return (await edge.account.say(openid, text)).reply or ""


async def in_group(edge: Edge, words: str) -> list[str]:
    """Return the group's messages that hold these words."""
    headers = edge.bearer(HEAD, "building_head")
    async with (
        aiohttp.ClientSession(edge.url, headers=headers) as session,
        session.get(f"/api/v1/groups/{GROUP}/messages?after_seq=0&limit=500") as answer,
    ):
        return [message["text"] for message in (await answer.json())["messages"] if words in message["text"]]


async def test_an_emergency_is_answered_by_its_kind_and_once(edge: Edge) -> None:
    await member_by_wechat(edge, "oGas", "3单元801")
    reply = await say(edge, "oGas", "三单元楼道里有股煤气味，很呛")
    assert reply.startswith("【紧急】先别碰任何开关")
    assert "已发到28号楼，记为 #" in reply

    async def neighbours_know() -> bool:
        return bool(await in_group(edge, "同楼的邻居请先别用明火"))

    await until(neighbours_know, within_seconds=40)
    assert not await in_group(edge, "先别碰任何开关")
    # What waits for longer than a reply takes is due now, before the word that somebody has taken it on.
    await edge.louyu.clock.move(seconds=4)
    number = re.search(r"记为 #(\d+)", reply)
    assert number is not None
    headers = edge.bearer(HEAD, "building_head") | {"Idempotency-Key": "gas-taken"}
    async with aiohttp.ClientSession(edge.url, headers=headers) as session:
        async with session.get(f"/api/v1/questions/{number[1]}") as answer:
            question_id = (await answer.json())["id"]
        async with session.post(f"/api/v1/questions/{question_id}/acknowledge", json={"text": "马上到"}) as answer:
            assert answer.status == 200

    def told(words: str) -> list[str]:
        return [text for text in map(str, edge.account.person("oGas").received) if words in text]

    await until(lambda: bool(told("已经接手")), within_seconds=30)
    assert told("先别碰") == []


async def test_danger_of_a_stranger_is_answered_by_its_kind(edge: Edge) -> None:
    edge.account.person("oNobody").follows = True
    reply = await say(edge, "oNobody", "3单元电梯又停了，困着人呢")
    assert reply.startswith("被困的人请留在轿厢里")
    assert "这里还没有人收到您的话" in reply
    assert "扫描楼门口的二维码" in reply


async def test_words_for_the_account(edge: Edge) -> None:
    await member_by_wechat(edge, "oWords", "3单元802")
    assert "回复“我的”" in await say(edge, "oWords", "帮助")
    assert "没有在等的" in await say(edge, "oWords", "我的")
    asked = await say(edge, "oWords", "迁户口去哪个派出所办啊？")
    number = re.search(r"#(\d+)", asked)
    assert number is not None
    mine = await say(edge, "oWords", "我的")
    assert f"#{number[1]} 迁户口去哪个派出所办啊？ —— 邻居先答" in mine
    assert "登记的是 3-802" in await say(edge, "oWords", "3单元803")
    assert "什么都没有改" in await say(edge, "oWords", "不改")
    assert "只在28号楼" in await say(edge, "oWords", "切换")
    assert "确认退出" in await say(edge, "oWords", "退出")
    assert await say(edge, "oWords", "确认退出") == "您已退出28号楼。再想加入，扫楼门口的二维码就行。"
    assert "我们还不认识您" in await say(edge, "oWords", "我的")
    assert await in_group(edge, "确认退出") == []


async def test_the_page_of_a_building_shows_the_accounts_code(edge: Edge, http: aiohttp.ClientSession) -> None:
    async with http.get(f"/join/{JOIN_CODE}", headers=WECHAT) as page:
        text = await page.text()
    picture = f"/join/{JOIN_CODE}/follow/district.png"
    assert picture in text
    assert text.index("长按二维码") < text.index('name="flat"')
    async with http.get(picture) as answer:
        assert (answer.status, answer.content_type) == (200, "image/png")
        assert (await answer.read()).startswith(b"\x89PNG")
    assert JOIN_CODE in edge.account.scenes.values()
    made = edge.platform.calls.count("qrcode")
    async with http.get(f"/join/{JOIN_CODE}") as page:
        text = await page.text()
    assert text.index('name="flat"') < text.index(picture)
    assert edge.platform.calls.count("qrcode") == made
    for nowhere in (f"/join/{JOIN_CODE}/follow/nobody.png", "/join/NOSUCHCODE/follow/district.png"):
        async with http.get(nowhere) as answer:
            assert answer.status == 404
    assert edge.platform.calls.count("qrcode") == made


async def test_the_poster_shows_the_accounts_code_before_the_page(edge: Edge, http: aiohttp.ClientSession) -> None:
    async with http.get(edge.link(HEAD, "building_head", "resident")):
        pass
    async with http.get(f"/console/groups/{GROUP}/poster") as page:
        text = await page.text()
    assert text.count('aria-label="QR"') == 2
    assert text.index("微信扫码关注") < text.index("不用公众号")


async def joined(http: aiohttp.ClientSession, flat: str, name: str) -> None:
    async with http.get(f"/join/{JOIN_CODE}") as page:
        text = await page.text()
    version = re.search(r'name="consent_version" value="([^"]+)"', text)
    assert version is not None
    fields = {
        "csrf": form_secret(text),
        "flat": flat,
        "name": name,
        "consent": "yes",
        "key": f"join-{name}",
        "consent_version": version[1],
    }
    async with http.post(f"/join/{JOIN_CODE}", data=fields) as answer:
        assert answer.status == 200
        assert f"/app/groups/{GROUP}" in await answer.text()


async def test_who_joined_on_the_page_is_the_same_on_the_account(edge: Edge, http: aiohttp.ClientSession) -> None:
    await joined(http, "3单元902", "连接女士")
    await member_by_wechat(edge, "oLinks", "3单元902")
    asked = await say(edge, "oLinks", "残疾证在哪里办？")
    number = re.search(r"#(\d+)", asked)
    assert number is not None
    async with http.get("/app/?list") as page:
        assert 'href="/app/link"' in await page.text()
    async with http.get("/app/link") as page:
        text = await page.text()
    async with http.post("/app/link", data={"csrf": form_secret(text)}) as made:
        assert made.headers["Cache-Control"] == "no-store"
        words = re.search(r"绑定 \w{4} \w{4}", await made.text())
    assert words is not None

    edge.platform.browser_openid = "oLinks"
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(edge.url, cookie_jar=jar) as in_wechat:
        async with in_wechat.get("/app/oauth/district?next=/app/?list", headers=PAGE) as page:
            assert "连接女士" not in await page.text()
        assert "已连接：您就是页面上的连接女士，3-902" in await say(edge, "oLinks", words[0])
        await say(edge, "oLinks", "我是连接以后说的")

        async def is_the_same() -> bool:  # roles and names are asked for anew after ten seconds
            async with in_wechat.get("/app/?list") as page:
                return "连接女士" in await page.text()

        await until(is_the_same, within_seconds=20)
    assert f"#{number[1]} 残疾证在哪里办？" in await say(edge, "oLinks", "我的")
    async with http.get(f"/app/groups/{GROUP}") as page:
        said = (await page.text()).split("我是连接以后说的")[0]
    assert "连接女士" in said[said.rindex("<li") :]
    assert "过期、用过了" in await say(edge, "oLinks", words[0])
    assert await in_group(edge, "绑定") == []


async def test_leaving_by_the_page_ends_membership_and_session(edge: Edge, http: aiohttp.ClientSession) -> None:
    await joined(http, "3单元901", "周晓雨")
    async with http.get(f"/join/{JOIN_CODE}") as again:
        assert "周晓雨，您已经是28号楼的成员" in await again.text()
    async with http.get(f"/app/groups/{GROUP}/leave") as page:
        text = await page.text()
    key = re.search(r'name="key" value="([^"]+)"', text)
    assert key is not None
    async with http.post(f"/app/groups/{GROUP}/leave", data={"key": key[1]}) as foreign:
        assert foreign.status == 403
    async with http.post(f"/app/groups/{GROUP}/leave", data={"csrf": form_secret(text), "key": key[1]}) as left:
        assert left.status == 200
        assert "您已退出28号楼" in await left.text()
    async with http.get(f"/app/groups/{GROUP}", headers=PAGE, allow_redirects=False) as gone:
        assert gone.status == 303


async def test_a_role_holder_is_told_whom_to_hand_over_to(edge: Edge, http: aiohttp.ClientSession) -> None:
    async with http.get(edge.link(HEAD, "building_head", "resident")):
        pass
    async with http.get(f"/app/groups/{GROUP}/leave") as page:
        secret = form_secret(await page.text())
    async with http.post(f"/app/groups/{GROUP}/leave", data={"csrf": secret, "key": "head-leaves"}) as answer:
        assert answer.status == 422
        assert "办好交接" in await answer.text()


async def test_neighbours_read_residents_names_masked(edge: Edge, http: aiohttp.ClientSession) -> None:
    await joined(http, "3单元902", "吴小雪")
    async with aiohttp.ClientSession(edge.url, cookie_jar=aiohttp.CookieJar(unsafe=True)) as other:
        await joined(other, "3单元903", "冯大勇")
        async with other.get(f"/app/groups/{GROUP}") as page:
            secret = form_secret(await page.text())
        words = {"csrf": secret, "text": "吴小雪家的空调外机太吵了，谁能管管？", "key": "noise"}
        async with other.post(f"/app/groups/{GROUP}/messages", data=words) as posted:
            assert posted.status == 200

    async def masked() -> bool:
        async with aiohttp.ClientSession(edge.url, cookie_jar=aiohttp.CookieJar(unsafe=True)) as third:
            await joined(third, "3单元904", "第三人")
            async with third.get(f"/app/groups/{GROUP}/questions") as page:
                text = await page.text()
        return "吴**家的空调外机" in text and "吴小雪家" not in text

    await until(masked, within_seconds=40)


async def test_only_the_gateway_records_replies(edge: Edge) -> None:
    request = notify.RecordReplyRequest(community_id=COMMUNITY_ID, question_id=GROUP, person_id=GROUP)
    async with edge.louyu.services() as services:
        with pytest.raises(Exception, match="PERMISSION_DENIED"):
            await services.notify.call("RecordReply", request)
