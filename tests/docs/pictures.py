"""Takes the pictures of README and pages from a running installation: `python -m tests.docs.pictures` writes docs/pictures/."""

import asyncio
from pathlib import Path

from google.protobuf import duration_pb2
from louyu.messaging.v1 import message_pb2, messaging_service_pb2
from louyu.routing.v1 import routing_service_pb2
from louyu_runtime import ids
from playwright.async_api import async_playwright

from tests.platform.browser import ARGUMENTS, browser_path
from tests.platform.installation import Installation, installation

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
COMMUNITY_ID = ids.community_id("guangximen-beili-bei")
GROUP = ids.named_id(COMMUNITY_ID, "group", "28")
TALK = (
    (12, "请问今年几号供暖？家里老人怕冷"),
    (25, "降温了，大家多穿点"),
    (31, "三单元楼道灯不亮了，晚上老人出门看不清台阶"),
    (8, "迁户口该去哪个派出所办，要带什么材料"),
    (40, "二单元电梯又停了，这个月第三回了"),
)


async def talk(louyu: Installation) -> None:
    """Let neighbours talk, the secretary answer, and property take something on."""
    async with louyu.services() as services:
        members = (
            await services.messaging.call(
                "ListMembers",
                messaging_service_pb2.ListMembersRequest(community_id=COMMUNITY_ID, group_id=GROUP, page_size=200),
            )
        ).members
        person = {member.name: member.person_id for member in members}
        residents = [member.person_id for member in members if list(member.roles) == ["resident"]]

        async def say(sender: str, text: str, key: str, reply_to: int = 0) -> int:
            answer = await services.messaging.call(
                "PostMessageBatch",
                messaging_service_pb2.PostMessageBatchRequest(
                    community_id=COMMUNITY_ID,
                    messages=[
                        messaging_service_pb2.GroupMessage(
                            group_id=GROUP,
                            message=message_pb2.NewMessage(
                                text=text, sender_id=sender, idempotency_key=key, reply_to_seq=reply_to
                            ),
                        )
                    ],
                ),
            )
            seq = int(answer.results[0].seq)
            await services.routing.call(
                "GetMessageOutcome",
                routing_service_pb2.GetMessageOutcomeRequest(
                    community_id=COMMUNITY_ID, group_id=GROUP, seq=seq, wait=duration_pb2.Duration(seconds=1)
                ),
            )
            return seq

        seqs = [await say(residents[number], text, f"talk-{number}") for number, text in TALK]
        await say(person["周书记"], "今年11月15日正式供暖，10日起试水打压，请家里留人。", "answer-1", seqs[0])
        await say(person["物业赵师傅"], "马上去换灯", "ack-1", seqs[2])
        await say(residents[3], "香河园派出所，带户口本和房产证，周六上午也开门", "answer-2", seqs[3])
    await asyncio.sleep(3)  # until the last notice stands in the group and on the screen


def link(louyu: Installation, word: str) -> str:
    """Return the address that `louyu up` printed behind a word."""
    return next(line for line in louyu.output if word in line).split()[-1]


async def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    async with installation(port=8080) as louyu, async_playwright() as playwright:
        await louyu.clock.set_local_time("2026-11-05 18:12")
        await talk(louyu)
        browser = await playwright.chromium.launch(executable_path=browser_path(), args=list(ARGUMENTS))
        for name, who, path, width, height in (
            ("group", "(resident)", f"/app/groups/{GROUP}", 390, 844),
            ("console", "(secretary)", "/console/", 1280, 800),
            ("question", "(secretary)", "", 1280, 800),
            ("screen", "", link(louyu, "/display/"), 1080, 1920),
            ("coverage", "(building head)", f"/console/groups/{GROUP}/coverage", 390, 844),
        ):
            context = await browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN")
            page = await context.new_page()
            if who:
                await page.goto(link(louyu, who))
            if name == "question":
                await page.goto(f"{louyu.url}/console/")
                await page.locator("a[href*='/console/questions/']").first.click()
            else:
                await page.goto(path if path.startswith("http") else louyu.url + path)
            await page.wait_for_timeout(1500)
            await page.screenshot(path=FOLDER / f"{name}.png")
            await context.close()
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
