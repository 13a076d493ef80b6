"""Allowances: how many deliveries a channel account may take now. Kept in the database, since replicas share them."""

from louyu_runtime.database import Database


class Allowances:
    """Hands out what the rate of each account allows, a bucket of one second's worth."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self, channel: str, account: str | None, rate_per_second: float | None, wanted: int) -> int:
        """Take leave for at most `wanted` deliveries; return for how many it was given. No rate: for all."""
        if rate_per_second is None or not wanted:
            return wanted
        async with self._database.transaction() as tx:
            granted = await tx.value(
                "SELECT take_allowance(:channel, :account, :rate, :wanted)",
                channel=channel,
                account=account or "",
                rate=float(rate_per_second),
                wanted=wanted,
            )
        return int(granted)
