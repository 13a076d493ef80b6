"""Reading a whole community, and writing what an import changes of it: few statements, whatever their number of rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from louyu_runtime.database import Transaction

from louyu_messaging.community_state import (
    AddressRow,
    BuildingRow,
    CommunityState,
    GroupRow,
    HouseholdRow,
    MemberRow,
    PersonRow,
    RoleDecision,
)
from louyu_messaging.store import places, retention

IDLE_MS = 60_000  # as long as the call may take: a large community is reckoned while the transaction waits
_OWN = "WHERE community_id = CAST(:community AS uuid)"


async def lock(tx: Transaction) -> bool:
    """Let one import into a community at a time; return whether this is the one. Its pauses may be longer than others'."""
    row = await tx.row(
        "SELECT pg_try_advisory_xact_lock(hashtextextended(:name, 0)),"
        " set_config('idle_in_transaction_session_timeout', :idle_ms, true)",
        name=f"messaging.import/{tx.community_id}",
        idle_ms=str(IDLE_MS),
    )
    return row is not None and bool(row[0])


async def load(tx: Transaction) -> CommunityState:
    """Return the community as it stands."""

    async def rows(query: str) -> Sequence[Any]:
        return await tx.rows(query, community=tx.community_id)

    return CommunityState(
        community=await places.community(tx),
        buildings={
            str(row[0]): BuildingRow(row[1], row[2])
            for row in await rows(f"SELECT building_id, key, name FROM building {_OWN}")
        },
        households={
            str(row[0]): HouseholdRow(str(row[1]), row[2])
            for row in await rows(f"SELECT household_id, building_id, flat FROM household {_OWN}")
        },
        groups={
            str(row[0]): GroupRow(row[1], row[2])
            for row in await rows(f"SELECT group_id, key, name FROM groups {_OWN}")
        },
        group_buildings={
            (str(row[0]), str(row[1])) for row in await rows(f"SELECT group_id, building_id FROM group_building {_OWN}")
        },
        join_codes={
            str(row[0]): row[1]
            for row in await rows(
                f"SELECT group_id, code FROM join_code {_OWN} AND withdrawn_at IS NULL"
                " AND (expires_at IS NULL OR expires_at > clock_now()) ORDER BY created_at, code DESC"
            )
        },
        people={
            str(row[0]): PersonRow(row[1], row[2], str(row[3]) if row[3] else None, row[4], row[5])
            for row in await rows(
                "SELECT person_id, key, name, person.household_id, left_at IS NOT NULL, COALESCE(kind, '') FROM person"
                f" LEFT JOIN residency USING (community_id, person_id) {_OWN}"
            )
        },
        members={
            (str(row[0]), str(row[1])): MemberRow(tuple(row[2]), tuple(row[3]), row[4])
            for row in await rows(f"SELECT group_id, person_id, roles, responder_keys, is_second FROM member {_OWN}")
        },
        addresses={
            (row[0], row[1], bytes(row[2])): AddressRow(str(row[3]), row[4])
            for row in await rows(f"SELECT channel, account, lookup, person_id, is_active FROM channel_address {_OWN}")
        },
        joined=frozenset(str(row[0]) for row in await rows(f"SELECT DISTINCT person_id FROM consent {_OWN}")),
        role_decisions={
            (str(row[0]), str(row[1]), row[2], row[3]): RoleDecision(row[4], row[5])
            for row in await rows(
                "SELECT group_id, person_id, role, responder_key, is_granted, is_second FROM role_decision"
                f" {_OWN} ORDER BY decided_at"
            )
        },
        keep_messages_days=await retention.message_days(tx),
    )


@dataclass(frozen=True)
class _Table:
    """How rows of a table are written: columns with their types, the key first, and what they take from elsewhere."""

    name: str
    key: tuple[tuple[str, str], ...]
    columns: tuple[tuple[str, str], ...] = ()
    stamp: str = ""
    """The column that holds when the row was made."""


_LIST = "text[]"  # given as one text with commas, since arrays of arrays must be rectangular

BUILDING = _Table("building", (("building_id", "uuid"),), (("key", "text"), ("name", "text")))
HOUSEHOLD = _Table("household", (("household_id", "uuid"),), (("building_id", "uuid"), ("flat", "text")))
GROUPS = _Table("groups", (("group_id", "uuid"),), (("key", "text"), ("name", "text")))
GROUP_BUILDING = _Table("group_building", (("group_id", "uuid"), ("building_id", "uuid")))
PERSON = _Table(
    "person", (("person_id", "uuid"),), (("key", "text"), ("name", "text"), ("household_id", "uuid")), "created_at"
)
RESIDENCY = _Table("residency", (("person_id", "uuid"),), (("kind", "text"),))
MEMBER = _Table(
    "member",
    (("group_id", "uuid"), ("person_id", "uuid")),
    (("roles", _LIST), ("responder_keys", _LIST), ("is_second", "boolean")),
    "joined_at",
)
ROLE_DECISION = _Table(
    "role_decision", (("group_id", "uuid"), ("person_id", "uuid"), ("role", "text"), ("responder_key", "text"))
)
ADDRESS = _Table(
    "channel_address",
    (("channel", "text"), ("account", "text"), ("lookup", "bytea")),
    (("sealed", "bytea"), ("person_id", "uuid"), ("is_active", "boolean")),
    "created_at",
)
JOIN_CODE = _Table(
    "join_code",
    (("code", "text"),),
    (("group_id", "uuid"), ("expires_at", "timestamptz"), ("withdrawn_at", "timestamptz")),
    "created_at",
)


