"""Where members live, as what, and whether that is confirmed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from louyu_runtime.database import Transaction

_OWN = "community_id = CAST(:community AS uuid)"

# A decision speaks of the household for which it was made; without one, the community's file is believed.
_STATE = """
    CASE WHEN p.household_id IS NULL THEN ''
         WHEN r.state IS NOT NULL AND r.household_id = p.household_id THEN r.state
         WHEN p.key IS NULL THEN 'unconfirmed' ELSE 'confirmed' END
"""
_RESIDENT = f"""
    SELECT p.person_id, p.name, p.household_id, COALESCE(h.flat, '') AS flat, COALESCE(b.name, '') AS building_name,
           COALESCE(r.kind, '') AS kind, {_STATE} AS state, r.household_id = p.household_id AS is_decided, r.since,
           r.decided_by_name, r.reason
      FROM person AS p
      LEFT JOIN household AS h ON h.community_id = p.community_id AND h.household_id = p.household_id
      LEFT JOIN building AS b ON b.community_id = h.community_id AND b.building_id = h.building_id
      LEFT JOIN residency AS r ON r.community_id = p.community_id AND r.person_id = p.person_id
"""
# Flats in the order of a walk: every number six digits wide. "3-501" becomes "000003-000501".
_WIDE = "regexp_replace(regexp_replace({text}, '([0-9]+)', '000000\\1', 'g'), '0*([0-9]{{6}})', '\\1', 'g')"
_PLACE = f"{_WIDE.format(text='building_name')} || ' ' || {_WIDE.format(text='flat')}"
_RANK = "CASE state WHEN 'unconfirmed' THEN 0 WHEN 'doubted' THEN 1 ELSE 2 END"


@dataclass(frozen=True)
class ResidencyRow:
    """Where somebody lives, as what, and whether that is confirmed; `since` is None where the file says it."""

    person_id: str
    name: str
    household_id: str
    building_name: str
    flat: str
    kind: str
    state: str
    since: datetime | None
    decided_by_name: str
    reason: str
    roles: tuple[str, ...] = ()
    place_key: str = ""
    """By which members of one rank are ordered, in lists."""

    @property
    def rank(self) -> int:
        """Its place in lists: those who wait come first."""
        return {"unconfirmed": 0, "doubted": 1}.get(self.state, 2)


async def residency_of(tx: Transaction, person_id: str) -> ResidencyRow | None:
    """Return a person's, with the roles that they hold in any group; None when there is no such person."""
    row = await tx.row(
        f"SELECT found.*, ARRAY(SELECT DISTINCT unnest(m.roles) FROM member AS m WHERE m.{_OWN}"
        f" AND m.person_id = found.person_id) AS roles FROM ({_RESIDENT}"
        f" WHERE p.{_OWN} AND p.person_id = CAST(:person AS uuid)) AS found",
        community=tx.community_id,
        person=person_id,
    )
    return None if row is None else _row(row)


async def residents(
    tx: Transaction, group_id: str, *, state: str, search: str, after: tuple[int, str, str] | None, limit: int
) -> list[ResidencyRow]:
    """Return members of a group, those who wait for confirmation first, then by flat.

    `after` is the rank, place key and id of the last one before.
    """
    rows = await tx.rows(
        f"SELECT * FROM (SELECT found.*, m.roles, {_RANK} AS rank, {_PLACE} AS place_key FROM ({_RESIDENT} WHERE p.{_OWN}) AS found"
        f" JOIN member AS m ON m.{_OWN} AND m.group_id = CAST(:group AS uuid) AND m.person_id = found.person_id) AS f"
        " WHERE (:state = '' OR state = :state)"
        " AND (:search = '' OR strpos(lower(name), :search) > 0 OR strpos(lower(flat), :search) > 0)"
        ' AND (CAST(:rank AS int) IS NULL OR (rank, place_key COLLATE "C", person_id)'
        "      > (CAST(:rank AS int), CAST(:place AS text), CAST(:id AS uuid)))"
        ' ORDER BY rank, place_key COLLATE "C", person_id LIMIT :limit',
        community=tx.community_id,
        group=group_id,
        state=state,
        search=search.lower(),
        rank=after[0] if after else None,
        place=after[1] if after else None,
        id=after[2] if after else None,
        limit=limit,
    )
    return [_row(row) for row in rows]


