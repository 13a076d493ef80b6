"""The check with which every failure test ends: nothing lost, nothing twice, everything going on."""

import asyncpg

SENT_STATES_UNKNOWN = ("sending",)


async def ledger_faults(owner_url: str) -> list[str]:
    """Return what is wrong in a database that has come to rest; empty when all is well.

    Connects as a superuser or an owner that row-level security lets through.
    """
    connection = await asyncpg.connect(owner_url)
    faults = []
    try:
        gaps = await connection.fetch(
            "SELECT group_id, count(*) AS messages, max(seq) AS last FROM messaging.message"
            " GROUP BY community_id, group_id HAVING count(*) <> max(seq) OR min(seq) <> 1"
        )
        faults += [
            f"group {row['group_id']}: {row['messages']} messages, but the last is number {row['last']}" for row in gaps
        ]
        behind = await connection.fetch(
            "SELECT g.id FROM messaging.chat_group AS g WHERE g.last_seq <> COALESCE("
            " (SELECT max(seq) FROM messaging.message AS m WHERE m.community_id = g.community_id AND m.group_id = g.id), 0)"
        )
        faults += [f"group {row['id']}: its last number is not that of its last message" for row in behind]
        for schema in ("messaging", "routing", "notify"):
            waiting = await connection.fetchval(f"SELECT count(*) FROM {schema}.outbox WHERE published_no IS NULL")
            if waiting:
                faults.append(f"{schema}: {waiting} events are not published")
            parked = await connection.fetch(f"SELECT type, error FROM {schema}.parked_event")
            faults += [f"{schema}: parked {row['type']}: {row['error']}" for row in parked]
    finally:
        await connection.close()
    return faults
