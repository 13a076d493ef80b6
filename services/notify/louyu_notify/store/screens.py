"""Lobby screens: which there are, what each shows, and what was proved to have been shown."""

from collections.abc import Sequence
from typing import Any

from louyu_runtime.database import Transaction

from louyu_notify.screen import ItemKind, Screen, ScreenItem, Shown


async def find_by_code(tx: Transaction, code: str) -> tuple[str, str] | None:
    """Return community and id of the screen with this code. In a transaction without community."""
    row = await tx.row("SELECT * FROM screen_by_code(:code)", code=code)
    return None if row is None else (str(row.found_community_id), str(row.found_screen_id))


async def get(tx: Transaction, screen_id: str, *, locked: bool = False) -> Screen | None:
    """Return a screen."""
    row = await tx.row(
        "SELECT * FROM screen WHERE screen_id = CAST(:id AS uuid)" + (" FOR UPDATE" if locked else ""), id=screen_id
    )
    return None if row is None else _screen(row)


async def all_of(tx: Transaction) -> list[Screen]:
    """Return the community's screens, by key."""
    return [_screen(row) for row in await tx.rows("SELECT * FROM screen ORDER BY key")]


async def ids_of_groups(tx: Transaction, group_ids: Sequence[str]) -> list[str]:
    """Return the screens that show the matters of these groups."""
    rows = await tx.rows(
        "SELECT screen_id FROM screen WHERE group_id = ANY (CAST(:ids AS uuid[])) ORDER BY screen_id",
        ids=list(group_ids),
    )
    return [str(row.screen_id) for row in rows]


async def save(tx: Transaction, screen: Screen) -> None:
    """Create a screen, or change what is defined of it."""
    await tx.execute(
        "INSERT INTO screen (community_id, screen_id, key, group_id, group_name, place, code)"
        " VALUES (CAST(:community AS uuid), CAST(:id AS uuid), :key, CAST(:group AS uuid), :name, :place, :code)"
        " ON CONFLICT (community_id, screen_id) DO UPDATE SET group_id = excluded.group_id,"
        "   group_name = excluded.group_name, place = excluded.place, code = excluded.code,"
        "   version = screen.version + 1",
        {
            "community": tx.community_id,
            "id": screen.screen_id,
            "key": screen.key,
            "group": screen.group_id,
            "name": screen.group_name,
            "place": screen.place,
            "code": screen.code,
        },
    )


async def remove(tx: Transaction, screen_id: str) -> None:
    """Delete a screen with what it shows and proved."""
    await tx.execute("DELETE FROM screen WHERE screen_id = CAST(:id AS uuid)", {"id": screen_id})


async def put_item(tx: Transaction, screen_id: str, item: ScreenItem) -> bool:
    """Put an item on a screen, or its new content in place of the old; False when it stands there already as it is."""
    changed = await tx.value(
        "INSERT INTO screen_item AS i (community_id, screen_id, item_key, kind, title, text, source, published_at,"
        "   valid_from, valid_until, seconds, question_id, question_number, announcement_id)"
        " VALUES (CAST(:community AS uuid), CAST(:screen AS uuid), CAST(:item AS uuid), :kind, :title, :text, :source,"
        "   :published_at, :valid_from, :valid_until, :seconds, CAST(:question AS uuid), :number,"
        "   CAST(:announcement AS uuid))"
        " ON CONFLICT (community_id, screen_id, item_key) DO UPDATE SET kind = excluded.kind, title = excluded.title,"
        "   text = excluded.text, source = excluded.source, published_at = excluded.published_at,"
        "   valid_from = excluded.valid_from, valid_until = excluded.valid_until, seconds = excluded.seconds,"
        "   revision = i.revision + 1"
        " WHERE (i.kind, i.title, i.text, i.source) IS DISTINCT FROM"
        "   (excluded.kind, excluded.title, excluded.text, excluded.source) RETURNING true",
        community=tx.community_id,
        screen=screen_id,
        item=item.item_key,
        kind=item.kind.value,
        title=item.title,
        text=item.text,
        source=item.source,
        published_at=item.published_at,
        valid_from=item.valid_from,
        valid_until=item.valid_until,
        seconds=item.seconds,
        question=item.question_id,
        number=item.question_number,
        announcement=item.announcement_id,
    )
    return bool(changed)


async def remove_question(tx: Transaction, question_id: str) -> list[str]:
    """Take a question's item off every screen; return the screens that showed it."""
    rows = await tx.rows(
        "DELETE FROM screen_item WHERE question_id = CAST(:id AS uuid) RETURNING screen_id", id=question_id
    )
    return sorted(str(row.screen_id) for row in rows)


async def remove_expired(tx: Transaction, screen_id: str) -> None:
    """Forget items of a screen that ended a day ago or more; screens drop them by themselves at their end."""
    await tx.execute(
        "DELETE FROM screen_item WHERE screen_id = CAST(:id AS uuid) AND valid_until < clock_now() - interval '1 day'",
        {"id": screen_id},
    )


