"""The platform's message encryption (WXBizMsgCrypt): AES-256-CBC over random, length, message and app id.

Always: padding, length, app id and encoding are checked before anything of the message is used. CBC protects nothing
against change; the caller verifies `msg_signature` first. The library wechatpy 1.8.18 installs and passes the published
vector, but is not used: it checks neither padding nor length, compares signatures in variable time, raises
struct.error, ValueError and TypeError on malformed input, and brings requests, six and xmltodict along.
Source: platform document "消息加解密说明".
"""

import base64
import binascii
import re
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_BLOCK = 32  # of the padding; larger than the cipher's own 16, so that usual PKCS#7 helpers refuse valid messages
_RANDOM = 16
_HEAD = _RANDOM + 4


class CipherError(Exception):
    """The cipher text does not open with this key and app id. Says nothing about which check failed."""


@dataclass(frozen=True, slots=True)
class MessageCipher:
    """Encrypts and decrypts for one app id with one key."""

    app_id: str
    _key: bytes = field(repr=False)

    @classmethod
    def from_encoding_aes_key(cls, app_id: str, encoding_aes_key: str) -> "MessageCipher":
        """Make a cipher from the console's 43 characters; raises ValueError without showing them.

        43 characters carry two bits more than the key has; they are set in most keys, so they are thrown away.
        """
        if re.fullmatch(r"[A-Za-z0-9]{43}", encoding_aes_key) is None:
            raise ValueError("an EncodingAESKey has 43 letters or digits")
        return cls(app_id, base64.b64decode(encoding_aes_key + "="))

    def encrypt(self, message: str, random: bytes) -> str:
        """Return the message as base64 cipher text; `random` is 16 bytes nobody can foresee."""
        if len(random) != _RANDOM:
            raise ValueError("random must have 16 bytes")
        body = message.encode()
        plain = random + len(body).to_bytes(4, "big") + body + self.app_id.encode()
        padding = _BLOCK - len(plain) % _BLOCK
        encryptor = self._aes().encryptor()
        sealed = encryptor.update(plain + bytes([padding]) * padding) + encryptor.finalize()
        return base64.b64encode(sealed).decode("ascii")

    def decrypt(self, encrypted: str) -> str:
        """Return the message; raises CipherError if any check fails."""
        try:
            sealed = base64.b64decode(encrypted, validate=True)
        except (binascii.Error, ValueError):
            raise CipherError from None
        if not sealed or len(sealed) % 16:
            raise CipherError
        decryptor = self._aes().decryptor()
        return self._message(decryptor.update(sealed) + decryptor.finalize())

    def _message(self, plain: bytes) -> str:
        padding = plain[-1]
        if not 1 <= padding <= _BLOCK or not plain.endswith(bytes([padding]) * padding):
            raise CipherError
        content = plain[:-padding]
        if len(content) < _HEAD:
            raise CipherError
        end = _HEAD + int.from_bytes(content[_RANDOM:_HEAD], "big")
        if end > len(content) or content[end:] != self.app_id.encode():
            raise CipherError
        try:
            return content[_HEAD:end].decode()
        except UnicodeDecodeError:
            raise CipherError from None

    def _aes(self) -> Cipher[modes.CBC]:
        return Cipher(algorithms.AES(self._key), modes.CBC(self._key[:16]))


def decrypt_with_any(ciphers: tuple[MessageCipher, ...], encrypted: str) -> tuple[str, MessageCipher]:
    """Return the message and the cipher that opened it, tried in order: current key first, then the previous one.

    For some minutes after a key change in the console the platform may still use the former key, and the reply must
    use the key of the message. Raises CipherError if none opens it.
    """
    for cipher in ciphers:
        try:
            return cipher.decrypt(encrypted), cipher
        except CipherError:
            continue
    raise CipherError
