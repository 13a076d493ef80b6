"""What a message may post: photos or one recording, the sender's own, taken in for this group, and used by no other.

Claimed before the message is posted, under its idempotency key, so that a repeat of the post finds its own claim; the
message's commit then ties them to it. Messages without media never come here.
"""

from __future__ import annotations

from collections.abc import Sequence

from louyu_runtime.database import Database
from louyu_runtime.ids import is_uuid

from louyu_messaging.errors import MessageFaulty
from louyu_messaging.media.media import ERASED, PHOTO, READY
from louyu_messaging.store import media as store


async def claim_media(
    database: Database, community_id: str, group_id: str, sender_id: str, media_ids: Sequence[str], key: str
) -> str:
    """Return by which way a message with these is given, "photo" or "voice". Raises MessageFaulty naming the first fault."""
    for at, media_id in enumerate(media_ids):
        if not is_uuid(media_id) or media_id in media_ids[:at]:
            raise _faulty("MEDIA_NOT_FOUND", at, "not the id of an upload, or named twice")
    async with database.transaction(community_id) as tx:
        found = await store.lock_for_post(tx, media_ids)
        kinds = set()
        for at, media_id in enumerate(media_ids):
            one = found.get(media_id.lower())
            is_own = one is not None and one.media.owner_id == sender_id and one.media.group_id == group_id
            if one is None or not is_own or one.media.state == ERASED:
                raise _faulty("MEDIA_NOT_FOUND", at, "no upload of the sender for this group: upload it first")
            if one.claim and one.claim != key:
                raise _faulty("MEDIA_USED", at, "posted already: upload it once more for another message")
            if one.media.state != READY:
                raise _faulty("MEDIA_NOT_READY", at, "its upload did not come to its end: upload it once more")
            kinds.add(one.media.kind)
        if kinds != {PHOTO} and len(media_ids) > 1:
            raise _faulty("MEDIA_MIXED", 1, "photos, or one recording: post them as messages of their own")
        await store.claim(tx, media_ids, key)
    return kinds.pop()


async def release_media(database: Database, community_id: str, media_ids: Sequence[str], key: str) -> None:
    """Take back the claim of a post that was refused, so that another message may use them."""
    async with database.transaction(community_id) as tx:
        await store.release(tx, media_ids, key)


def _faulty(reason: str, at: int, words: str) -> MessageFaulty:
    return MessageFaulty(reason, f"message.media_ids[{at}]", words, "照片或语音没有传好，请重新选一次再发。")
