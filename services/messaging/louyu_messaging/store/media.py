"""Photos and recordings in the database: who may use and read them, and what is still to be done with them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from louyu_runtime.database import Transaction

from louyu_messaging.media.media import ARRIVING, READY, UNUSABLE, Made, Media

_COLUMNS = (
    "m.media_id, m.group_id, m.owner_id, m.kind, m.state, m.content_type, m.size_bytes, m.width, m.height,"
    " m.duration_ms, m.words, m.words_by, m.seq, m.object_name, m.digest"
)
_OWN = "m.community_id = CAST(:community AS uuid)"
_ONE = f"{_OWN} AND m.media_id = CAST(:media AS uuid)"
_THESE = f"{_OWN} AND m.media_id = ANY (CAST(:media AS uuid[]))"


@dataclass(frozen=True)
class Task:
    """Something to be done with a photo or recording. `is_last`: its time is over after this attempt."""

    community_id: str
    media_id: str
    kind: str
    detail: Mapping[str, Any]
    attempt: int
    is_last: bool


@dataclass(frozen=True)
class Claimed:
    """A photo or recording as the post that names it finds it. `claim` is the key of the post that uses it already."""

    media: Media
    claim: str


async def insert(tx: Transaction, media: Media, *, claim: str = "") -> bool:
    """Note a photo or recording that is arriving; False if one of this id is known."""
    result = await tx.execute(
        "INSERT INTO media (community_id, media_id, group_id, owner_id, kind, state, digest, object_name, words,"
        " words_by, claim, created_at)"
        " VALUES (CAST(:community AS uuid), CAST(:media AS uuid), CAST(:group AS uuid), CAST(:owner AS uuid), :kind,"
        " :state, :digest, :name, :words, :words_by, NULLIF(:claim, ''), CAST(:now AS timestamptz))"
        " ON CONFLICT DO NOTHING",
        {
            "community": tx.community_id,
            "media": media.id,
            "group": media.group_id,
            "owner": media.owner_id,
            "kind": media.kind,
            "state": media.state,
            "digest": media.digest,
            "name": media.object_name,
            "words": media.words,
            "words_by": media.words_by,
            "claim": claim,
            "now": tx.now,
        },
    )
    return bool(result.rowcount)


async def one(tx: Transaction, media_id: str, *, lock: bool = False) -> Media | None:
    """Return one."""
    statement = f"SELECT {_COLUMNS} FROM media AS m WHERE {_ONE}{' FOR UPDATE' if lock else ''}"
    row = await tx.row(statement, community=tx.community_id, media=media_id)
    return None if row is None else _media(row)


async def of_ids(tx: Transaction, media_ids: Sequence[str]) -> dict[str, Media]:
    """Return those that there are, by id."""
    rows = await tx.rows(
        f"SELECT {_COLUMNS} FROM media AS m WHERE {_THESE}", community=tx.community_id, media=list(media_ids)
    )
    return {str(row.media_id): _media(row) for row in rows}


async def lock_for_post(tx: Transaction, media_ids: Sequence[str]) -> dict[str, Claimed]:
    """Return those that there are, by id, locked."""
    rows = await tx.rows(
        f"SELECT {_COLUMNS}, m.claim FROM media AS m WHERE {_THESE} ORDER BY m.media_id FOR UPDATE",
        community=tx.community_id,
        media=list(media_ids),
    )
    return {str(row.media_id): Claimed(_media(row), row.claim or "") for row in rows}


async def claim(tx: Transaction, media_ids: Sequence[str], key: str) -> None:
    """Let the post of this idempotency key use them, and no other."""
    await tx.execute(
        f"UPDATE media AS m SET claim = :key WHERE {_THESE}",
        {"community": tx.community_id, "media": list(media_ids), "key": key},
    )


async def release(tx: Transaction, media_ids: Sequence[str], key: str) -> None:
    """Take back the claim of a post that was refused."""
    await tx.execute(
        f"UPDATE media AS m SET claim = NULL WHERE {_THESE} AND m.claim = :key AND m.seq IS NULL",
        {"community": tx.community_id, "media": list(media_ids), "key": key},
    )


async def unposted_count(tx: Transaction, owner_id: str) -> int:
    """Return how many of this person's no message has posted."""
    return int(
        await tx.value(
            f"SELECT count(*) FROM media AS m WHERE {_OWN} AND m.owner_id = CAST(:owner AS uuid) AND m.seq IS NULL",
            community=tx.community_id,
            owner=owner_id,
        )
    )


