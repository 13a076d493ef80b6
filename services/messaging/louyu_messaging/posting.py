"""Posting: many callers' messages become durable in one statement.

While one flush is in flight the next batch gathers, under load a millisecond longer; when nothing is in flight a
message goes at once, so that nobody pays for company that is not there. A caller is answered after the commit. A batch
that fails as a whole for a reason in one of its rows is tried row by row, so that only that row fails. Nothing is
promised for a flush that the database did not answer: the caller sends the same again, and its idempotency key finds
what was done.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from louyu_runtime.errors import LouyuError
from prometheus_client import Counter, Histogram

from louyu_messaging.errors import GroupNotFound, MessageFaulty, PostingOverloaded, SenderNotMember
from louyu_messaging.message import NewMessage

logger = logging.getLogger(__name__)

MOST_ROWS = 500
MOST_WAITING = 4000
FEW_ROWS = 4
LINGER_SECONDS = 0.001

POSTED = Counter("louyu_messages_posted", "Messages that became durable.")
FLUSH_ROWS = Histogram(
    "louyu_posting_flush_rows", "Messages in one flush.", buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256, 500)
)


@dataclass(frozen=True, eq=False)
class Draft:
    """A checked message on its way into a group. `caller` is whose idempotency key it is."""

    community_id: str
    group_id: str
    caller: str
    request_hash: bytes
    message_id: str
    message: NewMessage
    payload: bytes
    traceparent: str

    @property
    def key(self) -> tuple[str, str, str]:
        """What may stand only once in a flush."""
        return self.community_id, self.caller, self.message.idempotency_key


@dataclass(frozen=True)
class Posted:
    """Where a message stands: this one, or the one that was posted first under the same key."""

    message_id: str
    group_id: str
    seq: int
    posted_at: datetime
    is_repeat: bool


@dataclass(frozen=True)
class Refusal:
    """Why one message was not posted, as a constant: GROUP_NOT_FOUND, SENDER_NOT_MEMBER, REPLY_NOT_FOUND ..."""

    reason: str


Outcome = Posted | Refusal
Flush = Callable[[Sequence[Draft]], Awaitable[Sequence[Outcome]]]


class BadRow(Exception):
    """The database refused a whole flush for something in one of its rows."""


class Poster:
    """Gathers drafts into flushes. `on_posted` is called with the drafts and outcomes of each flush, after its commit."""

    def __init__(self, flush: Flush, on_posted: Callable[[Sequence[tuple[Draft, Posted]]], None]) -> None:
        self._flush = flush
        self._on_posted = on_posted
        self._waiting: deque[tuple[Draft, asyncio.Future[Outcome]]] = deque()
        self._flushing: asyncio.Task[None] | None = None

    async def post(self, draft: Draft) -> Posted:
        """Post one message. Raises what refuses it, PostingOverloaded, or Unavailable."""
        outcome = await self._add([draft])[0]
        if isinstance(outcome, Refusal):
            raise refusal_error(outcome.reason)
        return outcome

    async def post_all(self, drafts: Sequence[Draft]) -> list[Outcome]:
        """Post messages, each on its own, in order. Raises PostingOverloaded before any, or Unavailable."""
        futures = self._add(drafts)
        try:
            return [await future for future in futures]
        finally:
            for future in futures:
                if future.done() and not future.cancelled():
                    future.exception()  # looked at: it is known from the first that failed
                else:
                    future.cancel()

    def _add(self, drafts: Sequence[Draft]) -> list[asyncio.Future[Outcome]]:
        if len(self._waiting) + len(drafts) > MOST_WAITING:
            raise PostingOverloaded
        loop = asyncio.get_running_loop()
        futures: list[asyncio.Future[Outcome]] = [loop.create_future() for _ in drafts]
        self._waiting.extend(zip(drafts, futures, strict=True))
        if self._flushing is None:
            # a task of its own: a caller that gives up must not take the others' flush with it
            self._flushing = asyncio.create_task(self._flush_waiting())
        return futures

    async def close(self) -> None:
        """Wait until what waits has been flushed."""
        while self._flushing is not None:
            await asyncio.shield(self._flushing)

    async def _flush_waiting(self) -> None:
        try:
            while self._waiting:
                batch = self._next_batch()
                await self._flush_batch(batch)
                if len(batch) > FEW_ROWS:  # many speak: those just answered will be back in a moment
                    await asyncio.sleep(LINGER_SECONDS)
        finally:
            self._flushing = None

    def _next_batch(self) -> list[tuple[Draft, asyncio.Future[Outcome]]]:
        """Take up to 500 that are still wanted; of several with one key only the first, so that the others see it."""
        batch: list[tuple[Draft, asyncio.Future[Outcome]]] = []
        later: list[tuple[Draft, asyncio.Future[Outcome]]] = []
        keys: set[tuple[str, str, str]] = set()
        while self._waiting and len(batch) < MOST_ROWS:
            draft, future = self._waiting.popleft()
            if future.done():  # its caller has gone before anything was done
                continue
            (later if draft.key in keys else batch).append((draft, future))
            keys.add(draft.key)
        self._waiting.extendleft(reversed(later))
        return batch

    async def _flush_batch(self, batch: list[tuple[Draft, asyncio.Future[Outcome]]]) -> None:
        if not batch:
            return
        FLUSH_ROWS.observe(len(batch))
        try:
            outcomes = await self._flush([draft for draft, _ in batch])
        except BadRow as error:
            if len(batch) > 1:
                logger.warning("a flush is tried row by row", extra={"rows": len(batch)})
                for one in batch:
                    await self._flush_batch([one])
                return
            _settle(batch[0][1], error)
            return
        except Exception as error:
            for _, future in batch:
                _settle(future, error)
            return
        posted: list[tuple[Draft, Posted]] = []
        for (draft, future), outcome in zip(batch, outcomes, strict=True):
            _settle(future, outcome)
            if isinstance(outcome, Posted) and not outcome.is_repeat:
                posted.append((draft, outcome))
        POSTED.inc(len(posted))
        self._on_posted(posted)


def _settle(future: asyncio.Future[Outcome], result: Outcome | Exception) -> None:
    if future.done():
        return
    if isinstance(result, Exception):
        future.set_exception(result)
    else:
        future.set_result(result)


def refusal_error(reason: str) -> LouyuError:
    """Return the error that a refusal is for a single call."""
    match reason:
        case "GROUP_NOT_FOUND":
            return GroupNotFound()
        case "SENDER_NOT_MEMBER":
            return SenderNotMember()
        case "IDEMPOTENCY_KEY_REUSED":
            words = "this idempotency_key was used with another message; take a new one"
            return MessageFaulty(reason, "message.idempotency_key", words)
        case "REPLY_NOT_FOUND":
            return MessageFaulty(reason, "message.reply_to_seq", "there is no such message in the group")
        case _:
            return MessageFaulty(reason, "message.said_at", "said_at is in the future")
