"""The QR code by which people follow an Official Account and join a group, as far as one can be had in time.

What it holds comes from notify, which asks the platform once and keeps it. Without it a page works all the same, so a slow
or failing answer is none. Only for join codes that were just found to work: strangers must not use up the account's.
"""

import io
from dataclasses import dataclass

import segno
from louyu.messaging.v1 import messaging_service_pb2 as messaging
from louyu.notify.v1 import notify_service_pb2 as notify
from louyu_runtime.errors import RemoteError

from louyu_gateway.gateway import Gateway

WAIT_SECONDS = 3.0
PIXELS_A_MODULE = 10


@dataclass(frozen=True, slots=True)
class FollowCode:
    """An account that can be followed: what its QR code holds."""

    account: str
    content: str


async def follow_codes(gateway: Gateway, community_id: str, join_code: str) -> list[FollowCode]:
    """Return the codes of the configured accounts for a working join code; those that cannot be had are left out."""
    found = []
    ask = gateway.services.calls(None, seconds=WAIT_SECONDS)
    for account in gateway.channels.wechat_official_accounts:
        try:
            answer: notify.GetFollowCodeResponse = await ask.notify(
                notify.GetFollowCodeRequest(community_id=community_id, account=account, join_code=join_code)
            )
        except RemoteError:
            continue
        found.append(FollowCode(account, answer.content))
    return found


async def follow_code_image(gateway: Gateway, join_code: str, account: str) -> bytes | None:
    """Return the picture of an account's code, PNG, since WeChat reads no other by a long press; None without one."""
    opened: messaging.ResolveJoinCodeResponse = await gateway.services.calls(None).messaging(
        messaging.ResolveJoinCodeRequest(join_code=join_code)
    )
    for code in await follow_codes(gateway, opened.community_id, join_code):
        if code.account == account:
            buffer = io.BytesIO()
            segno.make(code.content, error="m").save(buffer, kind="png", scale=PIXELS_A_MODULE, border=3)
            return buffer.getvalue()
    return None
