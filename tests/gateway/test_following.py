"""Following a group: everybody hears of a message, comes back to where they were, and stops when they have left."""

import asyncio
import json
import uuid
from dataclasses import replace

import aiohttp
import pytest
from louyu.messaging.v1 import messaging_service_pb2 as messaging
from louyu_gateway import hints
from louyu_gateway.live import Hints, follow
from louyu_gateway.main import make_gateway
from louyu_gateway.settings import GatewaySettings
from louyu_runtime.channels_file import Channels
from louyu_runtime.settings import load_settings

from tests.embedded.waiting import until
from tests.gateway.conftest import COMMUNITY_ID, GROUP, HEAD, JOIN_CODE, OTHER_GROUP, SECRETARY, Edge

pytestmark = pytest.mark.asyncio(loop_scope="session")
GROUP_PATH = "/app/groups/{}/live?after_seq={}"


async def post(edge: Edge, http: aiohttp.ClientSession, group: str) -> int:
    """Post as the secretary; returns the position."""
    headers = edge.bearer(SECRETARY, "secretary", group=group) | {"Idempotency-Key": uuid.uuid4().hex}
    async with http.post(f"/api/v1/groups/{group}/messages", headers=headers, json={"text": "下午好"}) as answer:
        assert answer.status == 201, await answer.text()
        return int((await answer.json())["seq"])


async def told_position(answer: aiohttp.ClientResponse, seq: int) -> None:
    """Return when a stream has told of this position or a later one."""
    async with asyncio.timeout(15):
        async for line in answer.content:
            if line.startswith(b"data:") and json.loads(line[5:]).get("last_seq", 0) >= seq:
                return
    raise AssertionError("the stream ended")


async def test_all_who_follow_a_group_hear_of_a_message_and_come_back_by_position(
    edge: Edge, http: aiohttp.ClientSession
) -> None:
    headers = edge.bearer(SECRETARY, "secretary", group=OTHER_GROUP)
    before = await post(edge, http, OTHER_GROUP)
    path = GROUP_PATH.format(OTHER_GROUP, before)
    async with http.get(path, headers=headers) as first, http.get(path, headers=headers) as second:
        seq = await post(edge, http, OTHER_GROUP)
        await asyncio.gather(told_position(first, seq), told_position(second, seq))
        async with http.get(path, headers=headers) as back:
            await told_position(back, seq)


async def test_a_group_is_not_followed_by_strangers(edge: Edge, http: aiohttp.ClientSession) -> None:
    headers = edge.bearer(HEAD, "building_head")
    async with http.get(GROUP_PATH.format(OTHER_GROUP, 0), headers=headers) as answer:
        assert answer.status == 404


async def test_somebody_who_has_left_stops_following(
    edge: Edge, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    await post(edge, http, GROUP)
    monkeypatch.setattr(hints, "JUDGED_SECONDS", 0.05)
    names = {f"LOUYU_{field.upper()}{form}" for field in GatewaySettings.model_fields for form in ("", "_FILE")}
    known = {name: value for name, value in edge.louyu.settings.items() if name in names}
    gateway = make_gateway(load_settings(GatewaySettings, known), Channels())
    try:
        ask = gateway.services.calls(None)
        opened = await ask.messaging(messaging.ResolveJoinCodeRequest(join_code=JOIN_CODE))
        joined = await ask.messaging(
            messaging.JoinGroupRequest(
                join_code=JOIN_CODE,
                name="过客",
                flat="1-101",
                consent_version=opened.consent_version,
                idempotency_key=uuid.uuid4().hex,
            )
        )
        person = replace(edge.principal(HEAD, "resident"), id=joined.person.id, name="过客")
        heard = Hints()
        source = hints.conversation_of(gateway, person, COMMUNITY_ID, GROUP, 0, 0)
        following = asyncio.create_task(follow(source, heard.tell))
        await until(heard.changed.is_set)
        assert not following.done()
        await gateway.services.calls(person).messaging(
            messaging.LeaveGroupRequest(community_id=COMMUNITY_ID, group_id=GROUP, idempotency_key=uuid.uuid4().hex)
        )
        gateway.people.forget(person)
        await asyncio.wait_for(following, 15)
    finally:
        await gateway.services.close()
        await gateway.sessions.close()
