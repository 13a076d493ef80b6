"""The real thing under load: `louyu serve messaging` on embedded databases, with the demo community in it.

Beside it the plain servers, and the process that makes the load. Everything ends with the context.
"""

import asyncio
import json
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import psutil
from louyu.messaging.v1 import messaging_service_pb2 as pb
from louyu.messaging.v1 import messaging_service_pb2_grpc
from louyu_runtime import ids
from louyu_runtime.embedded.ports import free_port
from louyu_runtime.embedded.readiness import http_ready
from louyu_runtime.identity import Principal, TokenSigner
from louyu_runtime.migrations import migrate
from louyu_runtime.rpc.client import Client

from tests.bench.posting.plain_servers import PATH
from tests.platform.demo import demo_community, members_of

POST_MESSAGE = "/louyu.messaging.v1.MessagingService/PostMessage"
OPERATOR = Principal(kind="person", id="operator", roles=frozenset({"operator"}))
TOKEN_SECONDS = 3600
START_SECONDS = 60


@dataclass
class Platform:
    """What runs. `groups` are the ids of the community's groups, that of building 28 first.

    `settings` are those by which commands reach messaging.
    """

    owner_url: str
    folder: Path
    settings: dict[str, str]
    groups: list[str]
    programs: dict[str, asyncio.subprocess.Process]
    postgres_pid: int

    async def load(self, target: str, groups: list[str], at_once: int, seconds: float) -> dict[str, float]:
        """Put load on a target, and return what it took."""
        program = self.programs["load"]
        assert program.stdin is not None and program.stdout is not None
        order = {"target": target, "groups": groups, "at_once": at_once, "seconds": seconds}
        program.stdin.write(json.dumps(order).encode() + b"\n")
        line = await program.stdout.readline()
        assert line, "the load stopped; its lines stand above"
        return dict(json.loads(line))

    def cpu_seconds(self, name: str) -> float:
        """Return the processor time that a program, or `postgres` with all its sessions, has taken."""
        pid = self.postgres_pid if name == "postgres" else self.programs[name].pid
        processes = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
        spent = 0.0
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                spent += times.user + times.system
        return spent


@asynccontextmanager
async def platform() -> AsyncIterator[Platform]:
    """Start everything in a folder of its own, and remove it in the end."""
    folder = _new_folder()
    try:
        async with AsyncExitStack() as stack:
            yield await _start(stack, folder)
    finally:
        _remove(folder)


def _new_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="louyu-bench-"))
    folder.chmod(0o711)  # the database may run as another account
    return folder


def _remove(folder: Path) -> None:
    elsewhere = folder / "data" / "postgres"
    if elsewhere.is_symlink():
        shutil.rmtree(elsewhere.resolve())
    shutil.rmtree(folder)


async def _start(stack: AsyncExitStack, folder: Path) -> Platform:
    databases = await _program(stack, "tests.platform.databases", str(folder / "data"))
    found = json.loads(await _line(databases))
    await migrate(found["postgres"], "messaging")
    community = demo_community()
    messaging, address = await _messaging(stack, found)
    signer = TokenSigner(_text(found["signing_key_file"]))
    client = Client(messaging_service_pb2_grpc.MessagingServiceStub, "messaging", address, signer, OPERATOR)
    await client.call("ApplyCommunity", pb.ApplyCommunityRequest(community=community.community), timeout=60)
    await client.close()
    community_id = ids.community_id(community.key)
    senders = _senders(community_id, signer)
    await _make_plain_tables(found["postgres"], list(senders))
    echo = await _program(stack, "tests.bench.posting.plain_servers", "echo")
    commits = await _program(stack, "tests.bench.posting.plain_servers", "commits", found["postgres"])
    plan = {
        "run_id": ids.new_id()[:8],
        "community_id": community_id,
        "senders": senders,
        "targets": {
            "post": (address, POST_MESSAGE),
            "echo": (f"127.0.0.1:{int(await _line(echo))}", PATH),
            "commits": (f"127.0.0.1:{int(await _line(commits))}", PATH),
        },
    }
    (folder / "plan.json").write_text(json.dumps(plan))
    load = await _program(stack, "tests.bench.posting.load", str(folder / "plan.json"))
    programs = {"messaging": messaging, "echo": echo, "commits": commits, "load": load}
    settings = {"LOUYU_MESSAGING_ADDR": address, "LOUYU_SIGNING_KEY_FILE": found["signing_key_file"]}
    return Platform(found["postgres"], folder, settings, list(senders), programs, found["postgres_pid"])


def _text(path: str) -> str:
    return Path(path).read_text(encoding="utf-8")


def _senders(community_id: str, signer: TokenSigner) -> dict[str, list[dict[str, str]]]:
    """Return the members of each group, with their tokens; the group of building 28 first."""
    found: dict[str, list[dict[str, str]]] = {}
    for group in sorted(demo_community().community.groups, key=lambda group: group.key != "28"):
        senders = []
        for person, roles in members_of(group):
            person_id = ids.named_id(community_id, "person", person.key)
            principal = Principal("person", person_id, community_id, person.name, roles)
            token = signer.sign(principal, ["messaging"], seconds=TOKEN_SECONDS)
            senders.append({"id": person_id, "bearer": f"Bearer {token}"})
        found[ids.named_id(community_id, "group", group.key)] = senders
    return found


async def _messaging(stack: AsyncExitStack, found: dict[str, Any]) -> tuple[asyncio.subprocess.Process, str]:
    address, admin_port = f"127.0.0.1:{free_port()}", free_port()
    settings = {
        "LOUYU_DATABASE_URL": found["postgres"],
        "LOUYU_REDIS_URL": found["redis"],
        "LOUYU_SIGNING_KEY_FILE": found["signing_key_file"],
        "LOUYU_DATA_KEYS_FILE": found["data_keys_file"],
        "LOUYU_LOOKUP_KEY_FILE": found["lookup_key_file"],
        "LOUYU_LISTEN": address,
        "LOUYU_ADMIN_LISTEN": f"127.0.0.1:{admin_port}",
        "LOUYU_LOG_LEVEL": "WARNING",
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LOUYU_")}
    program = await _program(stack, "louyu_cli.main", "serve", "messaging", env=kept | settings)
    async with asyncio.timeout(START_SECONDS):
        while not await http_ready(admin_port):
            assert program.returncode is None, "messaging did not start; its lines stand above"
            await asyncio.sleep(0.05)
    return program, address


async def _make_plain_tables(url: str, groups: list[str]) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("CREATE SCHEMA bench")
        await connection.execute("CREATE TABLE bench.groups (group_id text PRIMARY KEY, last_seq bigint NOT NULL)")
        await connection.execute(
            "CREATE TABLE bench.message (group_id text, seq bigint, sender_id text, text text, key text UNIQUE,"
            " PRIMARY KEY (group_id, seq))"
        )
        await connection.execute("INSERT INTO bench.groups SELECT g, 0 FROM unnest($1::text[]) AS g", groups)
    finally:
        await connection.close()


async def _program(
    stack: AsyncExitStack, module: str, *arguments: str, env: dict[str, str] | None = None
) -> asyncio.subprocess.Process:
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, *arguments),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=env,
    )
    stack.push_async_callback(_end, program)
    return program


async def _line(program: asyncio.subprocess.Process) -> str:
    assert program.stdout is not None
    async with asyncio.timeout(START_SECONDS):
        line = await program.stdout.readline()
    assert line, "a program did not start; its lines stand above"
    return line.decode()


async def _end(program: asyncio.subprocess.Process) -> None:
    if program.returncode is None:
        program.terminate()
    await program.wait()
