"""What the QR codes hold by which people follow an account and join a group."""

from louyu_runtime.database import Transaction


async def kept(tx: Transaction, account: str, join_code: str) -> str | None:
    """Return what the code holds, None when it was not made yet."""
    found = await tx.value(
        "SELECT content FROM follow_code WHERE account = :account AND join_code = :code",
        account=account,
        code=join_code,
    )
    return None if found is None else str(found)


async def keep(tx: Transaction, account: str, join_code: str, content: str) -> None:
    """Keep what the platform made; of two made at once the first stays, and both work."""
    await tx.execute(
        "INSERT INTO follow_code (community_id, account, join_code, content, created_at)"
        " VALUES (CAST(:community AS uuid), :account, :code, :content, :now) ON CONFLICT DO NOTHING",
        {
            "community": tx.community_id,
            "account": account,
            "code": join_code,
            "content": content,
            "now": tx.now,
        },
    )
