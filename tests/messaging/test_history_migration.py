"""Messages that stand already move into the partitions, with every word, and what hangs on them goes on working."""

import asyncpg
from alembic import command
from alembic.script import ScriptDirectory
from louyu_runtime.ids import community_id, new_id
from louyu_runtime.migrations import _config, migrate
from sqlalchemy import Connection, text
from sqlalchemy.engine.url import make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from tests.platform.fixtures import Databases, with_database

NAME = "louyu_before_history"
COUNT = 40


async def test_messages_move_into_partitions(databases: Databases) -> None:
    admin = await asyncpg.connect(databases.admin_url)
    await admin.execute(f"CREATE DATABASE {NAME} OWNER louyu")
    try:
        url = with_database(databases.postgres_url, NAME)
        await _migrate_before_history(url)
        written = await _write_messages(url)

        await migrate(url, "messaging")

        connection = await asyncpg.connect(url)
        await connection.execute("SELECT set_config('role', 'louyu_messaging_worker', false)")
        rows = await connection.fetch("SELECT tableoid::regclass::text AS home, m.* FROM messaging.message AS m")
        assert sorted((str(row["community_id"]), row["seq"], row["text"]) for row in rows) == written
        assert len({row["home"] for row in rows}) > 4
        media = await connection.fetchval(
            "INSERT INTO messaging.media (community_id, media_id, group_id, owner_id, kind, state, digest, object_name,"
            " created_at) VALUES ($1, $2, $2, $2, 'photo', 'ready', '', 'x', now()) RETURNING media_id",
            written[0][0],
            new_id(),
        )
        await _insert(connection, written[0][0], str(media), 1, "看", [str(media)])
        assert await connection.fetchval("SELECT seq FROM messaging.media") == 1
        await connection.close()
    finally:
        await admin.execute(f"DROP DATABASE {NAME} WITH (FORCE)")
        await admin.close()


async def _migrate_before_history(url: str) -> None:
    def upgrade(connection: Connection) -> None:
        config = _config("messaging")
        config.attributes["connection"] = connection
        revisions = ScriptDirectory.from_config(config).walk_revisions()
        (history,) = [each for each in revisions if str(each.path).endswith("_history.py")]
        command.upgrade(config, str(history.down_revision))
        connection.commit()

    engine = create_async_engine(make_url(url).set(drivername="postgresql+asyncpg"), poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.execute(text("CREATE SCHEMA messaging"))
        await connection.commit()
        await connection.run_sync(upgrade)
    await engine.dispose()


async def _write_messages(url: str) -> list[tuple[str, int, str]]:
    connection = await asyncpg.connect(url)
    await connection.execute("SELECT set_config('role', 'louyu_messaging_worker', false)")
    written = []
    for number in range(COUNT):
        community = community_id(f"c{number % 20}")
        await _insert(connection, community, community, number + 1, f"第{number}句", [])
        written.append((community, number + 1, f"第{number}句"))
    await connection.close()
    return sorted(written)


async def _insert(
    connection: asyncpg.Connection, community: str, group: str, seq: int, words: str, media: list[str]
) -> None:
    await connection.execute(
        "INSERT INTO messaging.message VALUES ($1, $2, $3, $4, NULL, '楼宇助手', '{}', $5, 'text', $6, 0, '', now())",
        *(community, group, seq, new_id(), words, media),
    )
