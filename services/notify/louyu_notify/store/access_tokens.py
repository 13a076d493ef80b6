"""Access tokens of provider accounts, sealed. They serve every community, so only worker functions reach them."""

from dataclasses import dataclass
from datetime import timedelta

from louyu_runtime.database import Database

LEASE = timedelta(seconds=15)


@dataclass(frozen=True, slots=True)
class KeptToken:
    """A token as it is kept; `seconds_left` is not above zero once it has ended or was refused."""

    sealed: bytes
    seconds_left: float


async def kept(database: Database, account: str) -> KeptToken | None:
    """Return the newest token of an account."""
    async with database.transaction() as tx:
        row = await tx.row("SELECT * FROM access_token_of(:account)", account=account)
    return None if row is None else KeptToken(bytes(row.sealed_token), float(row.seconds_left))


async def lease(database: Database, account: str, holder: str) -> bool:
    """Become the one who fetches the account's next token; False while somebody else is."""
    async with database.transaction() as tx:
        return bool(
            await tx.value(
                "SELECT lease_access_token(:account, :holder, :lease)", account=account, holder=holder, lease=LEASE
            )
        )


async def keep(database: Database, account: str, holder: str, sealed: bytes, seconds: float) -> None:
    """Keep a token that was fetched under the lease, and give the lease back."""
    async with database.transaction() as tx:
        await tx.execute(
            "SELECT keep_access_token(:account, :holder, :sealed, :seconds)",
            {"account": account, "holder": holder, "sealed": sealed, "seconds": seconds},
        )


async def refuse(database: Database, account: str, sealed: bytes) -> None:
    """Say that the provider refused exactly this token."""
    async with database.transaction() as tx:
        await tx.execute("SELECT refuse_access_token(:account, :sealed)", {"account": account, "sealed": sealed})
