"""The keys: present, well-formed, the same for all services, and able to open what the databases hold."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from louyu_runtime.identity import TokenSigner, public_keys_from_pem
from louyu_runtime.sealing import Sealer
from louyu_runtime.settings import ROLES, setting_value

from louyu_cli.checks.databases import own_database
from louyu_cli.checks.finding import Finding
from louyu_cli.role_settings import settings_class_of

# Who reads which key; the gateway's sessions are signed with the signing key and need no other secret.
_READERS = {"signing_key": ROLES, "data_keys": ("messaging", "notify"), "lookup_key": ("messaging",)}
_MAKE = "`louyu secrets init` makes one for a new installation; an old one has it in its backup"


def check_keys(environ: Mapping[str, str]) -> list[Finding]:
    """Look at the keys as the environment gives them to each service."""
    return [
        _check(environ, "signing_key", _signing_key),
        *([_verify_keys(environ)] if _given(environ, "verify_keys", ROLES) else []),
        _check(environ, "data_keys", _data_keys),
        _check(environ, "lookup_key", _lookup_key),
    ]


def _given(environ: Mapping[str, str], field: str, roles: tuple[str, ...]) -> dict[str, str]:
    found = {role: setting_value(settings_class_of(role), field, environ).strip() for role in roles}
    return {role: value for role, value in found.items() if value}


def _check(environ: Mapping[str, str], field: str, read: Callable[[str], str]) -> Finding:
    name, setting = field.replace("_", " "), f"LOUYU_{field.upper()}"
    readers = _READERS[field]
    given = _given(environ, field, readers)
    if not given:
        return Finding(name, "is missing", f"set {setting}_FILE; {_MAKE}")
    missing = [role for role in readers if role not in given]
    if missing:
        return Finding(name, f"is missing for {', '.join(missing)}", f"set {setting}_FILE for every service")
    try:
        told = {value: read(value) for value in given.values()}
    except ValueError as error:
        return Finding(name, str(error), _MAKE)
    if len(told) > 1:
        each = ", ".join(f"{role} {told[value]}" for role, value in given.items())
        return Finding(name, f"is not the same for all services: {each}", f"give all of them the same {setting}")
    return Finding(name, f"present, {next(iter(told.values()))}")


def _signing_key(value: str) -> str:
    public = TokenSigner(value).public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return f"Ed25519, of public key {hashlib.sha256(public).hexdigest()[:12]}"


def _data_keys(value: str) -> str:
    Sealer(value)
    count = len([key for key in value.split(",") if key.strip()])
    return f"{count} {'keys' if count > 1 else 'key'}, known by {hashlib.sha256(value.encode()).hexdigest()[:12]}"


def _lookup_key(value: str) -> str:
    return f"known by {Sealer(Fernet.generate_key().decode(), value).lookup('louyu').hex()[:12]}"


def _verify_keys(environ: Mapping[str, str]) -> Finding:
    try:
        counts = {role: len(public_keys_from_pem(text)) for role, text in _given(environ, "verify_keys", ROLES).items()}
    except ValueError as error:
        return Finding("verify keys", str(error), "give Ed25519 public keys in PEM, one after the other")
    if not all(counts.values()):
        return Finding(
            "verify keys", "hold no public key in PEM", "give Ed25519 public keys, or unset LOUYU_VERIFY_KEYS"
        )
    return Finding("verify keys", f"{max(counts.values())} further public keys are accepted")


async def check_sealed(service: str, environ: Mapping[str, str]) -> Finding:
    """Open a sample of what a service keeps sealed, newest and oldest, with the keys of the environment."""
    name = f"data keys and database of {service}"
    keys = {
        field: setting_value(settings_class_of(service), field, environ).strip()
        for field in ("data_keys", "lookup_key")
    }
    try:
        sealer = Sealer(keys["data_keys"], keys["lookup_key"])
        database = own_database(service, environ)
    except Exception as error:
        return Finding(name, f"cannot be tried: {error}", "see what is said of the keys and the database")
    try:
        async with database.transaction() as tx:
            rows = await tx.rows("SELECT sealed, lookup FROM sealed_sample(200)")
    except Exception as error:
        return Finding(name, f"cannot be tried: {error.__class__.__name__}", "see what is said of the database")
    finally:
        await database.close()
    return _opened(name, sealer, [(bytes(row[0]), bytes(row[1] or b"")) for row in rows], keys["lookup_key"])


def _opened(name: str, sealer: Sealer, rows: list[tuple[bytes, bytes]], lookup_key: str) -> Finding:
    closed = mismatched = 0
    for sealed, lookup in rows:
        try:
            text = sealer.open(sealed)
        except ValueError:
            closed += 1
            continue
        mismatched += bool(lookup and lookup_key and sealer.lookup(text) != lookup)
    if closed:
        return Finding(
            name,
            f"{closed} of {len(rows)} sealed values cannot be opened",
            "put the former key back, after the newer ones in LOUYU_DATA_KEYS",
        )
    if mismatched:
        return Finding(
            name,
            f"{mismatched} of {len(rows)} addresses are not found by the lookup key",
            "put the former LOUYU_LOOKUP_KEY back from the backup: it cannot be replaced",
        )
    return Finding(name, f"open all of {len(rows)} sealed values that were tried" if rows else "nothing is sealed yet")
