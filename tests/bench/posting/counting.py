"""What stands in the tables after a load."""

import asyncpg


async def count_messages(owner_url: str) -> int:
    """Return how many messages there are. Gaps in the numbers would show, since it is the sum of the last numbers."""
    connection = await asyncpg.connect(owner_url)
    try:
        await connection.execute("SELECT set_config('role', 'louyu_messaging_worker', false)")
        gaps = await connection.fetchval(
            "SELECT count(*) FROM (SELECT FROM messaging.message GROUP BY community_id, group_id"
            " HAVING count(*) <> max(seq)) AS gap"
        )
        assert gaps == 0, f"{gaps} groups have gaps in their numbers"
        return int(await connection.fetchval("SELECT count(*) FROM messaging.message"))
    finally:
        await connection.close()
