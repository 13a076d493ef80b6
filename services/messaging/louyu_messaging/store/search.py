"""The index of what was said in groups, and the messages that it leads to.

Every read names the community and compares keys alone, so that row-level security lets the indexes be used: the operators
of PostgreSQL's own text search are not leakproof, and under it would be tried on every row.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from louyu_runtime.database import Transaction

Window = tuple[str, int, int]
"""A group, and its first and last block of a stretch."""

Stretch = tuple[str, int, int]
"""A group, the first position of a stretch, and the one that follows its last."""

_IS_SHOWN = (
    "m.text <> '' AND NOT EXISTS (SELECT FROM message_mark AS k WHERE k.community_id = m.community_id"
    " AND k.group_id = m.group_id AND k.seq = m.seq AND k.state <> 'shown')"
)


@dataclass(frozen=True)
class Said:
    """The words of a message that everybody in the group may read."""

    group_id: str
    seq: int
    text: str
    posted_at: datetime


async def positions(tx: Transaction, group_ids: Collection[str]) -> dict[str, tuple[int, int]]:
    """Return for each group how many blocks are indexed, and its last position."""
    rows = await tx.rows(
        "SELECT g.group_id, COALESCE(p.blocks, 0), g.last_seq FROM groups AS g"
        " LEFT JOIN search_position AS p USING (community_id, group_id)"
        " WHERE g.community_id = CAST(:community AS uuid) AND g.group_id = ANY (CAST(:groups AS uuid[]))",
        community=tx.community_id,
        groups=list(group_ids),
    )
    return {str(row[0]): (row[1], row[2]) for row in rows}


async def before(
    tx: Transaction, stretches: Sequence[Stretch], patterns: Sequence[str], limit: int, *, is_raw: bool
) -> list[Said]:
    """Return what was said in stretches of groups and fits one of the patterns, of each group the newest so many.

    Patterns are LIKE's; `is_raw` when they stand for the words as they were typed, else the words are made plain first,
    as far as PostgreSQL can. Without patterns everything fits.
    """
    words = "m.text" if is_raw else "lower(normalize(m.text, NFKC))"
    fits = f"AND {words} LIKE ANY (CAST(:patterns AS text[]))" if patterns else ""
    rows = await tx.rows(
        "SELECT w.g, m.seq, m.text, m.posted_at FROM unnest(CAST(:groups AS uuid[]), CAST(:firsts AS bigint[]),"
        "   CAST(:befores AS bigint[])) AS w(g, first, before) CROSS JOIN LATERAL ("
        "   SELECT m.seq, m.text, m.posted_at FROM message AS m WHERE m.community_id = CAST(:community AS uuid)"
        f"    AND m.group_id = w.g AND m.seq >= w.first AND m.seq < w.before {fits} AND {_IS_SHOWN}"
        "    ORDER BY m.seq DESC LIMIT :limit) AS m ORDER BY w.g, m.seq DESC",
        community=tx.community_id,
        groups=[stretch[0] for stretch in stretches],
        firsts=[stretch[1] for stretch in stretches],
        befores=[stretch[2] for stretch in stretches],
        limit=limit,
        **({"patterns": list(patterns)} if patterns else {}),
    )
    return [Said(str(row[0]), *row[1:]) for row in rows]


async def texts_of(tx: Transaction, group_id: str, first: int, count: int) -> dict[int, str]:
    """Return the words of so many positions from `first` on, by position; hidden ones too, which may be shown again."""
    row = await tx.row(
        "SELECT array_agg(m.seq ORDER BY m.seq), array_agg(m.text ORDER BY m.seq) FROM message AS m"
        " WHERE m.community_id = CAST(:community AS uuid) AND m.group_id = CAST(:group AS uuid)"
        " AND m.seq >= :first AND m.seq < :end AND m.text <> ''",
        community=tx.community_id,
        group=group_id,
        first=first,
        end=first + count,
    )
    return dict(zip(row[0], row[1], strict=True)) if row is not None and row[0] else {}


async def said_at(tx: Transaction, places: Sequence[tuple[str, int]]) -> dict[tuple[str, int], Said]:
    """Return what was said at these places, given as group and position, as far as it can still be read."""
    rows = await tx.rows(
        "SELECT m.group_id, m.seq, m.text, m.posted_at"
        " FROM unnest(CAST(:groups AS uuid[]), CAST(:seqs AS bigint[])) AS u(g, s) CROSS JOIN LATERAL ("
        "   SELECT m.* FROM message AS m WHERE m.community_id = CAST(:community AS uuid) AND m.group_id = u.g"
        f"    AND m.seq = u.s AND {_IS_SHOWN} LIMIT 1) AS m",
        community=tx.community_id,
        groups=[group_id for group_id, _ in places],
        seqs=[seq for _, seq in places],
    )
    return {(str(row[0]), row[1]): Said(str(row[0]), *row[1:]) for row in rows}


SHELVES = """
    SELECT w.g, s.block, s.shelf, s.bits
      FROM unnest(CAST(:groups AS uuid[]), CAST(:firsts AS int[]), CAST(:lasts AS int[])) AS w(g, first, last)
     CROSS JOIN unnest(CAST(:shelves AS smallint[])) AS n(shelf)
     CROSS JOIN LATERAL (SELECT x.block, x.shelf, x.bits FROM search_shelf AS x
            WHERE x.community_id = CAST(:community AS uuid) AND x.group_id = w.g AND x.shelf = n.shelf
              AND x.block BETWEEN w.first AND w.last ORDER BY x.block LIMIT :at_most) AS s
