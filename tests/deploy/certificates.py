"""A CA and a certificate for each role, as an operator's issuer makes them. Made for one test run."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _builder(subject: str, issuer: str, key: ec.EllipticCurvePrivateKey, days: int) -> x509.CertificateBuilder:
    start = datetime.now(UTC) - timedelta(minutes=5)
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=days))
    )


@dataclass(frozen=True)
class Authority:
    """A CA that signs certificates for the roles."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    days: int

    @classmethod
    def create(cls, *, days: int = 90) -> "Authority":
        """Make one whose certificates, its own with them, live for so many days."""
        key = ec.generate_private_key(ec.SECP256R1())
        usage = x509.KeyUsage(
            digital_signature=True,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=True,
            crl_sign=True,
            encipher_only=False,
            decipher_only=False,
        )
        builder = _builder("louyu-ca", "louyu-ca", key, days).add_extension(
            x509.BasicConstraints(True, 0), critical=True
        )
        return cls(key, builder.add_extension(usage, critical=True).sign(key, hashes.SHA256()), days)

    def issue(self, name: str) -> dict[str, bytes]:
        """Return the Secret that cert-manager would make: tls.crt, tls.key, ca.crt."""
        key = ec.generate_private_key(ec.SECP256R1())
        usages = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
        certificate = (
            _builder(name, "louyu-ca", key, self.days)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
            .add_extension(usages, critical=False)
            .sign(self.key, hashes.SHA256())
        )
        return {
            "tls.crt": certificate.public_bytes(serialization.Encoding.PEM),
            "tls.key": _pem(key),
            "ca.crt": self.certificate.public_bytes(serialization.Encoding.PEM),
        }
