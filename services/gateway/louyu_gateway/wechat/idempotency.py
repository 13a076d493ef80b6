"""The key by which a push delivered again is recognised.

The platform repeats a push up to twice. `MsgId` alone has been seen equal for two senders, and two events of one person
can fall into one second; hence these parts. The key is a digest: it goes into tables and logs, an openid must not.
Source: platform document "接收普通消息", and reports of WxJava (issue 333) and Senparc (issue 2605).
"""

import hashlib

from louyu_gateway.wechat.message import Event, Message


def idempotency_key(app_id: str, push: Message | Event) -> str:
    """Return `wechat:` and 64 hex digits, equal for two pushes if and only if the second repeats the first."""
    if isinstance(push, Message):
        parts = ["message", app_id, push.openid, push.message_id]
    else:
        second = str(int(push.created_at.timestamp()))
        parts = ["event", app_id, push.openid, second, push.event, push.event_key, *push.job_ids]
    # Lengths keep the parts apart, whatever an event key holds.
    joined = "".join(f"{len(part)}:{part}" for part in parts)
    return "wechat:" + hashlib.sha256(joined.encode()).hexdigest()
