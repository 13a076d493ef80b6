"""The image on a container engine, as the chart runs it: from an empty database to an answered question.

The roles run with what the chart gives their pods: settings, secrets as files, user, read-only root, mutual TLS.
"""

from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest

from tests.deploy.chart import ROLES
from tests.deploy.installation import Installation, installed
from tests.embedded.waiting import until

pytestmark = [pytest.mark.containers, pytest.mark.timeout(900)]

ANSWER = "循环泵坏了，供热站换了新泵，暖气恢复了。"

COMMUNITY = """
community: yangli
name: 样例社区
buildings:
  - {key: "1", name: 1号楼, flats: ["101", "102"]}
groups:
  - {key: "1", buildings: ["1"]}
people:
  - {key: louzhang, name: 李楼长, building: "1", flat: "101", roles: [{role: building_head, groups: ["1"]}]}
  - {key: zhuhu, name: 王住户, building: "1", flat: "102"}
"""


@pytest.fixture(scope="module")
def installation(image: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """The four roles on a migrated database."""
    with installed(image, tmp_path_factory.mktemp("installation")) as running:
        yield running


class Api:
    """/api/v1 as one person sees it."""

    def __init__(self, session: aiohttp.ClientSession, address: str, token: str) -> None:
        self._session = session
        self._address = f"{address}/api/v1"
        self._headers = {"Authorization": f"Bearer {token}"}

    async def get(self, path: str) -> Any:
        async with self._session.get(f"{self._address}{path}", headers=self._headers) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def post(self, path: str, body: dict[str, Any]) -> Any:
        async with self._session.post(f"{self._address}{path}", headers=self._headers, json=body) as answer:
            assert answer.status == 201, await answer.text()
            return await answer.json()


def in_gateway(installation: Installation, command: str) -> str:
    """Run a command in the gateway's container, as operators do with `kubectl exec`, and return what it printed."""
    done = installation.roles["gateway"].exec(["sh", "-c", command])
    assert done.exit_code == 0, done.output.decode()
    return done.output.decode().strip()


async def test_question_posted_over_the_api_is_answered(installation: Installation) -> None:
    in_gateway(installation, f"louyu import /dev/stdin <<'END'\n{COMMUNITY}\nEND")
    token = "louyu token --community yangli"
    async with aiohttp.ClientSession() as session:
        resident = Api(
            session, installation.address(), in_gateway(installation, f"{token} --role resident --person zhuhu")
        )
        head = Api(
            session, installation.address(), in_gateway(installation, f"{token} --role building_head --person louzhang")
        )
        [group] = (await resident.get("/groups?community=yangli"))["groups"]
        messages = f"/groups/{group['id']}/messages"
        asked = await resident.post(messages, {"text": "家里暖气两天不热了，谁能来看看？"})

        async def question() -> Any:
            [found] = [message for message in (await head.get(messages))["messages"] if message["seq"] == asked["seq"]]
            return found["question"]

        async def is_open() -> bool:
            return await question() is not None

        async def is_answered() -> bool:
            return (await question())["state"] in {"answered", "resolved"}

        await until(is_open, 30)
        await head.post(messages, {"text": ANSWER, "reply_to": asked["seq"]})
        await until(is_answered, 30)
        found = await head.get(f"/questions/{(await question())['id']}?community=yangli")
    assert found["answer"] == ANSWER
    assert found["answered_by"] == "李楼长"


def test_doctor_finds_the_installation_of_the_page_in_order(installation: Installation) -> None:
    assert "wrong" not in installation.run("louyu-doctor")


def test_migration_can_be_repeated(installation: Installation) -> None:
    assert "unchanged" in installation.run("louyu-migrate")


@pytest.mark.parametrize("role", ROLES)
def test_role_is_an_unprivileged_process_one_that_stops_in_time(installation: Installation, role: str) -> None:
    container = installation.roles[role]
    status = container.exec(["cat", "/proc/1/status"]).output.decode()
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert fields["Name"].strip() == "louyu"
    assert fields["Uid"].split() == ["10001"] * 4
    assert fields["CapEff"].strip() == "0000000000000000"
    assert fields["NoNewPrivs"].strip() == "1"
    assert container.exec(["touch", "/opt/louyu/x"]).exit_code != 0
    process = container.get_wrapped_container()
    process.stop(timeout=25)
    assert process.wait()["StatusCode"] == 0
    process.start()
