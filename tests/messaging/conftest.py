"""A running messaging service for each test: real gRPC, real PostgreSQL and Valkey, a community of its own."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest
from louyu.messaging.v1 import conversation_service_pb2_grpc, messaging_service_pb2_grpc
from louyu_messaging.main import wire_up
from louyu_messaging.settings import MessagingSettings
from louyu_messaging.store.hot import HotStore
from louyu_runtime.embedded.ports import free_port
from louyu_runtime.host import Host
from louyu_runtime.identity import TokenSigner, service_principal
from louyu_runtime.rpc.client import Client
from louyu_runtime.settings import load_settings

from tests.messaging.community import Messaging, settle_community
from tests.messaging.conversation import Conversation
from tests.platform.fixtures import Databases, with_database


@pytest.fixture(scope="session")
def shared_database(databases: Databases, template: str) -> Iterator[str]:
    """Name of one database for all tests of messaging: emptying it takes a tenth of the time of making one."""
    name = "louyu_messaging_tests"

    async def execute(statement: str) -> None:
        connection = await asyncpg.connect(databases.admin_url)
        await connection.execute(statement)
        await connection.close()

    asyncio.run(execute(f"CREATE DATABASE {name} OWNER louyu TEMPLATE {template}"))
    yield name
    asyncio.run(execute(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
async def database_url(databases: Databases, shared_database: str) -> str:
    """URL, as owner, of the tests' database, with no row in it and the clock at the real time."""
    connection = await asyncpg.connect(with_database(databases.admin_url, shared_database))
    tables = await connection.fetch(
        "SELECT relname FROM pg_class WHERE relnamespace = 'messaging'::regnamespace AND relkind IN ('r', 'p')"
        " AND NOT relispartition AND relname NOT IN ('clock', 'relay_state', 'schema_version')"
    )
    async with connection.transaction():
        await connection.execute(
            "SET LOCAL session_replication_role = replica"
        )  # in any order, whatever refers to what
        for (table,) in tables:
            await connection.execute(f"DELETE FROM messaging.{table}")
        await connection.execute("UPDATE messaging.clock SET clock_offset = '0'")
        await connection.execute("UPDATE messaging.relay_state SET published_no = 0")
    await connection.close()
    return with_database(databases.postgres_url, shared_database)


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
