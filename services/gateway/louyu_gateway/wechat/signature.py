"""Callback signatures: SHA-1 over the sorted, joined strings.

The join has no separator, so the strings' boundaries are not protected: exchanging timestamp and nonce leaves the
signature valid. Callers must check the form of each string and must not take the signature for protection against
repeats. Source: platform documents "消息推送", "消息加解密说明".
"""

import hashlib
import hmac


def sign(token: str, *parts: str) -> str:
    """Return the signature, 40 lower-case hex digits, of the token and the parts in any order."""
    ordered = sorted(_bytes(part) for part in (token, *parts))
    return hashlib.sha1(b"".join(ordered), usedforsecurity=False).hexdigest()


def is_signed(signature: str, token: str, *parts: str) -> bool:
    """Tell whether the signature belongs to token and parts; takes equally long wherever they differ."""
    return hmac.compare_digest(_bytes(signature), sign(token, *parts).encode())


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