"""


async def shelves(
    tx: Transaction, windows: Sequence[Window], numbers: Collection[int]
) -> dict[tuple[str, int], dict[int, bytes]]:
    """Return the named shelves of stretches of blocks, by group and block."""
    rows = await tx.rows(
        SHELVES,
        community=tx.community_id,
        groups=[window[0] for window in windows],
        firsts=[window[1] for window in windows],
        lasts=[window[2] for window in windows],
        shelves=sorted(numbers),
        at_most=max(last - first + 1 for _, first, last in windows),
    )
    found: dict[tuple[str, int], dict[int, bytes]] = {}
    for group_id, block, shelf, bits in rows:
        found.setdefault((str(group_id), block), {})[shelf] = bits
    return found


async def work(tx: Transaction, block_size: int, at_most: int) -> list[tuple[str, str]]:
    """Return groups, of all communities, that have blocks to be indexed: (community, group)."""
    rows = await tx.rows(
        "SELECT community_id, group_id FROM search_work(:size, :at_most)", size=block_size, at_most=at_most
    )
    return [(str(row[0]), str(row[1])) for row in rows]


async def lock_position(tx: Transaction, group_id: str) -> tuple[int, int] | None:
    """Lock the index of a group; return how many blocks it has, and the group's last position. None: another has it."""
    await tx.execute(
        "INSERT INTO search_position (community_id, group_id) VALUES (CAST(:community AS uuid), CAST(:group AS uuid))"
        " ON CONFLICT DO NOTHING",
        {"community": tx.community_id, "group": group_id},
    )
    row = await tx.row(
        "SELECT p.blocks, g.last_seq FROM search_position AS p JOIN groups AS g USING (community_id, group_id)"
        " WHERE p.community_id = CAST(:community AS uuid) AND p.group_id = CAST(:group AS uuid)"
        " FOR UPDATE OF p SKIP LOCKED",
        community=tx.community_id,
        group=group_id,
    )
    return (row[0], row[1]) if row is not None else None


async def move_position(tx: Transaction, group_id: str, blocks: int) -> None:
    """Say how many blocks of a group are indexed."""
    await tx.execute(
        "UPDATE search_position SET blocks = :blocks"
        " WHERE community_id = CAST(:community AS uuid) AND group_id = CAST(:group AS uuid)",
        {"community": tx.community_id, "group": group_id, "blocks": blocks},
    )


async def take_stale(tx: Transaction, group_id: str) -> list[int]:
    """Return the blocks of a group of which words have changed or gone, and take them from the list."""
    rows = await tx.rows(
        "DELETE FROM search_stale WHERE community_id = CAST(:community AS uuid) AND group_id = CAST(:group AS uuid)"
        " RETURNING block",
        community=tx.community_id,
        group=group_id,
    )
    return sorted(row[0] for row in rows)


async def write_block(tx: Transaction, group_id: str, block: int, bits: Iterable[bytes]) -> None:
    """Write the shelves of a block in the place of those that were there."""
    await tx.execute(
        "INSERT INTO search_shelf (community_id, group_id, shelf, block, bits)"
        " SELECT CAST(:community AS uuid), CAST(:group AS uuid), u.number - 1, :block, u.bits"
        "   FROM unnest(CAST(:bits AS bytea[])) WITH ORDINALITY AS u(bits, number)"
        " ON CONFLICT (community_id, group_id, shelf, block) DO UPDATE SET bits = excluded.bits",
        {"community": tx.community_id, "group": group_id, "block": block, "bits": list(bits)},
    )


async def remove_block(tx: Transaction, group_id: str, block: int, shelf_count: int) -> None:
    """Remove the shelves of a block in which nothing is left."""
    await tx.execute(
        "DELETE FROM search_shelf WHERE community_id = CAST(:community AS uuid) AND group_id = CAST(:group AS uuid)"
        " AND shelf = ANY (CAST(:shelves AS smallint[])) AND block = :block",
        {"community": tx.community_id, "group": group_id, "block": block, "shelves": list(range(shelf_count))},
    )
