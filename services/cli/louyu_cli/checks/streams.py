"""Redis or Valkey: reached, kept on disk, and never dropping streams by itself."""

from __future__ import annotations

from louyu_runtime.events.streams import connect_redis
from redis import exceptions

from louyu_cli.checks.finding import Finding


async def check_redis(url: str) -> Finding:
    """Look at the server of the event streams."""
    try:
        client = connect_redis(url)
    except ValueError:
        return Finding("redis", "its URL cannot be read", "write LOUYU_REDIS_URL as redis://:password@host:6379/0")
    try:
        policy = (await client.config_get("maxmemory-policy")).get("maxmemory-policy")
        append_only = (await client.config_get("appendonly")).get("appendonly")
        server = await client.info("server")
    except exceptions.AuthenticationError:
        return Finding(
            "redis", "it refuses the password, or wants one", "correct LOUYU_REDIS_URL: redis://:password@host:6379/0"
        )
    except exceptions.ConnectionError as error:
        return Finding(
            "redis",
            f"cannot be reached: {error.__class__.__name__}",
            "start it, or correct the host and port in LOUYU_REDIS_URL",
        )
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
