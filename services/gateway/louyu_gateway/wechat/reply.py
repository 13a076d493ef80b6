"""Passive replies: the XML that answers a push within the platform's 5 seconds.

At most one, text only: whatever takes longer goes through the customer-service API. Encrypted pushes get encrypted
replies, with the key that opened the push. Source: platform documents "被动回复用户消息", "消息加解密说明".
"""

import re
from datetime import datetime

from louyu_gateway.wechat.cipher import MessageCipher
from louyu_gateway.wechat.message import Push
from louyu_gateway.wechat.signature import sign

NOTHING_TO_SAY = "success"
"""The body that says: received, show nothing. Never encrypted."""
MAX_TEXT_BYTES = 2048

_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def text_reply(push: Push, text: str, now: datetime) -> str:
    """Return the XML that shows the text to whoever caused the push; more than 2,048 bytes are cut and end with …."""
    return (
        "<xml>"
        f"<ToUserName>{_cdata(push.openid)}</ToUserName>"
        f"<FromUserName>{_cdata(push.account_id)}</FromUserName>"
        f"<CreateTime>{int(now.timestamp())}</CreateTime>"
        "<MsgType><![CDATA[text]]></MsgType>"
        f"<Content>{_cdata(fitted(_NOT_IN_XML.sub('', text)))}</Content>"
        "</xml>"
    )


def encrypted_reply(xml: str, cipher: MessageCipher, token: str, now: datetime, random: bytes) -> str:
    """Return the signed envelope of a reply; `random` is 32 bytes nobody can foresee."""
    encrypted = cipher.encrypt(xml, random[:16])
    timestamp, nonce = str(int(now.timestamp())), random[16:32].hex()
    return (
        "<xml>"
        f"<Encrypt>{_cdata(encrypted)}</Encrypt>"
        f"<MsgSignature>{_cdata(sign(token, timestamp, nonce, encrypted))}</MsgSignature>"
        f"<TimeStamp>{timestamp}</TimeStamp>"
        f"<Nonce>{_cdata(nonce)}</Nonce>"
        "</xml>"
    )


def fitted(text: str, most_bytes: int = MAX_TEXT_BYTES) -> str:
    """Return the text, cut between characters and ended with … if it has more UTF-8 bytes than allowed."""
    encoded = text.encode()
    if len(encoded) <= most_bytes:
        return text
    return encoded[: most_bytes - len("…".encode())].decode(errors="ignore") + "…"


def _cdata(text: str) -> str:
    return "<![CDATA[" + text.replace("]]>", "]]]]><![CDATA[>") + "]]>"
