"""How each community's questions are chased. A community that was never set up has the defaults."""

from dataclasses import fields
from typing import Any
from zoneinfo import ZoneInfo

from louyu_runtime.database import Transaction

from louyu_routing.chase import Chase
from louyu_routing.quiet_hours import QuietHours

_WINDOWS = tuple(field.name for field in fields(Chase) if field.name.endswith("_window"))


async def chase(tx: Transaction) -> Chase:
    """Return the community's chase."""
    row = await tx.row("SELECT * FROM community")
    if row is None:
        return Chase()
    windows = {name: getattr(row, name) for name in _WINDOWS}
    quiet = QuietHours(begins=row.quiet_from, ends=row.quiet_until, zone=ZoneInfo(row.time_zone))
    return Chase(**windows, quiet=quiet)


async def is_set_up(tx: Transaction) -> bool:
    """Say whether the community has a row."""
    return bool(await tx.value("SELECT EXISTS (SELECT FROM community)"))


async def save(tx: Transaction, wanted: Chase) -> None:
    """Set how the community's questions are chased from now on."""
    values: dict[str, Any] = {name: getattr(wanted, name) for name in _WINDOWS}
    values.update(
        community_id=tx.community_id,
        quiet_from=wanted.quiet.begins,
        quiet_until=wanted.quiet.ends,
        time_zone=wanted.quiet.zone.key,
    )
    updates = ", ".join(f"{name} = excluded.{name}" for name in values if name != "community_id")
    await tx.execute(
        f"INSERT INTO community ({', '.join(values)}) VALUES ({', '.join(f':{name}' for name in values)})"
        f" ON CONFLICT (community_id) DO UPDATE SET {updates}",
        values,
    )
