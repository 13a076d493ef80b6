"""Leases: which replica consumes which partition.

A replica holds its fair share of the partitions, renews every two seconds, and loses what it does not renew for eight.
Each change of hands raises the partition's fence; an effect is written only under the fence that still stands. A
replica that starts again under the same instance name takes its partitions back at once.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from datetime import timedelta

from louyu_runtime.database import Database
from louyu_runtime.errors import Unavailable

logger = logging.getLogger(__name__)

RENEW_SECONDS = 2.0
LEASE_TIME = timedelta(seconds=8)


class PartitionLeases:
    """The partitions that this replica may consume now, with their fences."""

    def __init__(self, database: Database, instance: str, partitions: int) -> None:
        self._database = database
        self._instance = instance.replace("/", "-").replace("%", "-")
        self._session = secrets.token_hex(6)
        self._partitions = partitions
        self._lost_at = 0.0
        self.fences: dict[int, int] = {}
        self.changed = asyncio.Event()

    async def run(self) -> None:
        """Renew until cancelled; then give the partitions back."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                try:
                    fences = await self._renew()
                    self._lost_at = loop.time() + LEASE_TIME.total_seconds() - RENEW_SECONDS
                except (Unavailable, OSError):
                    fences = self.fences if loop.time() < self._lost_at else {}
                if fences != self.fences:
                    self.fences = fences
                    self.changed.set()
                await asyncio.sleep(RENEW_SECONDS)
        finally:
            self.fences = {}
            await asyncio.shield(self._release())

    async def _renew(self) -> dict[int, int]:
        async with self._database.transaction() as tx:
            rows = await tx.rows(
                "SELECT * FROM renew_partition_leases(:me, :session, :partitions, :ttl)",
                me=self._instance,
                session=self._session,
                partitions=self._partitions,
                ttl=LEASE_TIME,
            )
        return {int(row.lease_partition): int(row.lease_fence) for row in rows}

    async def _release(self) -> None:
        try:
            async with self._database.transaction() as tx:
                await tx.execute(
                    "SELECT release_partition_leases(:name)", {"name": f"{self._instance}/{self._session}"}
                )
        except (Unavailable, OSError):
            logger.info("the leases will run out by themselves")
