"""Makes a used database as good as new: emptying it takes a tenth of the time of making one."""

from collections.abc import Iterable

import asyncpg

_END_CONNECTIONS = """
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
# Most tables have no row: looking costs less than deleting. Partitions of an outbox are those of days that a test made.
_EMPTY = """
DO $$
DECLARE
    part record;
    has_rows boolean;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR part IN
        SELECT c.oid::regclass AS name, c.relname, c.relispartition FROM pg_class c
        WHERE c.relnamespace = '{schema}'::regnamespace AND c.relkind IN ('r', 'p')
            AND c.relname NOT IN ('clock', 'relay_state', 'schema_version')
    LOOP
        IF NOT part.relispartition THEN
            EXECUTE format('SELECT EXISTS (SELECT FROM %s)', part.name) INTO has_rows;
            IF has_rows THEN
                EXECUTE format('DELETE FROM %s', part.name);
            END IF;
        ELSIF part.relname LIKE 'outbox\\_%' AND part.relname <> 'outbox_default' THEN
            EXECUTE format('DROP TABLE %s', part.name);
        END IF;
    END LOOP;
    UPDATE {schema}.clock SET clock_offset = '0' WHERE clock_offset <> '0';
    UPDATE {schema}.relay_state SET published_no = 0 WHERE published_no <> 0;
END $$
"""


async def empty(url: str, schemas: Iterable[str]) -> None:
    """Take every row out of these schemas, set their clocks to the real time, and end whoever is still connected.

    `url` is the superuser's: rows go in any order, whatever refers to what.
    """
    connection = await asyncpg.connect(url)
    await connection.execute(_END_CONNECTIONS)
    for schema in schemas:
        await connection.execute(_EMPTY.format(schema=schema))
    await connection.close()
