"""Chores: fetching from channels, asking plugins for words, deleting bytes, forgetting what was never posted.

Each is a row that any replica takes under a lease, tries again after growing pauses, and gives up in the end where it can
be seen: a photo that could not be fetched is shown so, a recording without words is offered to people in the console.
"""

from __future__ import annotations

import asyncio
import logging
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

from louyu.notify.v1 import notify_service_pb2 as notify
from louyu_runtime.database import Database
from louyu_runtime.errors import LouyuError, RemoteError, Unavailable
from louyu_runtime.rpc.client import Client
from prometheus_client import Counter

from louyu_messaging.errors import MediaFaulty, WordsAreThere
from louyu_messaging.media.media import ARRIVING, LONGEST_WORDS, READY, Media, Unusable
from louyu_messaging.media.objects import SUFFIXES, Objects
from louyu_messaging.media.uploads import receive
from louyu_messaging.media.words import tell_changed, write_words
from louyu_messaging.media.workshop import Workshop
from louyu_messaging.store import media as store
from louyu_messaging.store.media import Task

logger = logging.getLogger(__name__)

POLL_SECONDS = 2.0
LEASE = timedelta(minutes=3)
AT_ONCE = 4
PAUSES = [timedelta(seconds=seconds) for seconds in (5, 30, 120, 600, 1800, 3600)]
TRANSCRIBE_ATTEMPTS = 3
FETCH_SECONDS = 60.0
ORPHANS_AFTER = timedelta(days=1)
FORGET_EVERY_SECONDS = 600.0

CHORES = Counter("louyu_media_chores", "Attempts to fetch or transcribe media, by kind and result.", ["kind", "result"])

Transcribe = Callable[[Media, bytes], Awaitable[str | None]]
"""Asks plugins for the words of a recording: None when none of them has any. Raises TranscriberFailed."""


class TranscriberFailed(Exception):
    """A plugin that may know the words failed; it may succeed later."""


class Chores:
    """What is done for media in the background."""

    def __init__(
        self,
        database: Database,
        workshop: Workshop,
        objects: Objects,
        notify_client: Client[object],
        transcribe: Transcribe | None,
    ) -> None:
        self._database = database
        self._workshop = workshop
        self._objects = objects
        self._notify = notify_client
        self._transcribe = transcribe
        self._news = asyncio.Event()

    def wake(self) -> None:
        """Say that there may be something to do."""
        self._news.set()

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            self._news.clear()
            while await self.work_once():
                pass
            try:
                async with asyncio.timeout(POLL_SECONDS):
                    await self._news.wait()
            except TimeoutError:
                pass

    async def work_once(self) -> bool:
        """Do what is due, a few at a time; False if nothing was."""
        try:
            async with self._database.transaction() as tx:
                tasks = await store.claim_tasks(tx, AT_ONCE, LEASE)
                rubbish = await store.claim_rubbish(tx, AT_ONCE * 4, LEASE)
        except Unavailable:
            return False
        await asyncio.gather(*map(self._do, tasks), *(self._delete(*each) for each in rubbish))
        return bool(tasks or rubbish)

    async def forget(self) -> None:
        """Forget what no message has posted for a day, until cancelled."""
        while True:
            async with self._database.transaction(statement_ms=30_000) as tx:
                count = await store.forget_orphans(tx, ORPHANS_AFTER)
            if count:
                logger.info("uploads that nobody posted are forgotten", extra={"count": count})
                self.wake()
            await asyncio.sleep(FORGET_EVERY_SECONDS)

    async def _do(self, task: Task) -> None:
        work = self._fetch if task.kind == "fetch" else self._find_words
        try:
            await work(task)
            CHORES.labels(task.kind, "done").inc()
        except (LouyuError, RemoteError, TranscriberFailed, TimeoutError) as error:
            reason = getattr(error, "reason", type(error).__name__)
            CHORES.labels(task.kind, "failed").inc()
            logger.info("media: tried again later", extra={"chore": task.kind, "reason": reason})
            await self._postpone(task, str(reason))
        except Exception:
            CHORES.labels(task.kind, "failed").inc()
            logger.exception("media: a chore failed", extra={"chore": task.kind, "attempt": task.attempt})
            await self._postpone(task, "INTERNAL")

    async def _postpone(self, task: Task, reason: str) -> None:
        async with self._database.transaction(task.community_id) as tx:
            if task.kind == "transcribe" and (task.is_last or task.attempt >= TRANSCRIBE_ATTEMPTS):
                await store.end_task(tx, task)  # from now on people are asked
            elif task.is_last:
                media = await store.mark_unusable(tx, task.media_id)
                if media is not None:
                    await tell_changed(tx, media, "media")
            else:
                await store.postpone(tx, task, PAUSES[min(task.attempt, len(PAUSES)) - 1], reason)

    async def _fetch(self, task: Task) -> None:
        """Fetch from the channel, make, store; what the channel has no longer, or is no photo, stays unusable."""
        async with self._database.transaction(task.community_id) as tx:
            media = await store.one(tx, task.media_id)
            if media is None or media.state != ARRIVING:
                await store.end_task(tx, task)
                return
        try:
            with tempfile.NamedTemporaryFile(prefix="louyu-fetch-") as file:
                await receive(file, self._fetched(task))
                made = await self._workshop.make(file.name)
        except (Unusable, MediaFaulty) as error:
            await self._give_up(task, error.reason)
            return
        except RemoteError as error:
            if error.reason != "MEDIA_GONE":
                raise
            await self._give_up(task, error.reason)
            return
        await self._objects.put(media.object_name, made)
        async with self._database.transaction(task.community_id) as tx:
            done = await store.finish(tx, media.id, media.object_name, made)
            if done is not None:
                await tell_changed(tx, done, "media")

    async def _fetched(self, task: Task) -> AsyncIterator[bytes]:
        request = notify.FetchMediaRequest(**task.detail)
        async for part in self._notify.stream("FetchMedia", request, timeout=FETCH_SECONDS):
            yield part.chunk

    async def _give_up(self, task: Task, reason: str) -> None:
        logger.info("media of a channel cannot be used", extra={"reason": reason})
        async with self._database.transaction(task.community_id) as tx:
            media = await store.mark_unusable(tx, task.media_id)
            if media is not None:
                await tell_changed(tx, media, "media")

    async def _find_words(self, task: Task) -> None:
        """Ask the plugins; without an answer the recording is offered to people."""
        async with self._database.transaction(task.community_id) as tx:
            media = await store.one(tx, task.media_id)
        words = None
        if media is not None and media.state == READY and not media.words_by and self._transcribe is not None:
            sound = b"".join(
                [part async for part in self._objects.read(media.object_name + SUFFIXES[media.kind], 0, 0)]
            )
            words = await self._transcribe(media, sound)
        async with self._database.transaction(task.community_id) as tx:
            if words and media is not None:
                try:
                    await write_words(tx, media.id, media.group_id, words[:LONGEST_WORDS], "plugin", None)
                except WordsAreThere:
                    await store.end_task(tx, task)
            else:
                await store.end_task(tx, task)

    async def _delete(self, community_id: str, object_name: str) -> None:
        try:
            await self._objects.delete(object_name)
        except LouyuError as error:
            logger.info("bytes of media are deleted later", extra={"reason": error.reason})
            return  # its lease runs out, and it is tried again
        async with self._database.transaction(community_id) as tx:
            await store.end_rubbish(tx, object_name)