async def rename(tx: Transaction, media: Media, object_name: str) -> None:
    """Give one that is still arriving another name in the store; what may stand under the former is rubbish."""
    await _throw_away(tx, [media.object_name])
    await tx.execute(
        f"UPDATE media AS m SET object_name = :name WHERE {_ONE}",
        {"community": tx.community_id, "media": media.id, "name": object_name},
    )


async def finish(tx: Transaction, media_id: str, object_name: str, made: Made) -> Media | None:
    """Note that it can be read now; None if it no longer arrives under this name. A posted recording wants words."""
    row = await tx.row(
        f"UPDATE media AS m SET state = '{READY}', kind = :kind, content_type = :type, size_bytes = :size,"
        " width = :width, height = :height, duration_ms = :duration"
        f" WHERE {_ONE} AND m.state = '{ARRIVING}' AND m.object_name = :name RETURNING {_COLUMNS}",
        community=tx.community_id,
        media=media_id,
        name=object_name,
        kind=made.kind,
        type=made.content_type,
        size=len(made.data),
        width=made.width,
        height=made.height,
        duration=made.duration_ms,
    )
    if row is None:
        await _throw_away(tx, [object_name])
        return None
    await _end_task(tx, media_id, "fetch")
    await tx.execute(
        "INSERT INTO media_task (community_id, media_id, kind, due_at, ends_at)"
        " SELECT m.community_id, m.media_id, 'transcribe', CAST(:now AS timestamptz),"
        "   CAST(:now AS timestamptz) + interval '1 day'"
        "  FROM media AS m JOIN message AS s ON s.community_id = m.community_id AND s.group_id = m.group_id"
        f"   AND s.seq = m.seq WHERE {_ONE} AND m.kind = 'voice' AND btrim(s.text) = '' ON CONFLICT DO NOTHING",
        {"community": tx.community_id, "media": media_id, "now": tx.now},
    )
    return _media(row)


async def mark_unusable(tx: Transaction, media_id: str) -> Media | None:
    """Note that it will never be readable; None if it is not arriving."""
    row = await tx.row(
        f"UPDATE media AS m SET state = '{UNUSABLE}' WHERE {_ONE} AND m.state = '{ARRIVING}' RETURNING {_COLUMNS}",
        community=tx.community_id,
        media=media_id,
    )
    await _end_task(tx, media_id, "fetch")
    if row is None:
        return None
    await _throw_away(tx, [row.object_name])
    return _media(row)


async def set_words(tx: Transaction, media_id: str, words: str, by: str, person_id: str | None) -> None:
    """Note the words of a recording and who found them; nothing is left to be done for them."""
    await tx.execute(
        f"UPDATE media AS m SET words = :words, words_by = :by, words_person_id = CAST(:person AS uuid) WHERE {_ONE}",
        {"community": tx.community_id, "media": media_id, "words": words, "by": by, "person": person_id},
    )
    await _end_task(tx, media_id, "transcribe")


async def set_message_text(tx: Transaction, media: Media, words: str) -> None:
    """Let a message without words of its own have those of its recording."""
    await tx.execute(
        "UPDATE message SET text = :words WHERE community_id = CAST(:community AS uuid)"
        " AND group_id = CAST(:group AS uuid) AND seq = :seq AND btrim(text) = ''",
        {"words": words, "community": tx.community_id, "group": media.group_id, "seq": media.seq},
    )


async def wordless(
    tx: Transaction, group_ids: Sequence[str], after: tuple[datetime, str] | None, limit: int
) -> list[tuple[Media, Any]]:
    """Return recordings without words in these groups, the oldest first, each with name, sender and time of its message."""
    rows = await tx.rows(
        f"SELECT {_COLUMNS}, g.name AS group_name, s.sender_name, s.posted_at FROM media AS m"
        " JOIN groups AS g ON g.community_id = m.community_id AND g.group_id = m.group_id"
        " JOIN message AS s ON s.community_id = m.community_id AND s.group_id = m.group_id AND s.seq = m.seq"
        f" WHERE {_OWN} AND m.group_id = ANY (CAST(:groups AS uuid[])) AND m.seq IS NOT NULL AND m.kind = 'voice'"
        "   AND m.words_by = '' AND m.state = 'ready' AND btrim(s.text) = ''"
        "   AND NOT EXISTS (SELECT FROM media_task AS t WHERE t.community_id = m.community_id"
        "     AND t.media_id = m.media_id AND t.kind = 'transcribe')"
        "   AND (CAST(:at AS timestamptz) IS NULL OR (s.posted_at, m.media_id) > (CAST(:at AS timestamptz), CAST(:after AS uuid)))"
        " ORDER BY s.posted_at, m.media_id LIMIT :limit",
        community=tx.community_id,
        groups=list(group_ids),
        at=None if after is None else after[0],
        after=None if after is None else after[1],
        limit=limit,
    )
    return [(_media(row), row) for row in rows]


