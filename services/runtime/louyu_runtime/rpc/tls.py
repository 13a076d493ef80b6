"""Mutual TLS between services: own CA only, certificates read again when their files change."""

from __future__ import annotations

from pathlib import Path

import grpc

from louyu_runtime.settings import CommonSettings


def _certificates(settings: CommonSettings) -> tuple[bytes, bytes, bytes]:
    return (
        Path(settings.tls_key).read_bytes(),
        Path(settings.tls_cert).read_bytes(),
        Path(settings.tls_ca).read_bytes(),
    )


def server_credentials(settings: CommonSettings) -> grpc.ServerCredentials | None:
    """Return credentials that demand a certificate of our CA; None when TLS is not configured.

    The files are looked at with each new connection, so that a replaced certificate needs no restart.
    """
    if not settings.tls_cert:
        return None
    kept = _certificates(settings)

    def configuration(pair: tuple[bytes, bytes, bytes]) -> grpc.ServerCertificateConfiguration:
        key, certificate, authority = pair
        return grpc.ssl_server_certificate_configuration([(key, certificate)], root_certificates=authority)

    def fetch() -> grpc.ServerCertificateConfiguration | None:
        nonlocal kept
        try:
            found = _certificates(settings)
        except OSError:
            return None  # being replaced just now: the one in use stays
        if found == kept:
            return None
        kept = found
        return configuration(found)

    # None means "no change", as the library documents; its published types leave that out.
    return grpc.dynamic_ssl_server_credentials(configuration(kept), fetch, require_client_authentication=True)  # type: ignore[arg-type]


def channel_credentials(settings: CommonSettings) -> grpc.ChannelCredentials | None:
    """Return credentials of this service for calling others; None when TLS is not configured."""
    if not settings.tls_cert:
        return None
    key, certificate, authority = _certificates(settings)
    return grpc.ssl_channel_credentials(root_certificates=authority, private_key=key, certificate_chain=certificate)
