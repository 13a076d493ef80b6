"""The secrets of one installation: made at its first start, one file each, and never changed afterwards.

Keys are handed to the services as paths (`LOUYU_<NAME>_FILE`), so that none stands in an environment or a process
list. Losing `data_keys` makes stored phone numbers unreadable for ever, so a missing file is refused, not replaced,
once there is a database.
"""

import base64
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from louyu_runtime.embedded.errors import KeysMissing
from louyu_runtime.embedded.private_file import write_private_file


@dataclass(frozen=True)
class Keys:
    """Where the services find their keys, and the passwords of the two databases."""

    signing_key_file: Path
    """Ed25519 private key, PEM: signs who somebody is."""
    data_keys_file: Path
    """Fernet keys, comma separated: encrypt phone numbers and addresses; the first encrypts, all decrypt."""
    lookup_key_file: Path
    """32 random bytes, base64: finds an encrypted address without decrypting all of them."""
    postgres_password: str = field(repr=False)
    """Of role `louyu`, which owns the database."""
    postgres_admin_password: str = field(repr=False)
    """Of the superuser `postgres`, for backup and repair; the services never use it."""
    valkey_password: str = field(repr=False)


def load_keys(folder: Path, *, may_make: bool) -> Keys:
    """Return the installation's keys, making those that are missing when `may_make`; else raise KeysMissing."""

    def file(name: str, make: Callable[[], str]) -> Path:
        path = folder / name
        if not path.exists():
            if not may_make:
                raise KeysMissing(
                    f"The key file {path} is missing, but the database holds data written with it.",
                    "put the file back from your backup, or start afresh in another folder with --data DIR.",
                )
            write_private_file(path, make())
        return path

    def password(name: str) -> str:
        return file(name, lambda: secrets.token_urlsafe(32)).read_text("utf-8").strip()

    return Keys(
        signing_key_file=file("signing_key.pem", _make_signing_key),
        data_keys_file=file("data_keys", lambda: base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()),
        lookup_key_file=file("lookup_key", lambda: base64.b64encode(secrets.token_bytes(32)).decode()),
        postgres_password=password("postgres_password"),
        postgres_admin_password=password("postgres_admin_password"),
        valkey_password=password("valkey_password"),
    )


def _make_signing_key() -> str:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
