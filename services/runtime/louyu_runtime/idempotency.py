"""Idempotency: a repeat of a writing call with the same key gets the first answer.

The key, a hash of the request and the answer are stored in the transaction of the effect. Two calls at once: the second
waits for the first and gets its answer. Keys are kept for 7 days.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from typing import TypeVar

from google.protobuf.message import Message

from louyu_runtime.database import Transaction
from louyu_runtime.errors import InvalidArgument

ResponseT = TypeVar("ResponseT", bound=Message)


async def once(
    tx: Transaction,
    caller: str,
    method: str,
    key: str,
    request: Message,
    response_class: type[ResponseT],
    work: Callable[[], Awaitable[ResponseT]],
) -> ResponseT:
    """Do `work` once for this caller, method and key, and return its answer, now and on every repeat.

    Raises InvalidArgument for a key that is missing, too long, or was used with another request.
    """
    if not 1 <= len(key) <= 128:
        raise InvalidArgument("idempotency_key must have 1 to 128 characters", field="idempotency_key")
    request_hash = hashlib.sha256(request.SerializeToString(deterministic=True)).digest()
    await tx.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended(:text, 0))",
        {"text": f"{tx.community_id}/{caller}/{method}/{key}"},
    )
    names = {"caller": caller, "method": method, "key": key}
    known = await tx.row(
        "SELECT request_hash, response FROM idempotency_key"
        " WHERE community_id = CAST(:community AS uuid) AND caller = :caller AND method = :method AND key = :key",
        community=tx.community_id,
        **names,
    )
    if known is not None:
        if known.request_hash != request_hash:
            raise InvalidArgument(
                "this idempotency_key was used with another request; take a new one",
                field="idempotency_key",
                reason="IDEMPOTENCY_KEY_REUSED",
            )
        return response_class.FromString(known.response)
    response = await work()
    await tx.execute(
        "INSERT INTO idempotency_key (community_id, caller, method, key, request_hash, response)"
        " VALUES (CAST(:community AS uuid), :caller, :method, :key, :request_hash, :response)",
        {
            "community": tx.community_id,
            **names,
            "request_hash": request_hash,
            "response": response.SerializeToString(),
        },
    )
    return response