async def erase(tx: Transaction, media_ids: Iterable[str]) -> None:
    """Delete photos and recordings: words and digest at once, bytes soon; messages show that there was something."""
    await tx.execute(
        "SELECT erase_media(CAST(:community AS uuid), CAST(:media AS uuid[]))",
        {"community": tx.community_id, "media": list(media_ids)},
    )


async def add_fetch(tx: Transaction, media_id: str, detail: Mapping[str, str], ends_after: timedelta) -> None:
    """Note that it is to be fetched from a channel."""
    await tx.execute(
        "INSERT INTO media_task (community_id, media_id, kind, detail, due_at, ends_at)"
        " VALUES (CAST(:community AS uuid), CAST(:media AS uuid), 'fetch', CAST(:detail AS jsonb),"
        " CAST(:now AS timestamptz), CAST(:ends AS timestamptz)) ON CONFLICT DO NOTHING",
        {
            "community": tx.community_id,
            "media": media_id,
            "detail": json.dumps(dict(detail)),
            "now": tx.now,
            "ends": tx.now + ends_after,
        },
    )


async def claim_tasks(tx: Transaction, at_most: int, lease: timedelta) -> list[Task]:
    """Take tasks that are due; whoever does not end or postpone one within the lease loses it."""
    rows = await tx.rows("SELECT * FROM claim_media_tasks(:most, :lease)", most=at_most, lease=lease)
    return [
        Task(
            str(row.community_id),
            str(row.media_id),
            row.kind,
            row.detail if isinstance(row.detail, dict) else json.loads(row.detail),
            row.attempt_count,
            row.is_last,
        )
        for row in rows
    ]


async def postpone(tx: Transaction, task: Task, pause: timedelta, error: str) -> None:
    """Try a task again after a while, within its time."""
    await tx.execute(
        "UPDATE media_task AS m SET due_at = least(CAST(:due AS timestamptz), greatest(m.ends_at, CAST(:now AS timestamptz)"
        f" + interval '1 second')), error = :error WHERE {_ONE} AND m.kind = :kind",
        {
            "community": tx.community_id,
            "media": task.media_id,
            "kind": task.kind,
            "now": tx.now,
            "due": tx.now + pause,
            "error": error,
        },
    )


async def end_task(tx: Transaction, task: Task) -> None:
    """Be done with a task."""
    await _end_task(tx, task.media_id, task.kind)


async def claim_rubbish(tx: Transaction, at_most: int, lease: timedelta) -> list[tuple[str, str]]:
    """Take names whose bytes are to be deleted, as (community, name)."""
    rows = await tx.rows("SELECT * FROM claim_media_rubbish(:most, :lease)", most=at_most, lease=lease)
    return [(str(row.community_id), row.object_name) for row in rows]


async def end_rubbish(tx: Transaction, object_name: str) -> None:
    """Note that the bytes under a name are gone."""
    await tx.execute(
        "DELETE FROM media_rubbish WHERE community_id = CAST(:community AS uuid) AND object_name = :name",
        {"community": tx.community_id, "name": object_name},
    )


async def forget_orphans(tx: Transaction, older_than: timedelta) -> int:
    """Forget what no message has posted for so long; return how many, at most 1,000."""
    return int(await tx.value("SELECT forget_orphan_media(:age)", age=older_than))


async def _end_task(tx: Transaction, media_id: str, kind: str) -> None:
    await tx.execute(
        f"DELETE FROM media_task AS m WHERE {_ONE} AND m.kind = :kind",
        {"community": tx.community_id, "media": media_id, "kind": kind},
    )


async def _throw_away(tx: Transaction, names: Sequence[str]) -> None:
    await tx.execute(
        "INSERT INTO media_rubbish (community_id, object_name, due_at)"
        " SELECT CAST(:community AS uuid), n, CAST(:now AS timestamptz) FROM unnest(CAST(:names AS text[])) AS n"
        " ON CONFLICT DO NOTHING",
        {"community": tx.community_id, "names": list(names), "now": tx.now},
    )


def _media(row: Any) -> Media:
    return Media(
        id=str(row.media_id),
        group_id=str(row.group_id),
        owner_id=str(row.owner_id),
        kind=row.kind,
        state=row.state,
        content_type=row.content_type,
        size_bytes=row.size_bytes,
        width=row.width,
        height=row.height,
        duration_ms=row.duration_ms,
        words=row.words,
        words_by=row.words_by,
        seq=row.seq or 0,
        object_name=row.object_name,
        digest=bytes(row.digest),
    )
