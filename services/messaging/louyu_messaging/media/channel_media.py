"""Media of a channel: noted when the message comes, fetched afterwards, since a callback has seconds and a fetch may not.

An id follows from the callback and the place in it, so that a repeated callback notes nothing twice. The message stands
in the group at once; until its photo has been fetched, readers are shown that it is on its way.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from louyu_runtime.database import Database
from louyu_runtime.ids import named_id

from louyu_messaging.media.media import ARRIVING, PHOTO, VOICE, Media
from louyu_messaging.media.uploads import new_name
from louyu_messaging.store import media as store

KEPT_BY_CHANNEL = timedelta(days=3)
"""WeChat keeps what people send for three days ("获取临时素材")."""


@dataclass(frozen=True)
class ChannelMedia:
    """Ids that a channel gave, with the callback that brought them. `words` are those that it has recognised."""

    channel: str
    account: str
    callback: str
    ids: tuple[str, ...]
    via: str
    words: str


async def note_media(
    database: Database, community_id: str, group_id: str, owner_id: str, brought: ChannelMedia, key: str
) -> tuple[str, ...]:
    """Note what is to be fetched for the post of this idempotency key; return our ids, in order."""
    kind = VOICE if brought.via == "voice" else PHOTO
    words = brought.words.strip() if kind == VOICE else ""
    ids = tuple(named_id(community_id, "media", f"{brought.callback}/{at}") for at in range(len(brought.ids)))
    async with database.transaction(community_id) as tx:
        for media_id, channel_id in zip(ids, brought.ids, strict=True):
            arriving = Media(
                media_id,
                group_id,
                owner_id,
                kind,
                ARRIVING,
                words=words,
                words_by="channel" if words else "",
                object_name=new_name(community_id),
            )
            if await store.insert(tx, arriving, claim=key):
                where = {"channel": brought.channel, "account": brought.account, "channel_media_id": channel_id}
                await store.add_fetch(tx, media_id, where, KEPT_BY_CHANNEL)
    return ids
