"""`louyu secrets init`: make the keys of a new installation, as files or as a Kubernetes manifest."""

from __future__ import annotations

import argparse
import base64
import os
import re
from pathlib import Path

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from louyu_runtime.embedded.private_file import write_private_file

from louyu_cli.errors import WRONG_USAGE, CommandError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=["init"])
    target = parser.add_mutually_exclusive_group(required=True)
    target.add_argument("--dir", type=Path, help="write signing-key, data-keys and lookup-key into this folder")
    target.add_argument("--manifest", metavar="NAME", help="print a Kubernetes Secret of this name")


def run(arguments: argparse.Namespace) -> int:
    """Make the keys. Existing files are never overwritten."""
    keys = make_keys()
    if arguments.dir:
        try:
            return _write(arguments.dir, keys)
        except OSError as error:
            raise CommandError(f"{arguments.dir} cannot be written: {error.strerror}; choose another folder") from error
    if re.fullmatch(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?", arguments.manifest) is None:
        raise CommandError("--manifest must be a name of a-z, 0-9, - and .", exit_code=WRONG_USAGE)
    print(f"apiVersion: v1\nkind: Secret\nmetadata:\n  name: {arguments.manifest}\ntype: Opaque\ndata:")
    for name, value in keys.items():
        print(f"  {name}: {base64.b64encode(value.encode()).decode()}")
    return 0


def _write(folder: Path, keys: dict[str, str]) -> int:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in keys:
        if (folder / name).exists():
            raise CommandError(f"{folder / name} exists already: data is sealed with it; choose another folder")
    for name, value in keys.items():
        write_private_file(folder / name, value)
        print(folder / name)
    return 0


def make_keys() -> dict[str, str]:
    """Return fresh keys by file name: Ed25519 signing key, Fernet data key, lookup key."""
    signing_key = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return {
        "signing-key": signing_key.decode(),
        "data-keys": Fernet.generate_key().decode(),
        "lookup-key": base64.b64encode(os.urandom(32)).decode(),
    }
