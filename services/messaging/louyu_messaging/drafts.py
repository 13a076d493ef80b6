"""Drafts: a message that was checked, with all that the flush needs to write it and its event."""

import hashlib

from louyu_runtime.ids import new_id
from louyu_runtime.telemetry import current_traceparent

from louyu_messaging import events
from louyu_messaging.message import NewMessage, check_message
from louyu_messaging.posting import Draft


def draft_message(community_id: str, group_id: str, message: NewMessage, *, service: str = "") -> Draft:
    """Return the draft of a message; `service` is who speaks for the platform. Raises MessageFaulty."""
    check_message(message)
    message_id = new_id()
    said = events.said(group_id, message)
    # what makes two posts the same; not the key, which names them
    said_at = message.said_at.isoformat() if message.said_at else ""
    return Draft(
        community_id=community_id,
        group_id=group_id,
        caller=message.sender_id or f"service:{service}",
        request_hash=hashlib.sha256(said + said_at.encode()).digest(),
        message_id=message_id,
        message=message,
        payload=events.message_payload(said, message_id),
        traceparent=current_traceparent(),
    )
