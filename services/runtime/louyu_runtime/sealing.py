"""Sealing: personal data at rest is encrypted, and found by a keyed hash.

Fernet (AES-128-CBC with HMAC-SHA256) by the first key; every key of the list still opens, so that keys can be replaced.
The lookup key cannot be replaced, since the hashes stand in the database.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class Sealer:
    """Encrypts and finds texts. Raises ValueError, naming the setting, for keys that cannot be used.

    A service that finds nothing by a hash needs no lookup key.
    """

    def __init__(self, data_keys: str, lookup_key: str = "") -> None:
        try:
            self._fernet = MultiFernet([Fernet(key.strip()) for key in data_keys.split(",") if key.strip()])
        except ValueError as error:
            raise ValueError("LOUYU_DATA_KEYS: not Fernet keys (32 bytes in URL-safe base64 each)") from error
        try:
            self._lookup_key = base64.b64decode(lookup_key, validate=True)
        except ValueError as error:
            raise ValueError("LOUYU_LOOKUP_KEY: not base64") from error
        if lookup_key and len(self._lookup_key) < 32:
            raise ValueError("LOUYU_LOOKUP_KEY: shorter than 32 bytes")

    def seal(self, text: str) -> bytes:
        """Return the encrypted text; another result each time."""
        return self._fernet.encrypt(text.encode())

    def open(self, sealed: bytes) -> str:
        """Return what was sealed. Raises ValueError when no key fits."""
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken as error:
            raise ValueError("sealed with a key that is not in LOUYU_DATA_KEYS, or damaged") from error

    def lookup(self, text: str) -> bytes:
        """Return the keyed hash by which a text is found: 32 bytes, always the same for the same text."""
        if not self._lookup_key:
            raise ValueError("LOUYU_LOOKUP_KEY: missing")
        return hmac.digest(self._lookup_key, text.encode(), hashlib.sha256)
