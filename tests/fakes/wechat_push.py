"""How the double of the WeChat platform delivers a push: signed, encrypted, repeated, and its answer judged.

Written from the platform's documents, without the gateway's code, so that one misreading cannot hide in both.
"""

import base64
import hashlib
import os
import secrets
from dataclasses import dataclass, field
from typing import Literal
from xml.etree import ElementTree

import aiohttp
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

Mode = Literal["safe", "compatible", "plain"]
ATTEMPTS = 3


def sign(*parts: str) -> str:
    """Return the platform's signature over the parts."""
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()


def encrypt(encoding_aes_key: str, app_id: str, text: str, random: bytes | None = None) -> str:
    """Return WXBizMsgCrypt cipher text."""
    body = text.encode()
    plain = (random or os.urandom(16)) + len(body).to_bytes(4, "big") + body + app_id.encode()
    return encrypt_raw(encoding_aes_key, plain + bytes([32 - len(plain) % 32]) * (32 - len(plain) % 32))


def encrypt_raw(encoding_aes_key: str, plain: bytes) -> str:
    """Return cipher text of bytes that are padded already, rightly or not."""
    encryptor = _aes(encoding_aes_key).encryptor()
    return base64.b64encode(encryptor.update(plain) + encryptor.finalize()).decode()


def decrypt(encoding_aes_key: str, app_id: str, encrypted: str) -> str:
    """Return the text of a reply; raises ValueError unless every byte is as it should be."""
    decryptor = _aes(encoding_aes_key).decryptor()
    plain = decryptor.update(base64.b64decode(encrypted, validate=True)) + decryptor.finalize()
    content, padding = plain[: -plain[-1]], plain[-plain[-1] :]
    length = int.from_bytes(content[16:20], "big")
    if len(plain) % 32 or set(padding) != {len(padding)} or content[20 + length :] != app_id.encode():
        raise ValueError("not encrypted as the platform demands")
    return content[20 : 20 + length].decode()


def _aes(encoding_aes_key: str) -> Cipher[modes.CBC]:
    key = base64.b64decode(encoding_aes_key + "=")
    return Cipher(algorithms.AES(key), modes.CBC(key[:16]))


def document(fields: dict[str, str]) -> str:
    """Return the message XML with each value in CDATA; a value that begins with `<` is put in as elements."""
    parts = [f"<{k}>{v}</{k}>" if v.startswith("<") else f"<{k}><![CDATA[{v}]]></{k}>" for k, v in fields.items()]
    return "<xml>" + "".join(parts) + "</xml>"


@dataclass(frozen=True)
class CallbackConfig:
    """What the platform's console holds about the callback."""

    app_id: str
    token: str
    encoding_aes_key: str
    mode: Mode = "safe"
    url: str = ""


@dataclass(frozen=True)
class PushRequest:
    """One push as it goes over the wire, every attempt the same."""

    params: dict[str, str]
    body: str


def push_request(config: CallbackConfig, fields: dict[str, str], now: float) -> PushRequest:
    """Return the request for a message, in the config's mode and with its key."""
    timestamp, nonce = str(int(now)), str(secrets.randbelow(2**31))
    params = {
        "signature": sign(config.token, timestamp, nonce),
        "timestamp": timestamp,
        "nonce": nonce,
        "openid": fields.get("FromUserName", ""),
    }
    readable = document(fields)
    if config.mode == "plain":
        return PushRequest(params, readable)
    encrypted = encrypt(config.encoding_aes_key, config.app_id, readable)
    params |= {"encrypt_type": "aes", "msg_signature": sign(config.token, timestamp, nonce, encrypted)}
    outer = fields if config.mode == "compatible" else {"ToUserName": fields["ToUserName"]}
    return PushRequest(params, document(outer | {"Encrypt": encrypted}))


@dataclass
class Delivery:
    """What became of one push."""

    request: PushRequest
    statuses: list[int] = field(default_factory=list)
    """The HTTP status of each attempt; 0 for silence or a broken connection."""
    is_received: bool = False
    """A valid answer came."""
    reply: str | None = None
    """The text the person is shown at once, None for nothing."""


async def deliver(config: CallbackConfig, request: PushRequest, *, answer_limit_seconds: float = 5.0) -> Delivery:
    """Post a push up to three times, until a valid answer comes; the person sees a notice of failure if none does."""
    delivery = Delivery(request)
    limit = aiohttp.ClientTimeout(total=answer_limit_seconds)
    headers = {"Content-Type": "text/xml"}
    async with aiohttp.ClientSession(timeout=limit) as session:
        for _ in range(ATTEMPTS):
            try:
                async with session.post(
                    config.url, params=request.params, data=request.body, headers=headers
                ) as answer:
                    delivery.statuses.append(answer.status)
                    delivery.reply = shown(config, await answer.text())
                    delivery.is_received = answer.status == 200
            except (TimeoutError, aiohttp.ClientError):
                delivery.statuses.append(0)
            except (ValueError, ElementTree.ParseError):
                continue  # an answer the platform does not understand counts as none
            if delivery.is_received:
                return delivery
    delivery.reply = None
    return delivery


async def check_address(config: CallbackConfig, now: float) -> bool:
    """Do what the console does when the address is saved; tell whether the answer was the echo and nothing else."""
    timestamp, nonce, echo = str(int(now)), str(secrets.randbelow(2**31)), str(secrets.randbelow(10**19))
    params = {
        "signature": sign(config.token, timestamp, nonce),
        "timestamp": timestamp,
        "nonce": nonce,
        "echostr": echo,
    }
    async with aiohttp.ClientSession() as session, session.get(config.url, params=params) as answer:
        return answer.status == 200 and await answer.read() == echo.encode()


def shown(config: CallbackConfig, body: str) -> str | None:
    """Return the text of a passive reply, None for nothing to show; raises ValueError or ParseError if invalid."""
    if body in ("", "success"):
        return None
    reply = {child.tag: child.text or "" for child in ElementTree.fromstring(body)}
    if "Encrypt" in reply:
        if reply["MsgSignature"] != sign(config.token, reply["TimeStamp"], reply["Nonce"], reply["Encrypt"]):
            raise ValueError("the reply's signature is wrong")
        return shown(
            CallbackConfig(config.app_id, config.token, config.encoding_aes_key, "plain"),
            decrypt(config.encoding_aes_key, config.app_id, reply["Encrypt"]),
        )
    if config.mode == "safe":
        raise ValueError("the reply must be encrypted")
    if reply.get("MsgType") != "text" or not {"ToUserName", "FromUserName", "CreateTime", "Content"} <= reply.keys():
        raise ValueError("not a text reply")
    return reply["Content"]