def _row(row: Any) -> ResidencyRow:
    return ResidencyRow(
        person_id=str(row.person_id),
        name=row.name,
        household_id=str(row.household_id or ""),
        building_name=row.building_name,
        flat=row.flat,
        kind=row.kind,
        state=row.state,
        since=row.since if row.is_decided else None,
        decided_by_name=(row.decided_by_name or "") if row.is_decided else "",
        reason=(row.reason or "") if row.is_decided else "",
        roles=tuple(row.roles),
        place_key=getattr(row, "place_key", ""),
    )


async def is_confirmation_wanted(tx: Transaction) -> bool:
    """Whether the community confirms where members live."""
    return bool(await tx.value(f"SELECT confirms_residency FROM community WHERE {_OWN}", community=tx.community_id))


async def is_kept_from_reading(tx: Transaction, person_id: str) -> bool:
    """Whether the person's residency is doubted in a community where the doubted do not read."""
    return bool(
        await tx.value(
            "SELECT true FROM residency AS r JOIN person AS p USING (community_id, person_id)"
            " JOIN community AS c USING (community_id)"
            f" WHERE r.{_OWN} AND r.person_id = CAST(:person AS uuid) AND r.state = 'doubted'"
            " AND r.household_id = p.household_id AND c.confirms_residency AND c.doubted_may_not_read",
            community=tx.community_id,
            person=person_id,
        )
    )


async def state_home(tx: Transaction, person_id: str, household_id: str, kind: str) -> None:
    """Note what somebody said who moves into a household: what was known of another one counts no longer."""
    await tx.execute(
        "INSERT INTO residency (community_id, person_id, kind, state, household_id, since)"
        " VALUES (CAST(:community AS uuid), CAST(:person AS uuid), :kind, 'unconfirmed', CAST(:household AS uuid), :now)"
        " ON CONFLICT (community_id, person_id) DO UPDATE SET kind = excluded.kind, state = excluded.state,"
        " household_id = excluded.household_id, since = excluded.since, decided_by = '', decided_by_name = '',"
        " reason = ''",
        {
            "community": tx.community_id,
            "person": person_id,
            "household": household_id,
            "kind": kind,
            "now": tx.now,
        },
    )


async def decide(
    tx: Transaction, person_id: str, household_id: str, state: str, reason: str, *, by: str, by_name: str
) -> None:
    """Write who confirmed or doubted that somebody lives in a household."""
    await tx.execute(
        "INSERT INTO residency (community_id, person_id, state, household_id, since, decided_by, decided_by_name, reason)"
        " VALUES (CAST(:community AS uuid), CAST(:person AS uuid), :state, CAST(:household AS uuid), :now, :by, :by_name,"
        " :reason) ON CONFLICT (community_id, person_id) DO UPDATE SET state = excluded.state,"
        " household_id = excluded.household_id, since = excluded.since, decided_by = excluded.decided_by,"
        " decided_by_name = excluded.decided_by_name, reason = excluded.reason",
        {
            "community": tx.community_id,
            "person": person_id,
            "household": household_id,
            "state": state,
            "reason": reason,
            "by": by,
            "by_name": by_name,
            "now": tx.now,
        },
    )


async def set_kind(tx: Transaction, person_id: str, kind: str) -> None:
    """Write as what somebody belongs here."""
    await tx.execute(
        "INSERT INTO residency (community_id, person_id, kind) VALUES (CAST(:community AS uuid), CAST(:person AS uuid),"
        " :kind) ON CONFLICT (community_id, person_id) DO UPDATE SET kind = excluded.kind",
        {"community": tx.community_id, "person": person_id, "kind": kind},
    )
