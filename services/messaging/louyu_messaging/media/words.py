"""Words of recordings: whoever finds them first, plugin or person, has them stand in the group, once.

The message then has them as its text, readers are told that it changed, and an event lets routing understand it as if it
had been posted with them.
"""

from __future__ import annotations

from dataclasses import replace

from louyu.events.v1 import messaging_events_pb2 as events
from louyu_runtime.database import Transaction, append_event

from louyu_messaging.changes import record_change
from louyu_messaging.errors import MediaNotFound, WordsAreThere
from louyu_messaging.events import posted_event
from louyu_messaging.media.media import READY, VOICE, Media
from louyu_messaging.message import SHOWN
from louyu_messaging.store import media as store
from louyu_messaging.store import messages

NOBODY = "nobody"


async def write_words(tx: Transaction, media_id: str, group_id: str, words: str, by: str, person_id: str | None) -> int:
    """Give a recording its words, empty ones if nothing can be understood; return the position of its message.

    Raises MediaNotFound for what is no posted recording of the group, WordsAreThere when somebody was quicker.
    """
    media = await store.one(tx, media_id, lock=True)
    if media is None or media.group_id != group_id or media.kind != VOICE or media.state != READY or not media.seq:
        raise MediaNotFound
    if media.words_by:
        raise WordsAreThere
    await store.set_words(tx, media_id, words, by if words else NOBODY, person_id)
    if words:
        await store.set_message_text(tx, media, words)
        await _tell_transcribed(tx, media, words, by)
    await tell_changed(tx, media, "words")
    return media.seq


async def tell_changed(tx: Transaction, media: Media, what: str) -> None:
    """Tell readers of the group that a message is shown differently now; nothing before it is posted."""
    if media.seq:
        await record_change(tx, media.group_id, media.seq, what, "", "")


async def _tell_transcribed(tx: Transaction, media: Media, words: str, by: str) -> None:
    message = await messages.at(tx, media.group_id, media.seq)
    if message is None or message.state != SHOWN:
        return
    told = posted_event(media.group_id, replace(message, text=words))
    append_event(tx, events.VoiceTranscribed(message=told, words_by=by), subject=f"group/{media.group_id}")
