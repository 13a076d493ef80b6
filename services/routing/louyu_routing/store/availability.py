"""Who is away and who is on duty: routing's own copy of what messaging tells."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from louyu_runtime.database import Transaction

from louyu_routing.availability import Availability, AwayTime, DutyTime


async def replace(tx: Transaction, version: int, away: Sequence[AwayTime], duty: Sequence[DutyTime]) -> bool:
    """Take over what holds now; False if a version as new is known."""
    taken = await tx.value(
        "INSERT INTO availability (community_id, version) VALUES (CAST(:community AS uuid), :version)"
        " ON CONFLICT (community_id) DO UPDATE SET version = excluded.version"
        " WHERE availability.version < excluded.version RETURNING true",
        community=tx.community_id,
        version=version,
    )
    if not taken:
        return False
    await tx.execute("DELETE FROM away_time")
    await tx.execute("DELETE FROM duty_time")
    if away:
        await tx.execute(
            "INSERT INTO away_time (community_id, person_id, name, starts_at, ends_at, substitute_id, substitute_name)"
            " VALUES (CAST(:community AS uuid), CAST(:person AS uuid), :name, :starts, :ends,"
            "   CAST(NULLIF(:substitute, '') AS uuid), :substitute_name)",
            [
                {
                    "community": tx.community_id,
                    "person": each.person_id,
                    "name": each.name,
                    "starts": each.starts_at,
                    "ends": each.ends_at,
                    "substitute": each.substitute_id,
                    "substitute_name": each.substitute_name,
                }
                for each in away
            ],
        )
    if duty:
        await tx.execute(
            "INSERT INTO duty_time (community_id, position, person_id, role, responder_key, weekdays, on_date, from_time,"
            "   until_time) VALUES (CAST(:community AS uuid), :position, CAST(:person AS uuid), :role, :responder,"
            "   :weekdays, :date, :from, :until)",
            [
                {
                    "community": tx.community_id,
                    "position": position,
                    "person": each.person_id,
                    "role": each.role,
                    "responder": each.responder_key,
                    "weekdays": list(each.weekdays),
                    "date": each.on_date,
                    "from": each.from_time,
                    "until": each.until_time,
                }
                for position, each in enumerate(duty)
            ],
        )
    return True


async def at(tx: Transaction, now: datetime, zone: ZoneInfo) -> Availability:
    """Return who of the community is there at a moment."""
    away = await tx.rows("SELECT * FROM away_time WHERE starts_at <= :now AND ends_at > :now", now=now)
    duty = await tx.rows("SELECT * FROM duty_time ORDER BY position")
    return Availability(
        (
            AwayTime(
                person_id=str(row.person_id),
                name=row.name,
                starts_at=row.starts_at,
                ends_at=row.ends_at,
                substitute_id=str(row.substitute_id or ""),
                substitute_name=row.substitute_name,
            )
            for row in away
        ),
        [
            DutyTime(
                person_id=str(row.person_id),
                role=row.role,
                responder_key=row.responder_key,
                weekdays=tuple(row.weekdays),
                on_date=row.on_date,
                from_time=row.from_time,
                until_time=row.until_time,
            )
            for row in duty
        ],
        now,
        zone,
    )
