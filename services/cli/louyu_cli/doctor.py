"""`louyu doctor`: check configuration and connections, and say in plain words what is wrong.

Checks what the environment gives it: databases with schema and roles, Redis with its durability, the services' health.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from louyu_runtime.database import Database, is_away, refusal_of
from louyu_runtime.errors import LouyuError
from louyu_runtime.events.streams import connect_redis
from louyu_runtime.migrations import check_schema
from louyu_runtime.rpc import tls

from louyu_cli import installation
from louyu_cli.migrate import SERVICES, owner_url


@dataclass(frozen=True)
class Finding:
    """What a check found. `advice` is empty when all is well."""

    check: str
    text: str
    advice: str = ""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Run every check; 1 when any found something wrong."""
    findings = asyncio.run(examine())
    if arguments.json:
        print(json.dumps([finding.__dict__ for finding in findings], ensure_ascii=False, indent=2))
    else:
        for finding in findings:
            print(f"{'wrong' if finding.advice else 'good':<7}{finding.check}: {finding.text}")
            if finding.advice:
                print(f"       {finding.advice}")
    return 1 if any(finding.advice for finding in findings) else 0


async def examine() -> list[Finding]:
    """Return the findings of all checks."""
    found = installation.settings()
    findings: list[Finding] = []

    async def check(name: str, work: Callable[[], Awaitable[Finding]]) -> None:
        try:
            async with asyncio.timeout(10):
                findings.append(await work())
        except TimeoutError:
            findings.append(Finding(name, "no answer within 10 s", "is it reachable from here?"))

    for service in SERVICES:
        await check(f"database of {service}", lambda service=service: _database(service))  # type: ignore[misc]
    await check("redis", lambda: _redis(found.redis_url.get_secret_value()))
    for service in SERVICES:
        await check(f"service {service}", lambda service=service: _service(service, found))  # type: ignore[misc]
    return findings


async def _database(service: str) -> Finding:
    name = f"database of {service}"
    try:
        database = Database(owner_url(service), service, pool_size=1)
    except Exception as error:
        return Finding(name, str(error), f"correct LOUYU_DATABASE_URL or LOUYU_{service.upper()}_DATABASE_URL")
    try:
        await check_schema(database)
        async with database.transaction() as tx:
            role = await tx.row("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
            version = await tx.value("SHOW server_version")
            durable = await tx.value("SHOW synchronous_commit")
        if role is None or role.rolsuper or role.rolbypassrls:
            return Finding(
                name,
                "its role is not bound by row-level security",
                f"ALTER ROLE louyu_{service} NOSUPERUSER NOBYPASSRLS",
            )
        if durable == "off":
            return Finding(name, "synchronous_commit is off", "set it to on: an answered message could be lost")
        return Finding(name, f"PostgreSQL {version}, schema up to date")
    except LouyuError as error:
        return Finding(name, error.message, "start the database, or run `louyu migrate`")
    except Exception as error:
        if refusal_of(error):
            return Finding(name, refusal_of(error), "correct the database URL")
        if is_away(error):
            return Finding(name, "cannot be reached", "start it, or correct the host and port in the URL")
        return Finding(
            name, error.__class__.__name__, f"GRANT louyu_{service} TO the user in the URL, or run `louyu migrate`"
        )
    finally:
        await database.close()


async def _redis(url: str) -> Finding:
    try:
        client = connect_redis(url)
    except ValueError:
        return Finding("redis", "its URL cannot be read", "write LOUYU_REDIS_URL as redis://:password@host:6379/0")
    try:
        policy = (await client.config_get("maxmemory-policy")).get("maxmemory-policy")
        append_only = (await client.config_get("appendonly")).get("appendonly")
        server = await client.info("server")
    except Exception as error:
        return Finding("redis", f"cannot be asked: {error.__class__.__name__}", "start it, or correct LOUYU_REDIS_URL")
    finally:
        await client.aclose()
    if policy != "noeviction":
        return Finding("redis", f"maxmemory-policy is {policy}", "set it to noeviction: whole streams could be evicted")
    if append_only != "yes":
        return Finding("redis", "appendonly is off", "set appendonly yes: a restart would lose every stream")
    name = server.get("server_name", "redis")
    return Finding(
        "redis", f"{name} {server.get('valkey_version', server.get('redis_version'))}, kept on disk, nothing evicted"
    )


async def _service(service: str, found: installation.CommandSettings) -> Finding:
    name = f"service {service}"
    address = str(getattr(found, f"{service}_addr"))
    credentials = tls.channel_credentials(found) if found.tls_cert else None
    options = [("grpc.ssl_target_name_override", f"louyu-{service}")] if credentials else []
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
