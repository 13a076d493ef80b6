"""What joining reads and writes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from louyu_runtime.database import Transaction

from louyu_messaging.flats import KnownBuilding

_OWN = "community_id = CAST(:community AS uuid)"


@dataclass(frozen=True)
class OpenGroup:
    """The group that a code opens, with the flats of its buildings."""

    id: str
    name: str
    buildings: tuple[KnownBuilding, ...]


@dataclass(frozen=True)
class KnownPerson:
    """Somebody who has been here before; household and flat may be empty, and all of it after leaving."""

    id: str
    name: str
    household_id: str
    flat: str
    has_left: bool


async def group_of_code(tx: Transaction, code: str) -> OpenGroup | None:
    """Return the group of a working code of this community, or None."""
    row = await tx.row(
        f"SELECT g.group_id, g.name FROM join_code AS j JOIN groups AS g USING (community_id, group_id)"
        f" WHERE {_OWN} AND j.code = :code AND j.withdrawn_at IS NULL"
        " AND (j.expires_at IS NULL OR j.expires_at > clock_now())",
        community=tx.community_id,
        code=code,
    )
    return None if row is None else await _with_buildings(tx, row)


async def group_by_id(tx: Transaction, group_id: str) -> OpenGroup | None:
    """Return a group of this community, or None."""
    row = await tx.row(
        f"SELECT group_id, name FROM groups WHERE {_OWN} AND group_id = CAST(:group AS uuid)",
        community=tx.community_id,
        group=group_id,
    )
    return None if row is None else await _with_buildings(tx, row)


async def _with_buildings(tx: Transaction, row: Any) -> OpenGroup:
    buildings = await tx.rows(
        """
        SELECT b.building_id, b.key, b.name,
               ARRAY(SELECT h.flat FROM household AS h
                      WHERE h.community_id = b.community_id AND h.building_id = b.building_id) AS flats
          FROM group_building AS gb JOIN building AS b USING (community_id, building_id)
         WHERE gb.community_id = CAST(:community AS uuid) AND gb.group_id = :group ORDER BY b.key
        """,
        community=tx.community_id,
        group=row.group_id,
    )
    return OpenGroup(
        str(row.group_id),
        row.name,
        tuple(KnownBuilding(str(each[0]), each[1], each[2], frozenset(each[3])) for each in buildings),
    )


async def resolve_join_code(tx: Transaction, code: str) -> tuple[str, str] | None:
    """Return community and group of a working code of any community, or None."""
    row = await tx.row("SELECT community_id, group_id FROM resolve_join_code(:code)", code=code)
    return (str(row[0]), str(row[1])) if row is not None else None


_PERSON = f"""
    SELECT p.person_id, p.name, p.household_id, h.flat, p.left_at FROM person AS p
      LEFT JOIN household AS h ON h.community_id = p.community_id AND h.household_id = p.household_id
     WHERE p.{_OWN}
