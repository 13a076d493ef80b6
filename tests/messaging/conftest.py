"""A running messaging service for each test: real gRPC, real PostgreSQL and Valkey, a community of its own."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from louyu.messaging.v1 import messaging_service_pb2_grpc

from louyu_messaging.main import wire_up
from louyu_messaging.settings import MessagingSettings
from louyu_messaging.store.hot import HotStore
from louyu_runtime.embedded.ports import free_port
from louyu_runtime.host import Host
from louyu_runtime.identity import TokenSigner, service_principal
from louyu_runtime.rpc.client import Client
from louyu_runtime.settings import load_settings
from tests.messaging.community import Messaging, settle_community
from tests.platform.fixtures import Databases


@pytest.fixture
async def messaging(
    databases: Databases, database_url: str, redis_url: str, signer: TokenSigner
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
        },
    )
    async with Host(settings) as host, HotStore(host.database.asyncpg_url) as hot:
        wire_up(host, hot, settings)
        client = Client(
            messaging_service_pb2_grpc.MessagingServiceStub,
            "messaging",
            f"127.0.0.1:{port}",
            signer,
            service_principal("gateway"),
        )
        serving = asyncio.create_task(host.serve())
        try:
            served = Messaging(client, host)
            await settle_community(served)
            yield served
        finally:
            await client.close()
            host.stop()
            await serving
