"""Which households of a group's buildings have somebody in it."""

from __future__ import annotations

from louyu_runtime.database import Transaction

from louyu_messaging.coverage import HouseholdSeen

_OWN = "community_id = CAST(:community AS uuid)"

# One row for each household of the group's buildings: whether somebody who lives there is a member, and whether anybody.
_HOUSEHOLDS = f"""
    SELECT gb.group_id, gb.building_id, h.household_id, h.flat,
           COALESCE(bool_or(m.person_id IS NOT NULL AND COALESCE(r.kind, '') <> 'absent_owner'), false) AS is_covered,
           COALESCE(bool_or(m.person_id IS NOT NULL), false) AS has_anybody
      FROM group_building AS gb
      JOIN household AS h USING (community_id, building_id)
      LEFT JOIN person AS p ON p.community_id = h.community_id AND p.household_id = h.household_id
      LEFT JOIN member AS m ON m.community_id = gb.community_id AND m.group_id = gb.group_id
           AND m.person_id = p.person_id
      LEFT JOIN residency AS r ON r.community_id = p.community_id AND r.person_id = p.person_id
     WHERE gb.{_OWN} AND (CAST(:groups AS uuid[]) IS NULL OR gb.group_id = ANY (CAST(:groups AS uuid[])))
     GROUP BY gb.group_id, gb.building_id, h.household_id, h.flat
"""


async def totals(tx: Transaction, group_ids: list[str] | None) -> list[tuple[str, str, int, int, int, int]]:
    """Return of these groups (all if None) id, name, households, covered ones, those of absent owners, unconfirmed members."""
    rows = await tx.rows(
        f"""
        WITH seen AS ({_HOUSEHOLDS})
        SELECT g.group_id, g.name, (SELECT count(*) FROM seen AS s WHERE s.group_id = g.group_id),
               (SELECT count(*) FROM seen AS s WHERE s.group_id = g.group_id AND s.is_covered),
               (SELECT count(*) FROM seen AS s WHERE s.group_id = g.group_id AND s.has_anybody AND NOT s.is_covered),
               (SELECT count(*) FROM member AS m JOIN person AS p USING (community_id, person_id)
                  LEFT JOIN residency AS r USING (community_id, person_id)
                 WHERE m.community_id = g.community_id AND m.group_id = g.group_id AND p.household_id IS NOT NULL
                   AND CASE WHEN r.state IS NOT NULL AND r.household_id = p.household_id THEN r.state = 'unconfirmed'
                            ELSE p.key IS NULL END)
          FROM groups AS g
         WHERE g.{_OWN} AND (CAST(:groups AS uuid[]) IS NULL OR g.group_id = ANY (CAST(:groups AS uuid[])))
           AND EXISTS (SELECT FROM group_building AS gb
                        WHERE gb.community_id = g.community_id AND gb.group_id = g.group_id)
         ORDER BY g.name, g.group_id
        """,
        community=tx.community_id,
        groups=group_ids,
    )
    return [(str(row[0]), *row[1:]) for row in rows]


async def households(tx: Transaction, group_id: str) -> list[HouseholdSeen]:
    """Return every household of a group's buildings."""
    rows = await tx.rows(
        f"SELECT s.*, b.name AS building_name FROM ({_HOUSEHOLDS}) AS s"
        f" JOIN building AS b ON b.{_OWN} AND b.building_id = s.building_id",
        community=tx.community_id,
        groups=[group_id],
    )
    return [
        HouseholdSeen(str(row.building_id), row.building_name, row.flat, row.is_covered, row.has_anybody)
        for row in rows
    ]
