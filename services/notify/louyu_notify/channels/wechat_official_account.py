"""The channel `wechat_official_account`: a customer-service message to somebody who wrote within 48 hours.

The platform gives no message id, so a send without an answer can never be asked about: its outcome is unknown. Outside of
the 48 hours notify does not call it, and the next channel is chosen at once. Source: the platform's pages "客服消息介绍",
"发送客服消息", "获取稳定版接口调用凭据".
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import timedelta
from typing import Any

from louyu_runtime.channels_file import WeChatOfficialAccount
from louyu_runtime.database import Database
from louyu_runtime.errors import Unavailable
from louyu_runtime.sealing import Sealer
from louyu_sdk import (
    ChannelCapabilities,
    Delivery,
    ErrorClass,
    Outcome,
    RecipientKind,
    SendError,
    SendResult,
)

from louyu_notify.channels.access_tokens import AccessTokens
from louyu_notify.channels.wechat_api import NoAnswer, NotSent, PlatformRefusal, WeChatApi
from louyu_notify.channels.wechat_errors import ERROR_CLASSES, error_of
from louyu_notify.errors import MediaGone

WHOLE_SECONDS = 9.0
"""For a whole batch; below the SDK's ten, so that what is known of each message is not lost with the others."""
LONGEST_BYTES = 2048
MEDIA_PATH = "/cgi-bin/media/get"
MEDIA_SECONDS = 40.0
LARGEST_MEDIA = 20 * 1024 * 1024
MEDIA_GONE_CODES = frozenset({40007})
"""Wrong or expired. Source: the platform's pages "获取临时素材", "全局返回码"."""