async def grow_version(tx: Transaction, screen_id: str) -> int:
    """Say that the playlist has changed; return its new version."""
    return int(
        await tx.value(
            "UPDATE screen SET version = version + 1 WHERE screen_id = CAST(:id AS uuid) RETURNING version",
            id=screen_id,
        )
    )


async def playlist(tx: Transaction, screen_id: str) -> list[ScreenItem]:
    """Return what a screen shows: emergencies first, then announcements, then answers, each the newest first."""
    rows = await tx.rows(
        "SELECT * FROM screen_item WHERE screen_id = CAST(:id AS uuid) AND valid_until > :now"
        " ORDER BY CASE kind WHEN 'emergency' THEN 0 WHEN 'announcement' THEN 1 ELSE 2 END, published_at DESC, item_key",
        id=screen_id,
        now=tx.now,
    )
    return [_item(row) for row in rows]


async def add_proofs(tx: Transaction, screen_id: str, proofs: Sequence[Shown]) -> None:
    """Add proofs to what is known of each item."""
    await tx.execute(
        "INSERT INTO screen_proof AS p (community_id, screen_id, item_id, first_shown_at, last_shown_at, times, seconds)"
        " SELECT CAST(:community AS uuid), CAST(:screen AS uuid), s.item, min(s.began), max(s.ended), count(*),"
        "   sum(EXTRACT(epoch FROM s.ended - s.began))"
        "  FROM unnest(CAST(:items AS text[]), CAST(:began AS timestamptz[]), CAST(:ended AS timestamptz[]))"
        "    AS s(item, began, ended) GROUP BY s.item"
        " ON CONFLICT (community_id, screen_id, item_id) DO UPDATE SET"
        "   first_shown_at = least(p.first_shown_at, excluded.first_shown_at),"
        "   last_shown_at = greatest(p.last_shown_at, excluded.last_shown_at), times = p.times + excluded.times,"
        "   seconds = p.seconds + excluded.seconds",
        {
            "community": tx.community_id,
            "screen": screen_id,
            "items": [proof.item_id for proof in proofs],
            "began": [proof.shown_from for proof in proofs],
            "ended": [proof.shown_until for proof in proofs],
        },
    )


async def mark_shown(tx: Transaction, screen_id: str, item_keys: Sequence[str]) -> list[str]:
    """Note on an announcement's delivery that the screen has proved it; return announcements shown for the first time."""
    rows = await tx.rows(
        "UPDATE delivery AS d SET shown_at = :now FROM screen_item AS i"
        " WHERE i.screen_id = CAST(:screen AS uuid) AND i.item_key = ANY (CAST(:keys AS uuid[]))"
        "   AND d.announcement_id = i.announcement_id AND d.recipient_kind = 'screen'"
        "   AND d.recipient_id = i.screen_id AND d.shown_at IS NULL RETURNING d.announcement_id",
        screen=screen_id,
        keys=list(item_keys),
        now=tx.now,
    )
    return sorted({str(row.announcement_id) for row in rows})


async def note_report(tx: Transaction, screen_id: str, *, last_record: int, playlist_version: int) -> None:
    """Note that a screen has reported, and how far its proofs are durable."""
    await tx.execute(
        "UPDATE screen SET last_seen_at = :now, last_record = greatest(last_record, :record),"
        "   shown_version = :version WHERE screen_id = CAST(:id AS uuid)",
        {"id": screen_id, "now": tx.now, "record": last_record, "version": playlist_version},
    )


async def note_seen(tx: Transaction, screen_id: str) -> int | None:
    """Note at most once a minute that a screen is there; return its version, None if there is no such screen."""
    await tx.execute(
        "UPDATE screen SET last_seen_at = :now WHERE screen_id = CAST(:id AS uuid)"
        " AND (last_seen_at IS NULL OR last_seen_at < CAST(:now AS timestamptz) - interval '1 minute')",
        {"id": screen_id, "now": tx.now},
    )
    found = await tx.value("SELECT version FROM screen WHERE screen_id = CAST(:id AS uuid)", id=screen_id)
    return None if found is None else int(found)


def _screen(row: Any) -> Screen:
    return Screen(
        screen_id=str(row.screen_id),
        community_id=str(row.community_id),
        key=row.key,
        group_id=str(row.group_id),
        group_name=row.group_name,
        place=row.place,
        code=row.code,
        version=row.version,
        last_record=row.last_record,
        last_seen_at=row.last_seen_at,
    )


def _item(row: Any) -> ScreenItem:
    return ScreenItem(
        item_key=str(row.item_key),
        kind=ItemKind(row.kind),
        title=row.title,
        text=row.text,
        source=row.source,
        published_at=row.published_at,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        seconds=row.seconds,
        question_id=str(row.question_id) if row.question_id else None,
        question_number=row.question_number,
        announcement_id=str(row.announcement_id) if row.announcement_id else None,
        revision=row.revision,
    )
