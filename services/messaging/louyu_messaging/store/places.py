"""Reading communities, groups, members and people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from louyu_runtime.database import Transaction

from louyu_messaging.places import Building, Community, Group, Member, Membership, Person

_GROUP = """
    SELECT g.group_id, g.key, g.name, g.last_seq, g.last_change,
           COALESCE((SELECT j.code FROM join_code AS j
                      WHERE j.community_id = g.community_id AND j.group_id = g.group_id AND j.withdrawn_at IS NULL
                        AND (j.expires_at IS NULL OR j.expires_at > clock_now())
                      ORDER BY j.created_at DESC, j.code LIMIT 1), '') AS join_code,
           (SELECT count(*) FROM member AS m
             WHERE m.community_id = g.community_id AND m.group_id = g.group_id) AS member_count,
           own.roles AS own_roles, COALESCE(r.seq, 0) AS read_seq
      FROM groups AS g
      LEFT JOIN member AS own ON own.community_id = g.community_id AND own.group_id = g.group_id
           AND own.person_id = CAST(NULLIF(:reader, '') AS uuid)
      LEFT JOIN read_position AS r ON r.community_id = g.community_id AND r.group_id = g.group_id
           AND r.person_id = CAST(NULLIF(:reader, '') AS uuid)
     WHERE g.community_id = CAST(:community AS uuid)
"""

_BUILDINGS = """
    SELECT gb.group_id, b.building_id, b.key, b.name,
           (SELECT count(*) FROM household AS h
             WHERE h.community_id = b.community_id AND h.building_id = b.building_id) AS household_count
      FROM group_building AS gb JOIN building AS b USING (community_id, building_id)
     WHERE gb.community_id = CAST(:community AS uuid) AND gb.group_id = ANY (CAST(:groups AS uuid[]))
     ORDER BY b.key
"""

SeenGroup = tuple[Group, tuple[str, ...] | None]
"""A group, and the roles that the reader has in it: None for somebody who is not a member."""


async def community(tx: Transaction) -> Community | None:
    """Return the transaction's community, or None."""
    row = await tx.row(
        "SELECT community_id, key, name, subdistrict, district, confirms_residency, doubted_may_not_read FROM community"
        " WHERE community_id = CAST(:community AS uuid)",
        community=tx.community_id,
    )
    return Community(str(row[0]), *row[1:]) if row is not None else None


async def group(tx: Transaction, group_id: str, reader: str) -> SeenGroup | None:
    """Return a group as the person `reader` stands to it ("" for nobody), or None."""
    found = await _groups(
        tx, await tx.rows(f"{_GROUP} AND g.group_id = CAST(:id AS uuid)", id=group_id, **_who(tx, reader))
    )
    return found[0] if found else None


async def groups(
    tx: Transaction, reader: str, *, only_own: bool, after: tuple[str, str] | None, limit: int
) -> list[SeenGroup]:
    """Return groups ordered by name and id, after such a pair; `only_own` are those of which `reader` is a member."""
    rows = await tx.rows(
        f"{_GROUP} AND (NOT :only_own OR own.roles IS NOT NULL)"
        # without a building a group is closed
        " AND EXISTS (SELECT FROM group_building AS b WHERE b.community_id = g.community_id AND b.group_id = g.group_id)"
        " AND (CAST(:name AS text) IS NULL OR (g.name, g.group_id) > (:name, CAST(:id AS uuid)))"
        " ORDER BY g.name, g.group_id LIMIT :limit",
        only_own=only_own,
        name=after[0] if after else None,
        id=after[1] if after else None,
        limit=limit,
        **_who(tx, reader),
    )
    return await _groups(tx, rows)


def _who(tx: Transaction, reader: str) -> dict[str, str]:
    return {"community": tx.community_id, "reader": reader}


