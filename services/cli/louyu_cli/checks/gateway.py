"""The gateway: reached, ready, and believing what our key signs, by which its sessions and sign-in links live too."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from urllib.parse import urlsplit

import aiohttp
from louyu_runtime.identity import TokenSigner

from louyu_cli import token
from louyu_cli.checks.certificates import lasting
from louyu_cli.checks.finding import Finding
from louyu_cli.installation import OPERATOR, CommandSettings

SECONDS = 5


def gateway_url(environ: Mapping[str, str], found: CommandSettings) -> tuple[str, str]:
    """Return where doctor reaches the gateway, and the setting that says so."""
    own = environ.get("LOUYU_GATEWAY_ADDR", "")
    if not own:
        return found.public_url.rstrip("/"), "LOUYU_PUBLIC_URL"
    return (own if "://" in own else f"http://{own}").rstrip("/"), "LOUYU_GATEWAY_ADDR"


async def check_gateway(environ: Mapping[str, str], found: CommandSettings) -> list[Finding]:
    """Look at the gateway as its visitors reach it."""
    url, setting = gateway_url(environ, found)
    timeout = aiohttp.ClientTimeout(total=SECONDS)
    try:
        async with aiohttp.ClientSession(timeout=timeout) as session:
            ready = await _ready(session, url)
            findings = [ready]
            if not ready.advice:
                findings.append(await _believes_our_key(session, url, found))
    except aiohttp.ClientConnectorCertificateError as error:
        verdict = getattr(error.certificate_error, "verify_message", "") or "not accepted"
        return [
            Finding("gateway", f"its certificate at {url} cannot be used: {verdict}", "renew it, for the right name")
        ]
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        return [
            Finding(
                "gateway", f"no answer at {url}: {error.__class__.__name__}", f"is it running, and {setting} right?"
            )
        ]
    if url.startswith("https://"):
        findings.append(await _certificate(url))
    return findings


async def _ready(session: aiohttp.ClientSession, url: str) -> Finding:
    async with session.get(f"{url}/readyz", allow_redirects=False) as answer:
        body = (await answer.content.read(4096)).decode("utf-8", "replace")
        if answer.status == 200 and '"ready"' in body:
            return Finding("gateway", f"ready at {url}")
        if answer.status == 503 and '"missing"' in body:
            return Finding("gateway", f"at {url}, but not ready: {body}", "see its log")
        return Finding(
            "gateway", f"{url}/readyz answers {answer.status}", "does something else answer at this address?"
        )


async def _believes_our_key(session: aiohttp.ClientSession, url: str, found: CommandSettings) -> Finding:
    name = "signing key at gateway"
    try:
        signed = TokenSigner(found.signing_key.get_secret_value()).sign(OPERATOR, token.AUDIENCE, seconds=60)
    except ValueError as error:
        return Finding(name, str(error), "`louyu secrets init` makes one")
    headers = {"Authorization": f"Bearer {signed}"}
    async with session.get(f"{url}/metrics", headers=headers, allow_redirects=False) as answer:
        if answer.status in (401, 403):
            return Finding(
                name,
                "does not believe what is signed here, nor the sessions of other replicas",
                "give the gateway the same LOUYU_SIGNING_KEY as the services; compare clocks",
            )
        if answer.status != 200:
            return Finding(name, f"could not be tried: {url}/metrics answers {answer.status}", "see its log")
    return Finding(name, "the same as here; sessions are signed with it")


async def _certificate(url: str) -> Finding:
    name, parts = "certificate of the gateway's address", urlsplit(url)
    try:
        async with asyncio.timeout(SECONDS):
            _, writer = await asyncio.open_connection(
                parts.hostname, parts.port or 443, ssl=ssl.create_default_context()
            )
    except (OSError, TimeoutError) as error:
        return Finding(name, f"could not be read: {error.__class__.__name__}", "try once more")
    shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.transport.abort()
    return lasting(name, shown)