"""


async def person(tx: Transaction, person_id: str) -> KnownPerson | None:
    """Return a person of this community, or who they turned out to be; or None."""
    row = await tx.row(
        f"{_PERSON} AND p.person_id = (SELECT COALESCE(o.merged_into, o.person_id) FROM person AS o"
        f" WHERE o.{_OWN} AND o.person_id = CAST(:id AS uuid))",
        community=tx.community_id,
        id=person_id,
    )
    return _known(row)


async def person_at(tx: Transaction, channel: str, account: str, lookup: bytes) -> KnownPerson | None:
    """Return the person of this community at an address, in use or not, or None."""
    row = await tx.row(
        f"{_PERSON} AND p.person_id = (SELECT a.person_id FROM channel_address AS a WHERE a.{_OWN}"
        " AND a.channel = :channel AND a.account = :account AND a.lookup = :lookup)",
        community=tx.community_id,
        channel=channel,
        account=account,
        lookup=lookup,
    )
    return _known(row)


def _known(row: Any) -> KnownPerson | None:
    if row is None:
        return None
    has_left = row.left_at is not None
    return KnownPerson(str(row.person_id), row.name, str(row.household_id or ""), row.flat or "", has_left)


async def names_of_role_holders(tx: Transaction, *, besides: str) -> list[str]:
    """Return the names of those who hold a role in any group of this community, but for one person."""
    rows = await tx.rows(
        "SELECT DISTINCT p.name FROM member AS m JOIN person AS p USING (community_id, person_id)"
        f" WHERE {_OWN} AND m.roles <> '{{resident}}' AND p.person_id::text <> :besides",
        community=tx.community_id,
        besides=besides,
    )
    return [row.name for row in rows]


async def holds_role(tx: Transaction, person_id: str) -> bool:
    """Whether the person holds a role in any group of this community."""
    found = await tx.value(
        f"SELECT EXISTS (SELECT FROM member WHERE {_OWN} AND person_id = CAST(:person AS uuid)"
        " AND roles <> '{resident}')",
        community=tx.community_id,
        person=person_id,
    )
    return bool(found)


async def is_member(tx: Transaction, group_id: str, person_id: str) -> bool:
    """Whether the person is in the group."""
    found = await tx.value(
        f"SELECT true FROM member WHERE {_OWN} AND group_id = CAST(:group AS uuid)"
        " AND person_id = CAST(:person AS uuid)",
        community=tx.community_id,
        group=group_id,
        person=person_id,
    )
    return bool(found)


async def newcomers_of_a_day(tx: Transaction, group_id: str, household_id: str) -> tuple[int, int]:
    """Return how many have joined the group by themselves in the last 24 hours, and how many of them this household."""
    row = await tx.row(
        "SELECT count(*) AS in_group, count(*) FILTER (WHERE p.household_id = CAST(:household AS uuid)) AS in_household"
        " FROM member AS m JOIN person AS p USING (community_id, person_id)"
        f" WHERE {_OWN} AND m.group_id = CAST(:group AS uuid) AND p.key IS NULL AND m.joined_at > :since",
        community=tx.community_id,
        group=group_id,
        household=household_id,
        since=tx.now - timedelta(days=1),
    )
    return (0, 0) if row is None else (row.in_group, row.in_household)


async def add_household(tx: Transaction, household_id: str, building_id: str, flat: str) -> None:
    """Add a household unless it stands."""
    await tx.execute(
        "WITH back AS (DELETE FROM former_household"
        "    WHERE community_id = CAST(:community AS uuid) AND household_id = CAST(:id AS uuid) RETURNING version)"
        " INSERT INTO household (community_id, household_id, building_id, flat, version)"
        " VALUES (CAST(:community AS uuid), CAST(:id AS uuid), CAST(:building AS uuid), :flat,"
        "   COALESCE((SELECT version FROM back), 0)) ON CONFLICT DO NOTHING",
        {"community": tx.community_id, "id": household_id, "building": building_id, "flat": flat},
    )


async def save_person(tx: Transaction, person_id: str, name: str, household_id: str) -> None:
    """Add a person, or change name and household."""
    await tx.execute(
        "INSERT INTO person (community_id, person_id, name, household_id, created_at)"
        " VALUES (CAST(:community AS uuid), CAST(:id AS uuid), :name, CAST(:household AS uuid), :now)"
        " ON CONFLICT (community_id, person_id)"
        " DO UPDATE SET name = excluded.name, household_id = excluded.household_id, left_at = NULL",
        {"community": tx.community_id, "id": person_id, "name": name, "household": household_id, "now": tx.now},
    )


async def add_resident(tx: Transaction, group_id: str, person_id: str) -> bool:
    """Make the person a resident member unless they are a member; return whether they were made one now."""
    result = await tx.execute(
        "INSERT INTO member (community_id, group_id, person_id, roles, joined_at)"
        " VALUES (CAST(:community AS uuid), CAST(:group AS uuid), CAST(:person AS uuid), '{resident}', :now)"
        " ON CONFLICT DO NOTHING",
        {"community": tx.community_id, "group": group_id, "person": person_id, "now": tx.now},
    )
    return result.rowcount == 1


async def save_address(
    tx: Transaction, channel: str, account: str, lookup: bytes, sealed: bytes, person_id: str
) -> None:
    """Add an address, or take it into use again."""
    await tx.execute(
        "INSERT INTO channel_address AS a (community_id, channel, account, lookup, sealed, person_id, created_at,"
        " last_heard_at) VALUES (CAST(:community AS uuid), :channel, :account, :lookup, :sealed, CAST(:person AS uuid),"
        " :now, :now) ON CONFLICT (community_id, channel, account, lookup)"
        " DO UPDATE SET is_active = true, last_heard_at = excluded.last_heard_at",
        {
            "community": tx.community_id,
            "channel": channel,
            "account": account,
            "lookup": lookup,
            "sealed": sealed,
            "person": person_id,
            "now": tx.now,
        },
    )


async def record_consent(
    tx: Transaction,
    consent_id: str,
    person_id: str,
    purpose: str,
    text_version: str,
    way: str,
    *,
    is_withdrawal: bool = False,
) -> None:
    """Add to the ledger of consents, which is never changed."""
    await tx.execute(
        "INSERT INTO consent (community_id, consent_id, person_id, purpose, text_version, state, way, recorded_at)"
        " VALUES (CAST(:community AS uuid), CAST(:id AS uuid), CAST(:person AS uuid), :purpose, :version, :state,"
        " :way, :now)",
        {
            "community": tx.community_id,
            "id": consent_id,
            "person": person_id,
            "purpose": purpose,
            "version": text_version,
            "state": "withdrawn" if is_withdrawal else "given",
            "way": way,
            "now": tx.now,
        },
    )
