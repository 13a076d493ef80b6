"""What each community has set: its name and its quiet hours. One that was never set up has the defaults."""

from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from louyu_runtime.database import Transaction

from louyu_notify.quiet_hours import QuietHours


@dataclass(frozen=True, slots=True, kw_only=True)
class CommunityRow:
    """A community's name and nights."""

    name: str = ""
    quiet: QuietHours = field(default_factory=QuietHours)


async def find(tx: Transaction) -> CommunityRow | None:
    """Return the community's row; None if it was never set up."""
    row = await tx.row("SELECT * FROM community")
    if row is None:
        return None
    quiet = QuietHours(begins=row.quiet_from, ends=row.quiet_until, zone=ZoneInfo(row.time_zone))
    return CommunityRow(name=row.name, quiet=quiet)


async def quiet_hours(tx: Transaction) -> QuietHours:
    """Return the community's quiet hours."""
    return (await find(tx) or CommunityRow()).quiet


async def save(tx: Transaction, wanted: CommunityRow) -> None:
    """Create or replace the community's row."""
    await tx.execute(
        "INSERT INTO community (community_id, name, quiet_from, quiet_until, time_zone)"
        " VALUES (CAST(:community AS uuid), :name, :begins, :ends, :zone)"
        " ON CONFLICT (community_id) DO UPDATE SET name = excluded.name, quiet_from = excluded.quiet_from,"
        "   quiet_until = excluded.quiet_until, time_zone = excluded.time_zone",
        {
            "community": tx.community_id,
            "name": wanted.name,
            "begins": wanted.quiet.begins,
            "ends": wanted.quiet.ends,
            "zone": wanted.quiet.zone.key,
        },
    )