class WeChatOfficialAccountChannel:
    """Customer-service messages of one account."""

    key = "wechat_official_account"
    name_zh = "微信公众号"
    name_en = "WeChat Official Account"
    capabilities = ChannelCapabilities(
        recipients=RecipientKind.PERSON,
        batch_size=20,
        rate_per_second=None,
        receipts=False,
        works_at_night=False,
        needs_address=True,
        repeats_are_safe=False,
        reply_window=timedelta(hours=48),
        text_bytes=LONGEST_BYTES,
    )

    def __init__(
        self,
        account: WeChatOfficialAccount,
        database: Database,
        sealer: Sealer,
        *,
        whole_seconds: float = WHOLE_SECONDS,
    ) -> None:
        self.account: str | None = account.name
        self._app_id = account.app_id
        self._app_secret = account.app_secret
        self._whole_seconds = whole_seconds
        self._api = WeChatApi(account.api_base)
        self._tokens = AccessTokens(database, sealer, f"{self.key}/{account.app_id}", self._fetch_token)

    async def close(self) -> None:
        """Close the connections."""
        await self._api.close()

    async def send(self, batch: Sequence[Delivery]) -> Sequence[SendResult]:
        """Send each message; all at the same time, with one token."""
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + self._whole_seconds
        try:
            async with asyncio.timeout_at(ends_at - self._whole_seconds / 3):
                token = await self._tokens.current()
        except PlatformRefusal as refusal:
            return [_failed(one, error_of(refusal.code)) for one in batch]
        except (NotSent, NoAnswer, Unavailable, TimeoutError):
            error = SendError(error_class=ErrorClass.LATER, code="no_token", message="no access token could be had")
            return [_failed(one, error) for one in batch]
        results = await asyncio.gather(*(self._send(one, token, ends_at - loop.time()) for one in batch))
        if any(one.error is not None and one.error.error_class is ErrorClass.REFRESH_TOKEN for one in results):
            await self._tokens.refuse(token)
        return results

    async def make_follow_code(self, join_code: str) -> str:
        """Have a permanent QR code made that carries a join code; return what it holds.

        Raises NotSent, NoAnswer, PlatformRefusal. Source: the platform's page "生成带参数的二维码".
        """
        asked = {"action_name": "QR_LIMIT_STR_SCENE", "action_info": {"scene": {"scene_str": join_code}}}
        token = await self._tokens.current()
        try:
            answer = await self._ask_for_code(asked, token)
        except PlatformRefusal as refusal:
            if error_of(refusal.code).error_class is not ErrorClass.REFRESH_TOKEN:
                raise
            await self._tokens.refuse(token)
            answer = await self._ask_for_code(asked, await self._tokens.current())
        content = answer.get("url")
        if not isinstance(content, str) or not 1 <= len(content) <= 512:
            raise NoAnswer("no address in the answer")
        return content

    async def _ask_for_code(self, asked: dict[str, Any], token: str) -> dict[str, Any]:
        return await self._api.post(
            "/cgi-bin/qrcode/create", asked, seconds=self._whole_seconds / 3, query={"access_token": token}
        )

    async def fetch_media(self, media_id: str) -> AsyncGenerator[bytes]:
        """Yield the bytes of what somebody sent. Raises MediaGone, Unavailable."""
        try:
            async with asyncio.timeout(self._whole_seconds):
                token = await self._tokens.current()
            query = {"access_token": token, "media_id": media_id}
            async with aclosing(
                self._api.download(MEDIA_PATH, seconds=MEDIA_SECONDS, most_bytes=LARGEST_MEDIA, query=query)
            ) as chunks:
                async for chunk in chunks:
                    yield chunk
        except PlatformRefusal as refusal:
            if refusal.code in MEDIA_GONE_CODES:
                raise MediaGone from None
            if ERROR_CLASSES.get(refusal.code) is ErrorClass.REFRESH_TOKEN:
                await self._tokens.refuse(token)
            raise Unavailable(f"the platform answered errcode {refusal.code}", reason="CHANNEL_REFUSES") from None
        except (NotSent, NoAnswer, TimeoutError) as error:
            raise Unavailable("the platform is not reached", reason="CHANNEL_AWAY") from error

    async def _send(self, delivery: Delivery, token: str, seconds: float) -> SendResult:
        body = {
            "touser": delivery.recipient.address,
            "msgtype": "text",
            "text": {"content": content_of(delivery)},
        }
        try:
            await self._api.post("/cgi-bin/message/custom/send", body, seconds=seconds, query={"access_token": token})
        except PlatformRefusal as refusal:
            return _failed(delivery, error_of(refusal.code))
        except NotSent:
            error = SendError(error_class=ErrorClass.LATER, code="not_connected", message="the platform is not reached")
            return _failed(delivery, error)
        except NoAnswer:
            error = SendError(error_class=ErrorClass.LATER, code="no_answer", message="sent, and no answer came")
            return SendResult(delivery_id=delivery.id, outcome=Outcome.UNKNOWN, error=error)
        return SendResult(delivery_id=delivery.id, outcome=Outcome.DELIVERED)

    async def _fetch_token(self, is_forced: bool) -> tuple[str, float]:
        asked: dict[str, Any] = {
            "grant_type": "client_credential",
            "appid": self._app_id,
            "secret": self._app_secret.get_secret_value(),
            "force_refresh": is_forced,
        }
        answer = await self._api.post("/cgi-bin/stable_token", asked, seconds=self._whole_seconds / 3)
        token, seconds = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(token, str) or not token or not isinstance(seconds, int | float):
            raise NoAnswer("no token in the answer")
        return token, float(seconds)


def content_of(delivery: Delivery) -> str:
    """Return the words as sent: the text, then the page, in at most 2,048 bytes; what is too long is cut in the text."""
    tail = f"\n{delivery.url}" if delivery.url else ""
    room = LONGEST_BYTES - len(tail.encode())
    text = delivery.text
    if len(text.encode()) > room:
        text = text.encode()[: room - len("…".encode())].decode(errors="ignore") + "…"
    return text + tail


def _failed(delivery: Delivery, error: SendError) -> SendResult:
    return SendResult(delivery_id=delivery.id, outcome=Outcome.FAILED, error=error)
