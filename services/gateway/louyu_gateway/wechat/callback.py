"""One account's callback: every check in its order, from query and body to an `Inbound`.

Order: form of the query, signature, freshness (all before anything is parsed); envelope; the account's mode; signature
of the cipher text; decryption; the message. The readable fields beside an `Encrypt`, and the query's `openid`, are
covered by no signature and are never used. In plain mode the body is not protected at all: whoever has seen a query
can attach another body for ten minutes.

A repeated query is no fault, since the platform repeats pushes itself: `Inbound.idempotency_key` is what makes a repeat
harmless, and whoever receives must keep it. No I/O, no clock: the caller passes `now` and random bytes.
Source: platform documents "消息推送", "消息加解密说明".
"""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from louyu_runtime.channels_file import PushMode, WeChatOfficialAccount

from louyu_gateway.wechat.cipher import CipherError, MessageCipher, decrypt_with_any
from louyu_gateway.wechat.errors import CallbackMalformed, CallbackRefused
from louyu_gateway.wechat.idempotency import idempotency_key
from louyu_gateway.wechat.message import Event, Message
from louyu_gateway.wechat.message_parser import parse_push, push_from_elements
from louyu_gateway.wechat.reply import encrypted_reply, text_reply
from louyu_gateway.wechat.signature import is_signed
from louyu_gateway.wechat.xml_elements import Elements

FRESHNESS = timedelta(minutes=10)
"""How far a timestamp may be off, either way: three attempts and clock drift fit in, a captured query soon ends."""

_SAFETY = {PushMode.PLAIN: 0, PushMode.COMPATIBLE: 1, PushMode.SAFE: 2}


@dataclass(frozen=True, slots=True)
class CallbackQuery:
    """The query string of a callback; absent parts are empty."""

    signature: str = ""
    timestamp: str = ""
    nonce: str = ""
    msg_signature: str = ""
    encrypt_type: str = ""
    echostr: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Inbound:
    """A push that is proven, opened and understood."""

    push: Message | Event
    idempotency_key: str
    """Equal for every delivery of the same push; holds no personal data."""
    mode: PushMode
    """How the push came."""
    reply_cipher: MessageCipher | None = field(repr=False)
    """What a reply must be encrypted with: the key that opened the push; None if it came unencrypted."""


class OfficialAccountCallback:
    """The callback of one account."""

    def __init__(self, account: WeChatOfficialAccount) -> None:
        self._app_id = account.app_id
        self._mode = account.mode
        self._token = account.token.get_secret_value()
        keys = (account.encoding_aes_key, account.previous_encoding_aes_key)
        self._ciphers = tuple(
            MessageCipher.from_encoding_aes_key(account.app_id, key.get_secret_value())
            for key in keys
            if key is not None
        )

    def echo(self, query: CallbackQuery, now: datetime) -> str:
        """Return what the address check must answer; the same in all modes. Raises CallbackError."""
        self._check_origin(query, now)
        if not 1 <= len(query.echostr) <= 1024:
            raise CallbackMalformed("echostr is missing or too long")
        return query.echostr

    def open(self, query: CallbackQuery, body: bytes, now: datetime) -> Inbound:
        """Return what the push holds. Raises CallbackError."""
        self._check_origin(query, now)
        envelope = Elements.parse(body)
        mode = _mode_of(query, envelope)
        if _SAFETY[mode] < _SAFETY[self._mode]:
            raise CallbackRefused(
                f"the push came in mode {mode}, the account's mode is {self._mode}; make console and "
                "channels file equal"
            )
        if mode is PushMode.PLAIN:
            push, cipher = push_from_elements(envelope), None
        else:
            document, cipher = self._decrypt(query, envelope.required("Encrypt"))
            push = parse_push(document.encode())
        return Inbound(push, idempotency_key(self._app_id, push), mode, cipher)

    def answer(self, inbound: Inbound, text: str, now: datetime, random: bytes) -> str:
        """Return the passive reply showing the text, protected as the push was; `random` has 32 bytes."""
        xml = text_reply(inbound.push, text, now)
        if inbound.reply_cipher is None:
            return xml
        return encrypted_reply(xml, inbound.reply_cipher, self._token, now, random)

    def _check_origin(self, query: CallbackQuery, now: datetime) -> None:
        # The form is checked first: a signature says nothing about where one string ends and the next begins.
        if (
            re.fullmatch(r"[0-9]{10}", query.timestamp) is None
            or re.fullmatch(r"[A-Za-z0-9_-]{1,64}", query.nonce) is None
        ):
            raise CallbackMalformed("timestamp or nonce is missing or ill-formed")
        if not is_signed(query.signature, self._token, query.timestamp, query.nonce):
            raise CallbackRefused("the signature is wrong; make the token in console and channels file equal")
        if abs(now.timestamp() - int(query.timestamp)) > FRESHNESS.total_seconds():
            raise CallbackRefused("the timestamp is more than ten minutes off; check this machine's clock")

    def _decrypt(self, query: CallbackQuery, encrypted: str) -> tuple[str, MessageCipher]:
        if not is_signed(query.msg_signature, self._token, query.timestamp, query.nonce, encrypted):
            raise CallbackRefused("the signature of the encrypted message is wrong")
        try:
            return decrypt_with_any(self._ciphers, encrypted)
        except CipherError:
            raise CallbackRefused(
                "no key of the account opens the message; make EncodingAESKey and AppID in console and file equal"
            ) from None


def _mode_of(query: CallbackQuery, envelope: Elements) -> PushMode:
    if query.encrypt_type not in ("", "raw", "aes"):
        raise CallbackMalformed("encrypt_type is not known")
    if not envelope.has("Encrypt"):
        if query.encrypt_type == "aes":
            raise CallbackMalformed("element Encrypt is missing")
        return PushMode.PLAIN
    is_readable = envelope.has("FromUserName") or envelope.has("MsgType")
    return PushMode.COMPATIBLE if is_readable else PushMode.SAFE