async def _groups(tx: Transaction, rows: Sequence[Any]) -> list[SeenGroup]:
    buildings: dict[str, list[Building]] = {}
    found = await tx.rows(_BUILDINGS, community=tx.community_id, groups=[row.group_id for row in rows]) if rows else ()
    for row in found:
        buildings.setdefault(str(row[0]), []).append(Building(str(row[1]), *row[2:]))
    return [
        (
            Group(
                id=str(row.group_id),
                community_id=tx.community_id,
                key=row.key,
                name=row.name,
                buildings=tuple(buildings.get(str(row.group_id), ())),
                join_code=row.join_code,
                last_seq=row.last_seq,
                last_change=row.last_change,
                read_seq=row.read_seq,
                member_count=row.member_count,
            ),
            None if row.own_roles is None else tuple(row.own_roles),
        )
        for row in rows
    ]


async def members(tx: Transaction, group_id: str, *, after: tuple[int, str] | None, limit: int) -> list[Member]:
    """Return members of a group, those with a role first; `after` is (0 or 1 for residents, person id)."""
    rows = await tx.rows(
        """
        SELECT m.person_id, p.name, m.roles, COALESCE(h.flat, '') AS flat
          FROM member AS m JOIN person AS p USING (community_id, person_id)
          LEFT JOIN household AS h ON h.community_id = p.community_id AND h.household_id = p.household_id
         WHERE m.community_id = CAST(:community AS uuid) AND m.group_id = CAST(:group AS uuid)
           AND (CAST(:class AS int) IS NULL
                OR ((m.roles = '{resident}')::int, m.person_id) > (CAST(:class AS int), CAST(:id AS uuid)))
         ORDER BY (m.roles = '{resident}')::int, m.person_id LIMIT :limit
        """,
        community=tx.community_id,
        group=group_id,
        **{"class": after[0] if after else None},
        id=after[1] if after else None,
        limit=limit,
    )
    return [Member(str(row.person_id), row.name, tuple(row.roles), row.flat) for row in rows]


async def names(tx: Transaction) -> tuple[list[str], list[str]]:
    """Return how residents without any other role are called, and role holders; each name once."""
    rows = await tx.rows(
        "SELECT p.name, bool_or(m.roles <> '{resident}') AS holds_role"
        " FROM member AS m JOIN person AS p USING (community_id, person_id)"
        " WHERE m.community_id = CAST(:community AS uuid) GROUP BY p.name ORDER BY p.name",
        community=tx.community_id,
    )
    return [row.name for row in rows if not row.holds_role], [row.name for row in rows if row.holds_role]


async def person(tx: Transaction, id_or_key: str, *, is_id: bool) -> Person | None:
    """Return a person by id, or who they turned out to be, or by the key of the import file; or None."""
    condition = (
        "p.person_id = (SELECT COALESCE(o.merged_into, o.person_id) FROM person AS o"
        " WHERE o.community_id = p.community_id AND o.person_id = CAST(:who AS uuid))"
        if is_id
        else "p.key = :who"
    )
    row = await tx.row(
        f"""
        SELECT p.person_id, p.name, p.household_id, COALESCE(h.flat, '') AS flat, c.name AS community_name
          FROM person AS p JOIN community AS c USING (community_id)
          LEFT JOIN household AS h ON h.community_id = p.community_id AND h.household_id = p.household_id
         WHERE p.community_id = CAST(:community AS uuid) AND {condition}
        """,
        community=tx.community_id,
        who=id_or_key,
    )
    if row is None:
        return None
    memberships = await tx.rows(
        "SELECT g.group_id, g.name, m.roles FROM member AS m JOIN groups AS g USING (community_id, group_id)"
        " WHERE m.community_id = CAST(:community AS uuid) AND m.person_id = :person ORDER BY g.name, g.group_id",
        community=tx.community_id,
        person=row.person_id,
    )
    return Person(
        id=str(row.person_id),
        community_id=tx.community_id,
        community_name=row.community_name,
        name=row.name,
        household_id=str(row.household_id or ""),
        flat=row.flat,
        memberships=tuple(Membership(str(each[0]), each[1], tuple(each[2])) for each in memberships),
    )
