"""A schema that another version of louyu has left behind."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg


@asynccontextmanager
async def routing_at(version: str, owner_url: str) -> AsyncIterator[asyncpg.Connection]:
    """Have routing's schema say that it is at this revision; as before afterwards, since tests share the database."""
    owner = await asyncpg.connect(owner_url)
    before = await owner.fetchval("SELECT version_num FROM routing.schema_version")
    await owner.execute("UPDATE routing.schema_version SET version_num = $1", version)
    try:
        yield owner
    finally:
        await owner.execute("UPDATE routing.schema_version SET version_num = $1", before)
        await owner.close()
