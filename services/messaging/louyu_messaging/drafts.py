"""Drafts: a message that was checked, with all that the flush needs to write it and its event."""

import hashlib
import json

from louyu_runtime.ids import new_id
from louyu_runtime.telemetry import current_traceparent

from louyu_messaging.events import message_payload
from louyu_messaging.message import NewMessage, check_message
from louyu_messaging.posting import Draft


def draft_message(community_id: str, group_id: str, message: NewMessage, *, service: str = "") -> Draft:
    """Return the draft of a message; `service` is who speaks for the platform. Raises MessageFaulty."""
    check_message(message)
    message_id = new_id()
    return Draft(
        community_id=community_id,
        group_id=group_id,
        caller=message.sender_id or f"service:{service}",
        request_hash=_hash(group_id, message),
        message_id=message_id,
        message=message,
        payload=message_payload(group_id, message_id, message),
        traceparent=current_traceparent(),
    )


def _hash(group_id: str, message: NewMessage) -> bytes:
    """Return a hash of all that makes two posts the same; not of the key, which names them."""
    said_at = message.said_at.isoformat() if message.said_at else ""
    parts = [group_id, message.sender_id, message.text, message.via, message.media_ids, message.reply_to_seq]
    return hashlib.sha256(json.dumps([*parts, message.question_id, said_at]).encode()).digest()