async def upsert(tx: Transaction, table: _Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows, key columns first, or change those that stand under their key."""
    if not rows:
        return
    columns = table.key + table.columns
    names = [name for name, _ in columns]
    given = ", ".join(f"CAST(:{name} AS {'text' if kind == _LIST else kind}[])" for name, kind in columns)
    taken = ", ".join(f"string_to_array(u.{name}, ',')" if kind == _LIST else f"u.{name}" for name, kind in columns)
    stamped = (f", {table.stamp}", ", CAST(:now AS timestamptz)") if table.stamp else ("", "")
    changed = ", ".join(f"{name} = excluded.{name}" for name, _ in table.columns)
    keys = ", ".join(name for name, _ in table.key)
    values = {
        name: [",".join(row[at]) if kind == _LIST else row[at] for row in rows]
        for at, (name, kind) in enumerate(columns)
    }
    await tx.execute(
        f"INSERT INTO {table.name} (community_id, {', '.join(names)}{stamped[0]})"
        f" SELECT CAST(:community AS uuid), {taken}{stamped[1]} FROM unnest({given}) AS u({', '.join(names)})"
        f" ON CONFLICT (community_id, {keys}) DO {f'UPDATE SET {changed}' if changed else 'NOTHING'}",
        {"community": tx.community_id, **({"now": tx.now} if table.stamp else {}), **values},
    )


async def remove(tx: Transaction, table: _Table, keys: Collection[tuple[Any, ...]]) -> None:
    """Delete rows by their keys."""
    if not keys:
        return
    names = [name for name, _ in table.key]
    given = ", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in table.key)
    matched = " AND ".join(f"t.{name} = u.{name}" for name in names)
    await tx.execute(
        f"DELETE FROM {table.name} AS t USING unnest({given}) AS u({', '.join(names)})"
        f" WHERE t.community_id = CAST(:community AS uuid) AND {matched}",
        {"community": tx.community_id, **{name: [key[at] for key in keys] for at, name in enumerate(names)}},
    )


async def give_up_keys(tx: Transaction, person_ids: Collection[str]) -> None:
    """Leave these persons without a key, so that keys can change hands."""
    if person_ids:
        await tx.execute(
            f"UPDATE person SET key = NULL {_OWN} AND person_id = ANY (CAST(:ids AS uuid[]))",
            {"community": tx.community_id, "ids": list(person_ids)},
        )


async def retire(tx: Transaction, person_ids: Collection[str]) -> None:
    """Leave these persons without key and home. Their rows stay: what they said and thanked for refers to them."""
    if person_ids:
        await tx.execute(
            f"UPDATE person SET key = NULL, household_id = NULL {_OWN} AND person_id = ANY (CAST(:ids AS uuid[]))",
            {"community": tx.community_id, "ids": list(person_ids)},
        )


async def give_standing(tx: Transaction, taken_over: Mapping[str, str]) -> None:
    """Give the absences, duty and decided roles of each of these persons to the one who is that person from now on."""
    for former, now in taken_over.items():
        names = {"community": tx.community_id, "former": former, "now": now}
        for statement in (
            f"UPDATE absence SET person_id = CAST(:now AS uuid) {_OWN} AND person_id = CAST(:former AS uuid)",
            f"UPDATE absence SET substitute_id = CAST(:now AS uuid) {_OWN} AND substitute_id = CAST(:former AS uuid)"
            " AND person_id <> CAST(:now AS uuid)",
            f"UPDATE duty_shift SET person_id = CAST(:now AS uuid) {_OWN} AND person_id = CAST(:former AS uuid)",
            f"UPDATE role_decision AS d SET person_id = CAST(:now AS uuid) {_OWN} AND person_id = CAST(:former AS uuid)"
            " AND NOT EXISTS (SELECT FROM role_decision AS o WHERE o.community_id = d.community_id"
            "   AND o.group_id = d.group_id AND o.person_id = CAST(:now AS uuid) AND o.role = d.role"
            "   AND o.responder_key = d.responder_key)",
        ):
            await tx.execute(statement, names)


async def give_addresses(tx: Transaction, rows: Sequence[tuple[str, str, bytes, str]]) -> None:
    """Give standing addresses (channel, account, lookup) to a person, the last of each row."""
    if rows:
        await tx.execute(
            "UPDATE channel_address AS a SET person_id = u.person_id"
            " FROM unnest(CAST(:channels AS text[]), CAST(:accounts AS text[]), CAST(:lookups AS bytea[]),"
            "   CAST(:people AS uuid[])) AS u(channel, account, lookup, person_id)"
            " WHERE a.community_id = CAST(:community AS uuid) AND a.channel = u.channel AND a.account = u.account"
            "   AND a.lookup = u.lookup",
            {
                "community": tx.community_id,
                "channels": [row[0] for row in rows],
                "accounts": [row[1] for row in rows],
                "lookups": [row[2] for row in rows],
                "people": [row[3] for row in rows],
            },
        )


async def remove_households(tx: Transaction, household_ids: Collection[str]) -> dict[str, int]:
    """Delete households; return the version under which that is told, which is kept lest they come again."""
    if not household_ids:
        return {}
    rows = await tx.rows(
        f"WITH gone AS (DELETE FROM household {_OWN} AND household_id = ANY (CAST(:ids AS uuid[]))"
        "   RETURNING community_id, household_id, version)"
        " INSERT INTO former_household SELECT community_id, household_id, version + 1 FROM gone"
        " RETURNING household_id, version",
        community=tx.community_id,
        ids=list(household_ids),
    )
    return {str(row[0]): row[1] for row in rows}


async def resume_versions(tx: Transaction, household_ids: Collection[str]) -> None:
    """Let new households that have been here before go on from their last version."""
    if household_ids:
        await tx.execute(
            f"WITH back AS (DELETE FROM former_household {_OWN} AND household_id = ANY (CAST(:ids AS uuid[]))"
            "   RETURNING community_id, household_id, version)"
            " UPDATE household AS h SET version = b.version FROM back AS b"
            " WHERE h.community_id = b.community_id AND h.household_id = b.household_id",
            {"community": tx.community_id, "ids": list(household_ids)},
        )


async def save_community(tx: Transaction, state: CommunityState) -> None:
    """Insert or change the community itself."""
    community = state.community
    if community is None:
        raise ValueError("a state without a community cannot be saved")
    await tx.execute(
        "INSERT INTO community (community_id, key, name, subdistrict, district, confirms_residency,"
        " doubted_may_not_read)"
        " VALUES (CAST(:id AS uuid), :key, :name, :subdistrict, :district, :confirms, :kept_out)"
        " ON CONFLICT (community_id) DO UPDATE SET name = excluded.name, subdistrict = excluded.subdistrict,"
        " district = excluded.district, confirms_residency = excluded.confirms_residency,"
        " doubted_may_not_read = excluded.doubted_may_not_read",
        {
            "id": community.id,
            "key": community.key,
            "name": community.name,
            "subdistrict": community.subdistrict,
            "district": community.district,
            "confirms": community.confirms_residency,
            "kept_out": community.doubted_may_not_read,
        },
    )


async def withdraw_codes(tx: Transaction, codes: Collection[str]) -> None:
    """Let join codes no longer open their groups."""
    if codes:
        await tx.execute(
            f"UPDATE join_code SET withdrawn_at = :now {_OWN} AND code = ANY (CAST(:codes AS text[]))",
            {"community": tx.community_id, "now": tx.now, "codes": list(codes)},
        )


async def used_codes(tx: Transaction, codes: Collection[str]) -> dict[str, str | None]:
    """Return of these codes those that were given out: the group here, or None in another community."""
    own = await tx.rows(
        f"SELECT code, group_id FROM join_code {_OWN} AND code = ANY (CAST(:codes AS text[]))",
        community=tx.community_id,
        codes=list(codes),
    )
    foreign = await tx.rows(
        "SELECT taken_join_codes(CAST(:codes AS text[]), CAST(:community AS uuid))",
        community=tx.community_id,
        codes=list(codes),
    )
    return {row[0]: str(row[1]) for row in own} | {row[0]: None for row in foreign}


async def next_versions(tx: Transaction, table: _Table, ids: Collection[str]) -> dict[str, int]:
    """Count up the versions of groups or households and return them. Rows are locked in key order."""
    if not ids:
        return {}
    key, version = table.key[0][0], "directory_version" if table is GROUPS else "version"
    rows = await tx.rows(
        f"WITH locked AS (SELECT {key} FROM {table.name} {_OWN} AND {key} = ANY (CAST(:ids AS uuid[]))"
        f" ORDER BY {key} FOR NO KEY UPDATE)"
        f" UPDATE {table.name} AS t SET {version} = t.{version} + 1 FROM locked AS l"
        f" WHERE t.community_id = CAST(:community AS uuid) AND t.{key} = l.{key} RETURNING t.{key}, t.{version}",
        community=tx.community_id,
        ids=list(ids),
    )
    return {str(row[0]): row[1] for row in rows}
