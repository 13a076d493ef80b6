"""What cert-manager takes of the manifests that our page shows: its fields, strictly. Source: its API reference, v1."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

Duration = str
Usage = Literal["digital signature", "key encipherment", "server auth", "client auth", "cert sign", "crl sign"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Metadata(_Strict):
    """Where an object is."""

    name: str = Field(pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")
    namespace: str


class SelfSigned(_Strict):
    """An issuer whose certificates sign themselves."""


class CA(_Strict):
    """An issuer that signs with the CA in a Secret."""

    secretName: str


class IssuerSpec(_Strict):
    """How an issuer signs: in exactly one way."""

    selfSigned: SelfSigned | None = None
    ca: CA | None = None


class Issuer(_Strict):
    """An issuer of a namespace."""

    apiVersion: Literal["cert-manager.io/v1"]
    kind: Literal["Issuer"]
    metadata: Metadata
    spec: IssuerSpec


class IssuerRef(_Strict):
    """Which issuer signs."""

    name: str
    kind: Literal["Issuer", "ClusterIssuer"] = "Issuer"


class PrivateKey(_Strict):
    """How the key is made."""

    algorithm: Literal["RSA", "ECDSA", "Ed25519"]
    size: int


class CertificateSpec(_Strict):
    """What is signed, and where it is kept."""

    secretName: str
    issuerRef: IssuerRef
    isCA: bool = False
    commonName: str | None = Field(default=None, max_length=64)
    dnsNames: list[str] = []
    duration: Duration | None = Field(default=None, pattern=r"^\d+h$")
    privateKey: PrivateKey | None = None
    usages: list[Usage] = []


class Certificate(_Strict):
    """A certificate that is renewed by itself."""

    apiVersion: Literal["cert-manager.io/v1"]
    kind: Literal["Certificate"]
    metadata: Metadata
    spec: CertificateSpec


MANIFEST: TypeAdapter[Issuer | Certificate] = TypeAdapter(Issuer | Certificate)
