"""Watching: tells those who wait that something may have changed. A hint is a reason to read, never the truth.

Two kinds of waiters: pages that follow questions (`WatchQuestions`, fed by routing's own events of all replicas), and
calls that wait a moment until a message has been understood (fed by this replica's commits alone; they poll besides).
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from google.protobuf.message import DecodeError
from louyu.events.v1 import envelope_pb2, routing_events_pb2

LONGEST_QUEUE = 100

T = TypeVar("T")

_CLASSES = routing_events_pb2.DESCRIPTOR.message_types_by_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """A question that may have changed, and the groups in which it was asked. Empty: hints may have been missed."""

    community_id: str = ""
    question_id: str = ""
    group_ids: frozenset[str] = frozenset()


@dataclass(eq=False, slots=True)
class Watcher:
    """One follower of a community's questions."""

    community_id: str
    queue: asyncio.Queue[Hint] = field(default_factory=lambda: asyncio.Queue(LONGEST_QUEUE))

    def offer(self, hint: Hint) -> None:
        """Queue a hint; for a slow follower everything queued becomes one word that hints were missed."""
        if self.queue.full():
            while not self.queue.empty():
                self.queue.get_nowait()
            hint = Hint()
        self.queue.put_nowait(hint)


class Watchers:
    """Everybody who waits for news in this process."""

    def __init__(self) -> None:
        self._followers: dict[str, set[Watcher]] = defaultdict(set)
        self._waiting: dict[str, set[asyncio.Event]] = defaultdict(set)

    @contextmanager
    def following(self, community_id: str) -> Iterator[Watcher]:
        """Follow a community's questions until the end of the block."""
        watcher = Watcher(community_id)
        self._followers[community_id].add(watcher)
        try:
            yield watcher
        finally:
            _discard(self._followers, community_id, watcher)

    @contextmanager
    def waiting(self, community_id: str) -> Iterator[asyncio.Event]:
        """Get an event that is set whenever this replica has committed something in the community."""
        event = asyncio.Event()
        self._waiting[community_id].add(event)
        try:
            yield event
        finally:
            _discard(self._waiting, community_id, event)

    def changed_in(self, community_id: str) -> None:
        """Tell those who wait that this replica has committed something in the community."""
        for event in self._waiting.get(community_id, ()):
            event.set()

    def on_event(self, envelope: envelope_pb2.Envelope) -> None:
        """Take an event that routing has published."""
        followers = self._followers.get(envelope.community_id)
        if not followers or envelope.type not in _CLASSES:
            return
        try:
            payload = getattr(routing_events_pb2, envelope.type).FromString(envelope.payload)
        except DecodeError:
            return
        facts: routing_events_pb2.QuestionFacts = payload.question
        hint = Hint(
            community_id=envelope.community_id,
            question_id=facts.question_id,
            group_ids=frozenset({facts.group_id, *(asker.group_id for asker in facts.askers)}),
        )
        for watcher in followers:
            watcher.offer(hint)

    def on_gap(self) -> None:
        """Tell everybody that hints may have been missed."""
        for followers in self._followers.values():
            for watcher in followers:
                watcher.offer(Hint())


def _discard(found: dict[str, set[T]], key: str, member: T) -> None:
    found[key].discard(member)
    if not found[key]:
        del found[key]
