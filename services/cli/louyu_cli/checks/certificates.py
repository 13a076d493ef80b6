"""TLS certificates between the services: readable, of the key, of the CA, for the right name, and lasting for a while."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from louyu_runtime.settings import ROLES, setting_value

from louyu_cli.checks.finding import Finding
from louyu_cli.role_settings import settings_class_of

SOON = timedelta(days=14)
"""Issuers that renew by themselves do so earlier: cert-manager when a third of the life is left."""
_RENEW = "renew it; the services read new files without a restart"


def check_certificates(environ: Mapping[str, str]) -> list[Finding]:
    """Look at the TLS files that the environment names, those of a single role too. Nothing when it names none."""
    named: dict[tuple[str, str, str], list[str]] = {}
    for role in ROLES:
        files = tuple(
            setting_value(settings_class_of(role), field, environ) for field in ("tls_cert", "tls_key", "tls_ca")
        )
        if any(files):
            named.setdefault((files[0], files[1], files[2]), []).append(role)
    return [_check(files, roles) for files, roles in named.items()]


def _check(files: tuple[str, str, str], roles: list[str]) -> Finding:
    name = "certificate" if len(roles) > 1 else f"certificate of {roles[0]}"
    if not all(files):
        return Finding(name, "not all of certificate, key and CA are named", "set LOUYU_TLS_CERT, _KEY and _CA")
    content: list[bytes] = []
    for setting, path in zip(("LOUYU_TLS_CERT", "LOUYU_TLS_KEY", "LOUYU_TLS_CA"), files, strict=True):
        try:
            content.append(Path(path).read_bytes())
        except OSError as error:
            return Finding(name, f"{setting}: {path!r} cannot be read: {error.strerror}", "correct path or permissions")
    try:
        chain = x509.load_pem_x509_certificates(content[0])
        authorities = x509.load_pem_x509_certificates(content[2])
    except ValueError:
        return Finding(name, "certificate or CA is not PEM", "give PEM files, as cert-manager writes them")
    try:
        key = load_pem_private_key(content[1], password=None)
    except (ValueError, TypeError):
        return Finding(
            name, "the key is not a private key in PEM, without a password", "give the key of the certificate"
        )
    shape = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if key.public_key().public_bytes(*shape) != chain[0].public_key().public_bytes(*shape):
        return Finding(name, "certificate and key do not belong together", "give the two that were issued together")
    own = lasting(name, chain[0])
    for fault in (_names(name, chain[0], roles), _signed(name, chain, authorities), own):
        if fault is not None and fault.advice:
            return fault
    for authority in authorities:
        told = lasting(name, authority)
        if told.advice:
            return Finding(name, f"its CA {told.text}", "replace the CA: every certificate of it ends with it")
    return own


def _names(name: str, certificate: x509.Certificate, roles: list[str]) -> Finding | None:
    names = {str(found.value) for found in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)}
    try:
        names |= set(
            certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(
                x509.DNSName
            )
        )
    except x509.ExtensionNotFound:
        return Finding(name, "has no alternative name (subjectAltName)", f"issue it for louyu-{roles[0]}")
    known = {found.split(".", 1)[0] for found in names}
    if not known & {f"louyu-{role}" for role in roles}:
        shown = ", ".join(sorted(names)) or "nobody"
        wanted = f"louyu-{roles[0]}" if len(roles) == 1 else "louyu-<role>"
        return Finding(name, f"is for {shown}", f"issue it for {wanted}: by that name the services know each other")
    try:
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return None
    if {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH} <= set(usage):
        return None
    return Finding(name, "is not for servers and clients both", "issue it with the usages server auth and client auth")


def _signed(name: str, chain: list[x509.Certificate], authorities: list[x509.Certificate]) -> Finding | None:
    issuers = [*chain[1:], *authorities]
    current = chain[0]
    for _ in range(len(issuers)):
        issuer = next((one for one in issuers if _is_issued_by(current, one)), None)
        if issuer is None:
            return Finding(name, "is not signed by the CA", "give the CA that has issued it in LOUYU_TLS_CA")
        if issuer in authorities:
            return None
        current = issuer
    return Finding(name, "its chain does not end at the CA", "give the CA that has issued it in LOUYU_TLS_CA")


def _is_issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def lasting(name: str, certificate: x509.Certificate | bytes, now: datetime | None = None) -> Finding:
    """Say how long a certificate, or its DER, is good for; with advice when that is not long."""
    if isinstance(certificate, bytes):
        certificate = x509.load_der_x509_certificate(certificate)
    at = now or datetime.now(UTC)
    until = certificate.not_valid_after_utc
    if at < certificate.not_valid_before_utc:
        return Finding(
            name, f"is valid only from {certificate.not_valid_before_utc:%Y-%m-%d %H:%M} UTC", "compare clocks"
        )
    if at >= until:
        return Finding(name, f"has expired at {until:%Y-%m-%d %H:%M} UTC", _RENEW)
    if until - at < SOON:
        return Finding(name, f"expires at {until:%Y-%m-%d %H:%M} UTC, in {(until - at).days} days", _RENEW)
    return Finding(name, f"good until {until:%Y-%m-%d}")
