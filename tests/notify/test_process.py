"""Notify as a process: events of the streams come in, notices go out, and everything that it serves has a rule."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
from louyu.events.v1 import routing_events_pb2
from louyu.notify.v1 import notify_service_pb2, notify_service_pb2_grpc, screen_pb2
from louyu_notify.main import run
from louyu_notify.permissions import PERMISSIONS
from louyu_notify.settings import NotifySettings
from louyu_runtime.database import Database, append_event
from louyu_runtime.embedded.ports import free_port
from louyu_runtime.errors import RemoteError
from louyu_runtime.events.relay import Relay
from louyu_runtime.identity import Principal, TokenSigner, service_principal
from louyu_runtime.permissions import missing_rules
from louyu_runtime.rpc.client import Client
from pydantic import SecretStr
from redis.asyncio import Redis

from tests.embedded.waiting import until
from tests.fakes.wechat_account import Account
from tests.fakes.wechat_platform import WeChatPlatform
from tests.notify import wechat
from tests.notify.messaging import Messaging, serving
from tests.notify.place import COMMUNITY, GROUP_28, facts, person
from tests.platform.fixtures import Clock, Databases

NotifyClient = Client[notify_service_pb2_grpc.NotifyServiceStub]


def test_every_method_has_a_rule() -> None:
    service = notify_service_pb2.DESCRIPTOR.services_by_name["NotifyService"]
    methods = [method.name for method in service.methods]
    assert missing_rules(methods, PERMISSIONS) == []
    assert set(PERMISSIONS) == set(methods)


def channels_file(folder: Path, platform: WeChatPlatform) -> Path:
    path = folder / "channels.yaml"
    path.write_text(
        f"""accounts:
  - kind: wechat_official_account
    name: youyou
    app_id: {wechat.APP_ID}
    app_secret: {wechat.SECRET}
    token: AAAAA
    encoding_aes_key: {wechat.AES_KEY}
    api_base: {platform.base_url}
"""
    )
    return path


@asynccontextmanager
async def running(settings: NotifySettings) -> AsyncIterator[None]:
    """Run notify in this process until the end of the block."""
    task = asyncio.create_task(run(settings))
    try:
        yield
    finally:
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.wait_for(task, 25)


async def test_an_answer_goes_from_the_stream_to_asker_group_and_screen(
    database_url: str,
    redis_url: str,
    redis: Redis,
    databases: Databases,
    routing_database: Database,
    signer: TokenSigner,
    messaging: Messaging,
    platform: WeChatPlatform,
    account: Account,
    clock: Clock,
    tmp_path: Path,
) -> None:
    await clock.set_local_time("2026-01-15 18:00")
    asker = wechat.wrote_lately(account, "oAsker")
    messaging.give_address(person("zhao"), wechat.KEY, "youyou", "oAsker")
    async with serving(messaging) as messaging_address:
        listen = f"127.0.0.1:{free_port()}"
        settings = NotifySettings(
            database_url=SecretStr(database_url),
            redis_url=SecretStr(redis_url),
            listen=listen,
            admin_listen=f"127.0.0.1:{free_port()}",
            messaging_addr=messaging_address,
            signing_key=SecretStr(databases.signing_key),
            data_keys=SecretStr(databases.data_keys),
            channels_file=str(channels_file(tmp_path, platform)),
        )
        async with running(settings), notify_client(listen, signer) as client:
            await apply_screen(client)
            answered = routing_events_pb2.QuestionAnswered(
                question=facts("zhao", state="answered"),
                person_id=person("wang"),
                person_name="王书记",
                person_role="secretary",
                text="今晚七点前来放气。",
            )
            async with routing_database.transaction(COMMUNITY) as tx:
                append_event(tx, answered, subject="question/x")
            await Relay(routing_database, redis, settings.event_partitions, {}, ["notify"]).publish_once()
            [told] = await asker.wait_for(1)
            [said] = await messaging.wait_for(GROUP_28, 1)
            items = await items_once_shown(client)
    assert "今晚七点前来放气" in str(told)
    assert "今晚七点前来放气" in said
    assert [(item.kind, item.title, item.text) for item in items] == [
        ("answer", "暖气不热怎么办", "今晚七点前来放气。")
    ]


@asynccontextmanager
async def notify_client(listen: str, signer: TokenSigner) -> AsyncIterator[NotifyClient]:
    client = Client(notify_service_pb2_grpc.NotifyServiceStub, "notify", listen, signer, service_principal("gateway"))
    yield client
    await client.close()


async def apply_screen(client: NotifyClient) -> None:
    """Define the lobby screen, as soon as notify serves."""
    request = notify_service_pb2.ApplyCommunityRequest(
        community_id=COMMUNITY,
        screens=[screen_pb2.ScreenDefinition(key="28-lobby", group_key="28", code="lobby-28")],
    )
    operator = Principal(kind="person", id=person("op"), roles=frozenset({"operator"}))

    async def is_applied() -> bool:
        try:
            await client.call("ApplyCommunity", request, principal=operator)
        except RemoteError as error:
            assert error.code is grpc.StatusCode.UNAVAILABLE
            return False
        return True

    await until(is_applied)


async def items_once_shown(client: NotifyClient) -> list[screen_pb2.ScreenItem]:
    """Return the playlist as soon as its version says that there is something on it."""
    async with asyncio.timeout(10):
        watching = client.stream("WatchScreen", notify_service_pb2.WatchScreenRequest(code="lobby-28", known_version=1))
        async for hint in watching:
            if hint.version > 1:
                break
    answer = await client.call("GetScreen", notify_service_pb2.GetScreenRequest(code="lobby-28"))
    return list(answer.items)
