"""The routes of Official Account callbacks: GET and POST /wechat/{account}.

200 with `success` or a passive reply means: received, and kept by `receive`. Anything else makes the platform deliver
the push again, up to twice, so a failure of ours answers 503 and nothing is lost. Answers to refused callbacks are
empty: why stands in the log, which holds neither openids nor words of a message. The query carries the openid too, so
whoever serves this must not write access logs with queries.
"""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response
from louyu_runtime.channels_file import WeChatOfficialAccount
from starlette.requests import ClientDisconnect

from louyu_gateway.wechat.callback import CallbackQuery, Inbound, OfficialAccountCallback
from louyu_gateway.wechat.errors import CallbackError, CallbackTooLarge
from louyu_gateway.wechat.reply import NOTHING_TO_SAY
from louyu_gateway.wechat.xml_elements import MAX_BYTES

_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}

logger = logging.getLogger(__name__)

Receive = Callable[[str, Inbound], Awaitable[str | None]]
"""Keeps the push of the named account and returns the text of the passive reply, None or "" for none.

Called for every delivery, repeats too: it must know them by `Inbound.idempotency_key` and answer as the first time. It
may be cancelled when its time is up; the platform then delivers the push again.
"""

RECEIVE_LIMIT_SECONDS = 2.5
"""Half of the platform's 5 seconds: the rest is for the way, and for a second push waiting behind this one."""
BODY_LIMIT_SECONDS = 5.0
"""After as long the platform has given up; nobody else may keep a connection busy by sending slowly."""


def utc_now() -> datetime:
    """Return the present moment."""
    return datetime.now(UTC)


def wechat_router(
    accounts: Mapping[str, WeChatOfficialAccount],
    receive: Receive,
    *,
    now: Callable[[], datetime] = utc_now,
    random: Callable[[int], bytes] = secrets.token_bytes,
    receive_limit_seconds: float = RECEIVE_LIMIT_SECONDS,
    body_limit_seconds: float = BODY_LIMIT_SECONDS,
) -> APIRouter:
    """Return the routes for the accounts by name; another name answers 404."""
    callbacks = {name: OfficialAccountCallback(account) for name, account in accounts.items()}
    router = APIRouter(prefix="/wechat", include_in_schema=False)

    @router.get("/{account}")
    async def check_address(account: str, request: Request) -> Response:
        callback = callbacks.get(account)
        if callback is None:
            return _empty(404)
        try:
            return _answer(callback.echo(_query(request), now()), "text/plain")
        except CallbackError as error:
            return _not_handed_on(account, error)

    @router.post("/{account}")
    async def take_push(account: str, request: Request) -> Response:
        callback = callbacks.get(account)
        if callback is None:
            return _empty(404)
        try:
            async with asyncio.timeout(body_limit_seconds):
                body = await _body(request)
            inbound = callback.open(_query(request), body, now())
        except (TimeoutError, ClientDisconnect):
            return _empty(408)
        except CallbackError as error:
            return _not_handed_on(account, error)
        text = await _received(account, inbound)
        if text is None:
            return _empty(503)
        if not text:
            return _answer(NOTHING_TO_SAY, "text/plain")
        return _answer(callback.answer(inbound, text, now(), random(32)), "text/xml")

    async def _received(account: str, inbound: Inbound) -> str | None:
        """Return the reply's text, perhaps empty; None if the push was not received."""
        context = {"account": account, "push": type(inbound.push).__name__, "callback_key": inbound.idempotency_key}
        try:
            async with asyncio.timeout(receive_limit_seconds):
                return await receive(account, inbound) or ""
        except TimeoutError:
            logger.error("callback not received in time; the platform will deliver it again", extra=context)
        except Exception:
            logger.exception("callback not received; the platform will deliver it again", extra=context)
        return None

    return router


def _query(request: Request) -> CallbackQuery:
    given = request.query_params
    return CallbackQuery(
        signature=given.get("signature", ""),
        timestamp=given.get("timestamp", ""),
        nonce=given.get("nonce", ""),
        msg_signature=given.get("msg_signature", ""),
        encrypt_type=given.get("encrypt_type", ""),
        echostr=given.get("echostr", ""),
    )


async def _body(request: Request) -> bytes:
    """Return the body; raises CallbackTooLarge without reading on as soon as it is larger than allowed."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BYTES:
            raise CallbackTooLarge("the body is larger than 64 KiB")
    return bytes(body)


def _not_handed_on(account: str, error: CallbackError) -> Response:
    logger.warning("callback not handed on", extra={"account": account, "status": error.status, "reason": str(error)})
    return _empty(error.status)


def _answer(content: str, media_type: str) -> Response:
    return Response(content, media_type=media_type, headers=_HEADERS)


def _empty(status: int) -> Response:
    return Response(status_code=status, headers=_HEADERS)
