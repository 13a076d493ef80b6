"""Makes a used database as good as new: emptying it takes a tenth of the time of making one."""

from collections.abc import Iterable

import asyncpg

KEPT = ("clock", "relay_state", "schema_version")
"""Tables whose rows come with the schema; the first two are set back."""


async def empty(url: str, schemas: Iterable[str]) -> None:
    """Take every row out of these schemas, set their clocks to the real time, and end whoever is still connected.

    `url` is the superuser's: rows go in any order, whatever refers to what.
    """
    connection = await asyncpg.connect(url)
    await connection.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )
    tables = await connection.fetch(
        "SELECT relnamespace::regnamespace::text, relname, relispartition FROM pg_class"
        " WHERE relnamespace = ANY($1::text[]::regnamespace[]) AND relkind IN ('r', 'p') AND relname <> ALL($2)",
        list(schemas),
        KEPT,
    )
    async with connection.transaction():
        await connection.execute("SET LOCAL session_replication_role = replica")
        for schema, table, is_partition in tables:
            if not is_partition:
                await connection.execute(f"DELETE FROM {schema}.{table}")
            elif table.startswith("outbox_") and table != "outbox_default":  # a day's, made by a test
                await connection.execute(f"DROP TABLE {schema}.{table}")
        for schema in schemas:
            await connection.execute(f"UPDATE {schema}.clock SET clock_offset = '0'")
            await connection.execute(f"UPDATE {schema}.relay_state SET published_no = 0")
    await connection.close()
