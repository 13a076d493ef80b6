"""A running messaging service for each test: real gRPC, real PostgreSQL and Valkey, a community of its own."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from louyu.messaging.v1 import (
    conversation_service_pb2_grpc,
    media_service_pb2_grpc,
    messaging_service_pb2_grpc,
)
from louyu_messaging.main import wire_up
from louyu_messaging.media.transcribers import Transcribers
from louyu_messaging.media.workshop import Workshop
from louyu_messaging.settings import MessagingSettings
from louyu_messaging.store.hot import HotStore
from louyu_runtime.embedded.ports import free_port
from louyu_runtime.host import Host
from louyu_runtime.identity import TokenSigner, service_principal
from louyu_runtime.rpc.client import Client
from louyu_runtime.settings import load_settings

from tests.messaging.community import Messaging, settle_community
from tests.messaging.conversation import Conversation
from tests.messaging.membership import Membership, membership_of
from tests.platform.fixtures import Databases


@pytest.fixture(scope="session")
def workshop() -> Iterator[Workshop]:
    """The process in which files are decoded, for all tests: starting it takes a second."""
    shared = Workshop(1)
    yield shared
    shared.close()


@pytest.fixture
def media_url(tmp_path: Path) -> str:
    """Where photos and recordings are kept."""
    return (tmp_path / "media").as_uri()


@pytest.fixture
def transcribers() -> Transcribers | None:
    """The plugins that put recordings into words: none, unless a test has others."""
    return None


@pytest.fixture
def notify_port() -> int:
    """A port for those tests that have a notify."""
    return free_port()


@pytest.fixture
def notify_address() -> str:
    """Where notify is: nowhere, unless a test has one."""
    return "127.0.0.1:1"


@pytest.fixture
async def messaging(
    databases: Databases,
    database_url: str,
    redis_url: str,
    signer: TokenSigner,
    workshop: Workshop,
    media_url: str,
    transcribers: Transcribers | None,
    notify_address: str,
) -> AsyncIterator[Messaging]:
    """The service, and the community "beili" with buildings 28 (flats 1-101 to 2-502), 3 and 5."""
    port = free_port()
    settings = load_settings(
        MessagingSettings,
        {
            "LOUYU_DATABASE_URL": database_url,
            "LOUYU_REDIS_URL": redis_url,
            "LOUYU_LISTEN": f"127.0.0.1:{port}",
            "LOUYU_ADMIN_LISTEN": f"127.0.0.1:{free_port()}",
            "LOUYU_SIGNING_KEY": databases.signing_key,
            "LOUYU_DATA_KEYS": databases.data_keys,
            "LOUYU_LOOKUP_KEY": databases.lookup_key,
            "LOUYU_MEDIA_URL": media_url,
            "LOUYU_MEDIA_ACCESS_KEY": "key",
            "LOUYU_MEDIA_SECRET_KEY": "secret",
            "LOUYU_NOTIFY_ADDR": notify_address,
        },
    )
    async with Host(settings) as host, HotStore(host.database.asyncpg_url) as hot:
        wire_up(host, hot, settings, transcribers, workshop)

        def client_of(stub_class: type[Any]) -> Client[Any]:
            return Client(stub_class, "messaging", f"127.0.0.1:{port}", signer, service_principal("gateway"))

        client = client_of(messaging_service_pb2_grpc.MessagingServiceStub)
        media = client_of(media_service_pb2_grpc.MediaServiceStub)
        serving = asyncio.create_task(host.serve())
        try:
            served = Messaging(client, host, media)
            await settle_community(served)
            yield served
        finally:
            await client.close()
            await media.close()
            host.stop()
            await serving


@pytest.fixture
async def conversation(messaging: Messaging, signer: TokenSigner) -> AsyncIterator[Conversation]:
    client = Client(
        conversation_service_pb2_grpc.ConversationServiceStub,
        "messaging",
        messaging.host.settings.listen_address,
        signer,
        service_principal("gateway"),
    )
    yield Conversation(messaging, client)
    await client.close()


@pytest.fixture
async def membership(messaging: Messaging, signer: TokenSigner) -> AsyncIterator[Membership]:
    """The service of membership, and in the community a liaison, a neighbour, and confirmation of residency."""
    async with membership_of(messaging, signer) as served:
        yield served
