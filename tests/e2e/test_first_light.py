"""A question goes all the way: from a WeChat callback through the roles to the lobby screen, on real parts."""

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from louyu.messaging.v1 import messaging_service_pb2
from louyu_runtime import ids

from tests.embedded.waiting import until
from tests.fakes.wechat_account import Account
from tests.fakes.wechat_platform import WeChatPlatform
from tests.fakes.wechat_push import CallbackConfig
from tests.platform.browser import browser_page
from tests.platform.installation import Installation, installation
from tests.platform.tracing import Collector, collecting

COMMUNITY = "guangximen-beili-bei"
COMMUNITY_ID = ids.community_id(COMMUNITY)
GROUP_28 = ids.named_id(COMMUNITY_ID, "group", "28")
ASKER = "oAskerOfBuilding28"
KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"


@dataclass(frozen=True)
class Light:
    """The installation, the platform of WeChat, and the collector of traces."""

    louyu: Installation
    account: Account
    collector: Collector


@pytest.fixture
async def light(tmp_path: Path) -> AsyncIterator[Light]:
    from louyu_runtime.embedded.ports import free_port

    port = free_port()
    async with WeChatPlatform(time.time) as platform, collecting() as collector:
        config = CallbackConfig("wx28", "token28", KEY, "safe", f"http://127.0.0.1:{port}/wechat/district")
        account = platform.add_account(config, "secret28")
        channels = tmp_path / "channels.yaml"
        channels.write_text(
            "accounts:\n"
            "  - kind: wechat_official_account\n    name: district\n    app_id: wx28\n    app_secret: secret28\n"
            f"    token: token28\n    encoding_aes_key: {KEY}\n    api_base: {platform.base_url}\n"
        )
        env = {"LOUYU_CHANNELS_FILE": str(channels), "LOUYU_OTEL_ENDPOINT": collector.endpoint}
        async with installation(port=port, env=env) as louyu:
            await louyu.clock.set_local_time("2026-01-15 18:00")
            yield Light(louyu, account, collector)


async def questions(louyu: Installation, token: str) -> list[dict[str, object]]:
    found = await louyu.get(f"/api/v1/questions?community={COMMUNITY}", token)
    return list(found["questions"])


async def texts(louyu: Installation, token: str) -> list[str]:
    found = await louyu.get(f"/api/v1/groups/{GROUP_28}/messages?after_seq=0&community={COMMUNITY}", token)
    return [message["text"] for message in found["messages"]]


@pytest.mark.timeout(240)
async def test_a_question_about_heating_goes_from_wechat_to_the_lobby_screen(light: Light) -> None:
    louyu, account = light.louyu, light.account
    secretary = await louyu.token("secretary", "shuji", COMMUNITY)

    # Following by the building's QR code asks for the flat; naming it makes a member.
    async with louyu.services() as services:
        group = await services.messaging.call(
            "GetGroup", messaging_service_pb2.GetGroupRequest(community_id=COMMUNITY_ID, group_id=GROUP_28)
        )
    followed = await account.follow(ASKER, scene=group.group.join_code)
    assert followed.is_received
    assert "28号楼" in (followed.reply or "")
    early = await account.say(ASKER, "着火了！快来人")
    assert "119" in (early.reply or ""), "danger comes before any form"
    joined = await account.say(ASKER, "2单元501")
    assert "2-501" in (joined.reply or "")

    # The question: answered while WeChat waits, with its number, and once however often it is delivered.
    began = time.monotonic()
    asked = await account.say(ASKER, "今年暖气什么时候来？家里老人冷得受不了")
    assert time.monotonic() - began < 5.0
    assert "#1" in (asked.reply or ""), asked.reply
    again = await account.deliver_again(asked)
    assert again.reply == asked.reply
    heard = await texts(louyu, secretary)
    assert heard.count("今年暖气什么时候来？家里老人冷得受不了") == 1

    # The clock runs through the roles.
    [question] = await questions(louyu, secretary)
    assert question["number"] == 1
    path = f"/api/v1/questions/{question['id']}?community={COMMUNITY}"

    async def who() -> str:
        return str((await louyu.get(path, secretary))["next_step"]["who"])

    assert await who() == "neighbours"
    for role, wait in (
        ("building_head", timedelta(minutes=5)),
        ("liaison", timedelta(minutes=30)),
        ("secretary", timedelta(hours=2)),
    ):
        await louyu.clock.move(seconds=wait.total_seconds() + 1)

        async def is_asked(role: str = role) -> bool:
            return await who() == role

        await until(is_asked)

    async def is_called_by_name() -> bool:
        return any("书记" in text for text in await texts(louyu, secretary))

    await until(is_called_by_name)

    # The secretary answers; the group reads it and the asker is told.
    before = len(account.person(ASKER).received)
    await louyu.post(
        f"/api/v1/questions/{question['id']}/answer?community={COMMUNITY}",
        secretary,
        {"text": "热力公司通知，今晚八点前恢复供暖。"},
        "answer-1",
    )
    told = await account.person(ASKER).wait_for(before + 1)
    assert any("今晚八点前恢复供暖" in str(message) for message in told)

    async def is_in_group() -> bool:
        return any("今晚八点前恢复供暖" in text for text in await texts(louyu, secretary))

    await until(is_in_group)
    assert (await louyu.get(path, secretary))["state"] == "answered"

    # One trace from the callback to the lobby screen.
    async def is_traced() -> bool:
        spans = light.collector.trace_of("routing MessagePosted")
        services = {span.service for span in spans}
        names = {span.name for span in spans}
        everywhere = {"louyu-gateway", "louyu-messaging", "louyu-routing", "louyu-notify"} <= services
        return everywhere and {"notify StepStarted", "notify QuestionAnswered"} <= names

    await until(is_traced)

    # The lobby screen shows the answer.
    screen = next(line for line in louyu.output if "/display/" in line).split()[-1]
    async with browser_page(width=1080, height=1920) as page:
        await page.goto(screen)
        await page.get_by_text("今晚八点前恢复供暖").first.wait_for(timeout=15_000)

    logs = louyu.logs()
    assert ASKER not in logs
    assert "暖气什么时候来" not in logs
