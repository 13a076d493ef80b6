"""Names and form of the streams: one for each service and partition, one envelope an entry."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Generic, TypeVar

from google.protobuf.message import Message
from louyu.events.v1 import envelope_pb2
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

PayloadT = TypeVar("PayloadT", bound=Message)

FIELD = b"e"
BLOCK_MS = 2000


def connect_redis(url: str) -> Redis:
    """Return a client with bounded waits that repeats nothing by itself: the loops that use it do."""
    return Redis.from_url(
        url,
        protocol=2,
        socket_connect_timeout=1.0,
        socket_timeout=BLOCK_MS / 1000 + 1.0,
        retry=Retry(NoBackoff(), 0),
        health_check_interval=15,
        max_connections=128,
    )


@lru_cache(4096)
def partition_of(community_id: str, partitions: int) -> int:
    """Return the partition of a community: the same in every service."""
    return uuid.UUID(community_id).int % partitions


def stream_name(source: str, partition: int) -> str:
    """Return the key of a service's stream for one partition."""
    return f"louyu:events:{source}:{partition}"


def relay_key(source: str) -> str:
    """Return the key that holds the number of the last publishing of a service."""
    return f"louyu:relay:{source}"


@dataclass(frozen=True)
class Event(Generic[PayloadT]):
    """An event as a handler sees it."""

    id: str
    type: str
    community_id: str
    subject: str
    occurred_at: datetime
    traceparent: str
    payload: PayloadT


def open_envelope(envelope: envelope_pb2.Envelope, payload_class: type[PayloadT]) -> Event[PayloadT]:
    """Return the event in an envelope. Raises google.protobuf.message.DecodeError for a damaged payload."""
    return Event(
        id=envelope.id,
        type=envelope.type,
        community_id=envelope.community_id,
        subject=envelope.subject,
        occurred_at=envelope.occurred_at.ToDatetime(tzinfo=UTC),
        traceparent=envelope.traceparent,
        payload=payload_class.FromString(envelope.payload),
    )


Completer = Callable[[bytes, int, datetime], bytes]
