"""The running services: each serves, believes what our signing key signs, and shows a certificate that lasts."""

from __future__ import annotations

import asyncio
import ssl
import uuid
from urllib.parse import urlsplit

import grpc
from google.protobuf.message import Message
from grpc_health.v1 import health_pb2, health_pb2_grpc
from louyu.messaging.v1 import messaging_service_pb2
from louyu.notify.v1 import notify_service_pb2
from louyu.routing.v1 import routing_service_pb2
from louyu_runtime.errors import RemoteError
from louyu_runtime.rpc import tls

from louyu_cli.checks.certificates import lasting
from louyu_cli.checks.finding import Finding
from louyu_cli.installation import CommandSettings, Services

# A question without effect for each service; its answer does not matter, only that the asker is believed.
_NOBODY = str(uuid.UUID(int=0))
_QUESTIONS: dict[str, Message] = {
    "messaging": messaging_service_pb2.GetCommunityRequest(community=_NOBODY),
    "routing": routing_service_pb2.ListPluginsRequest(),
    "notify": notify_service_pb2.ListScreensRequest(community_id=_NOBODY),
}


async def check_service(service: str, found: CommandSettings) -> list[Finding]:
    """Look at one running service."""
    serving = await _serving(service, found)
    if serving.advice:
        return [serving]
    findings = [serving, await _believes_our_key(service, found)]
    if found.tls_cert:
        findings.append(await _shows_certificate(service, found))
    return findings


async def _serving(service: str, found: CommandSettings) -> Finding:
    name, address = f"service {service}", _address(service, found)
    try:
        credentials = tls.channel_credentials(found) if found.tls_cert else None
    except OSError as error:
        return Finding(name, f"a TLS file cannot be read: {error.strerror}", "see what is said of the certificates")
    options = [("grpc.ssl_target_name_override", f"louyu-{service}")]
    channel = (
        grpc.aio.secure_channel(address, credentials, options=options)
        if credentials
        else grpc.aio.insecure_channel(address)
    )
    async with channel:
        try:
            answer = await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=3)
        except grpc.aio.AioRpcError as error:
            return Finding(
                name, f"no answer at {address}: {error.code().name}", "is it running, and the address right?"
            )
    if answer.status != health_pb2.HealthCheckResponse.SERVING:
        return Finding(name, f"at {address}, but not serving", "see its log")
    return Finding(name, f"serving at {address}")


async def _believes_our_key(service: str, found: CommandSettings) -> Finding:
    name = f"signing key at {service}"
    question = _QUESTIONS[service]
    try:
        async with Services(found) as services:
            client = getattr(services, service)
            await client.call(type(question).__name__.removesuffix("Request"), question, timeout=3)
    except RemoteError as error:
        if error.code is grpc.StatusCode.UNAUTHENTICATED:
            return Finding(
                name,
                f"does not believe what is signed here: {error.message}",
                f"give {service} the same LOUYU_SIGNING_KEY, or this one's public key in LOUYU_VERIFY_KEYS; compare clocks",
            )
        if error.code in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED):
            return Finding(name, f"could not be tried: {error.message}", "see its log")
    except ValueError as error:
        return Finding(name, str(error), "`louyu secrets init` makes one")
    return Finding(name, "the same as here")


async def _shows_certificate(service: str, found: CommandSettings) -> Finding:
    name = f"certificate shown by {service}"
    parts = urlsplit("//" + _address(service, found).removeprefix("dns:///"))
    try:
        context = ssl.create_default_context(cafile=found.tls_ca)
        context.load_cert_chain(found.tls_cert, found.tls_key)
        context.set_alpn_protocols(["h2"])
        async with asyncio.timeout(3):
            _, writer = await asyncio.open_connection(
                parts.hostname, parts.port, ssl=context, server_hostname=f"louyu-{service}"
            )
    except (OSError, TimeoutError) as error:
        return Finding(
            name,
            f"is not accepted: {getattr(error, 'verify_message', '') or error.__class__.__name__}",
            f"it must be signed by LOUYU_TLS_CA and name louyu-{service}",
        )
    shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.transport.abort()
    return lasting(name, shown)


def _address(service: str, found: CommandSettings) -> str:
    return str(getattr(found, f"{service}_addr"))
