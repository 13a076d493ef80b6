"""`louyu doctor` and the stores: each service's own address is tried, and why it does not serve is told with the mend."""

from pathlib import Path

import asyncpg
import pytest
from louyu_cli.checks.databases import check_database
from louyu_cli.checks.space import check_space
from louyu_cli.checks.streams import check_redis
from louyu_runtime.embedded.data_folder import DataFolder
from louyu_runtime.embedded.ports import free_port

from tests.cli.versions import routing_at
from tests.platform.fixtures import with_database

GOOD = "schema up to date"


async def test_the_services_own_login_is_tried_whatever_the_migration_connects_by(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    environ = {"LOUYU_MIGRATE_DATABASE_URL": database_url, "LOUYU_DATABASE_URL": database_url}
    monkeypatch.setenv("LOUYU_MIGRATE_DATABASE_URL", database_url)
    assert GOOD in (await check_database("messaging", environ)).text

    user, _, rest = database_url.partition("@")
    wrong = f"{user}wrong@{rest}"
    found = await check_database("messaging", environ | {"LOUYU_MESSAGING_DATABASE_URL": wrong})

    assert "refuses the user or password" in found.text
    assert "LOUYU_MESSAGING_DATABASE_URL" in found.advice


@pytest.mark.parametrize("url", ["foo", "mysql://u:geheim@h/d", "postgresql://u:geheim@h:abc/d"])
async def test_an_ill_formed_url_is_told_by_its_rule_and_never_by_its_words(url: str) -> None:
    found = await check_database("routing", {"LOUYU_ROUTING_DATABASE_URL": url})

    assert "must look like postgresql://" in found.text
    assert "geheim" not in found.text + found.advice


async def test_a_service_without_a_database_is_told() -> None:
    found = await check_database("routing", {"LOUYU_NOTIFY_DATABASE_URL": "postgresql://u@h/d"})

    assert found.text == "none is named for it"
    assert "LOUYU_ROUTING_DATABASE_URL" in found.advice


async def test_a_database_that_is_not_there_is_told(database_url: str) -> None:
    found = await check_database("notify", {"LOUYU_DATABASE_URL": with_database(database_url, "luoyu")})

    assert "no database of the name" in found.text


async def test_a_login_of_another_service_is_told(database_url: str) -> None:
    owner = await asyncpg.connect(database_url)
    await owner.execute("DROP ROLE IF EXISTS routing_login_of_doctor")
    await owner.execute("CREATE ROLE routing_login_of_doctor LOGIN PASSWORD 'p' IN ROLE louyu_routing")
    try:
        host = database_url.rsplit("@", 1)[1]
        environ = {"LOUYU_DATABASE_URL": f"postgresql://routing_login_of_doctor:p@{host}"}
        assert GOOD in (await check_database("routing", environ)).text
        found = await check_database("messaging", environ)
    finally:
        await owner.execute("DROP ROLE routing_login_of_doctor")
        await owner.close()

    assert "may not use this service's schema" in found.text


async def test_an_older_schema_is_told_with_one_mend(database_url: str) -> None:
    async with routing_at("0001", database_url):
        found = await check_database("routing", {"LOUYU_DATABASE_URL": database_url})

    assert "is at 0001" in found.text
    assert found.advice == "run `louyu migrate`"


async def test_redis_that_refuses_the_password_is_told_apart_from_one_that_is_away(redis_url: str) -> None:
    assert not (await check_redis(redis_url)).advice

    refused = await check_redis(redis_url.replace("redis://:", "redis://:not"))
    away = await check_redis(f"redis://127.0.0.1:{free_port()}/0")

    assert "refuses the password" in refused.text
    assert "cannot be reached" in away.text
    assert "host and port" in away.advice


def test_little_room_on_the_disk_of_a_running_installation_is_told(tmp_path: Path) -> None:
    assert check_space(tmp_path) == []  # nothing runs on it
    with DataFolder.open(tmp_path) as folder:
        folder.publish({}, secret={})
        assert [found.advice for found in check_space(tmp_path)] == [""]
        (found,) = check_space(tmp_path, minimum_free_bytes=2**62)
    assert "MB are free" in found.text
    assert "free space" in found.advice
