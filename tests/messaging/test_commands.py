"""The command line beside a running messaging: what it cannot do there is told in lines with the mend."""

import asyncio
import os
import sys
from pathlib import Path

from tests.messaging.community import COMMUNITY, Messaging
from tests.platform.fixtures import Databases


async def _louyu(databases: Databases, settings: dict[str, str], *arguments: str) -> tuple[int, list[str]]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("LOUYU_")}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "louyu_cli.main",
        *arguments,
        env=environ | {"LOUYU_SIGNING_KEY_FILE": databases.signing_key_file} | settings,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(30):
        _, said = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said.decode().splitlines()


async def test_replay_tells_every_line_that_names_nobody_here(
    messaging: Messaging, databases: Databases, tmp_path: Path
) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text(
        '{"building": "9", "sender": "louzhang", "text": "一"}\n'
        '{"building": "28", "sender": "nobody", "text": "二"}\n'
        '{"building": "28", "sender": "louzhang", "text": "三"}\n'
    )
    settings = {"LOUYU_MESSAGING_ADDR": messaging.host.settings.listen_address}

    exit_code, said = await _louyu(databases, settings, "replay", str(log), "--community", COMMUNITY)

    assert exit_code == 1
    assert [line.rpartition(f"{log}:")[2].partition(";")[0] for line in said] == [
        "1: building: '9' has no group in this community",
        "2: sender: 'nobody' is no member of the group of building 28",
    ]
    assert await messaging.messages() == []

    exit_code, said = await _louyu(databases, settings, "replay", str(log), "--community", "nowhere")

    assert (exit_code, said) == (
        1,
        ["louyu replay: there is no community 'nowhere' with a group; correct --community"],
    )


async def test_a_taken_port_is_told_in_one_line(
    messaging: Messaging, databases: Databases, database_url: str, redis_url: str
) -> None:
    address = messaging.host.settings.listen_address
    settings = {
        "LOUYU_DATABASE_URL": database_url,
        "LOUYU_REDIS_URL": redis_url,
        "LOUYU_DATA_KEYS_FILE": databases.data_keys_file,
        "LOUYU_LOOKUP_KEY_FILE": databases.lookup_key_file,
        "LOUYU_LISTEN": address,
        "LOUYU_ADMIN_LISTEN": "127.0.0.1:0",
    }

    exit_code, said = await _louyu(databases, settings, "serve", "messaging")

    assert exit_code == 1
    faults = [line for line in said if line.startswith("louyu serve: ")]
    assert len(faults) == 1
    assert f"{address} is taken by another program" in faults[0]
    assert "LOUYU_MESSAGING_LISTEN" in faults[0]
    assert not any("Traceback" in line for line in said)
