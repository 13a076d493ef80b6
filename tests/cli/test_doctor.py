"""`louyu doctor`: what is wrong with keys, certificates, channels file and gateway is told in plain words with the mend."""

import asyncio
import base64
import json
import os
import threading
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import uvicorn
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import serialization
from louyu.routing.v1.plan_pb2 import PluginState
from louyu_cli.checks.certificates import lasting
from louyu_cli.checks.finding import Finding
from louyu_cli.checks.keys import check_sealed
from louyu_cli.checks.plugins import judge
from louyu_cli.secrets import make_keys
from louyu_gateway.application import application
from louyu_gateway.main import make_gateway
from louyu_gateway.settings import GatewaySettings
from louyu_runtime.channels_file import Channels
from louyu_runtime.database import Database
from louyu_runtime.embedded.ports import free_port
from louyu_runtime.sealing import Sealer
from louyu_runtime.settings import load_settings

from tests.cli.conftest import Louyu
from tests.deploy.certificates import Authority

ROLES = ("messaging", "routing", "notify", "gateway")


@pytest.fixture
def doctor(louyu: Louyu, monkeypatch: pytest.MonkeyPatch, nowhere: Path) -> Any:
    """An environment in which everything is well but that nothing runs; call it for the findings by check."""
    louyu("secrets", "init", "--dir", "keys")
    for name in ("signing-key", "data-keys", "lookup-key"):
        monkeypatch.setenv(f"LOUYU_{name.upper().replace('-', '_')}_FILE", f"keys/{name}")
    monkeypatch.setenv("LOUYU_DATABASE_URL", "postgresql://louyu@127.0.0.1:1/louyu")
    monkeypatch.setenv("LOUYU_REDIS_URL", "redis://127.0.0.1:1/0")
    monkeypatch.setenv("LOUYU_PUBLIC_URL", "http://127.0.0.1:1")
    for service in ROLES[:3]:
        monkeypatch.setenv(f"LOUYU_{service.upper()}_ADDR", "127.0.0.1:1")

    def examine() -> dict[str, Finding]:
        answer = louyu("doctor", "--json")
        assert answer.exit_code == 1  # nothing runs here
        for key in Path("keys").iterdir():
            assert key.read_text().strip()[-30:] not in answer.out
        return {found["check"]: Finding(**found) for found in json.loads(answer.out)}

    return examine


def test_keys_that_are_well_are_told_by_fingerprints(doctor: Any) -> None:
    found = doctor()
    for key in ("signing key", "data keys", "lookup key", "settings"):
        assert not found[key].advice, found[key]


@pytest.mark.parametrize(
    ("key", "setting"),
    [("signing key", "SIGNING_KEY"), ("data keys", "DATA_KEYS"), ("lookup key", "LOOKUP_KEY")],
)
def test_a_key_that_is_missing_or_ill_formed_is_told_with_its_setting(
    doctor: Any, monkeypatch: pytest.MonkeyPatch, key: str, setting: str
) -> None:
    monkeypatch.delenv(f"LOUYU_{setting}_FILE")
    assert doctor()[key].text == "is missing"
    monkeypatch.setenv(f"LOUYU_{setting}", "nonsense!")
    assert f"LOUYU_{setting}" in doctor()[key].text


def test_a_key_that_one_service_is_given_differently_is_told(doctor: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOUYU_NOTIFY_DATA_KEYS", Fernet.generate_key().decode())
    monkeypatch.setenv("LOUYU_GATEWAY_SIGNING_KEY", make_keys()["signing-key"])
    found = doctor()
    assert "is not the same for all services: messaging" in found["data keys"].text
    assert "gateway" in found["signing key"].text


def test_a_misspelt_setting_is_told(doctor: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOUYU_LOG_LEVLE", "DEBUG")
    assert "did you mean LOUYU_LOG_LEVEL?" in doctor()["settings"].text


@pytest.mark.parametrize(
    ("value", "words"),
    [("{file: no-such-file}", "cannot be read"), ("{env: NO_SUCH_VARIABLE}", "NO_SUCH_VARIABLE, which is not set")],
)
def test_references_of_the_channels_file_that_lead_nowhere_are_told(
    doctor: Any, monkeypatch: pytest.MonkeyPatch, nowhere: Path, value: str, words: str
) -> None:
    monkeypatch.setenv("LOUYU_CHANNELS_FILE", "channels.yaml")
    lines = f"  - kind: wechat_official_account\n    name: a\n    app_id: wx1\n    app_secret: {value}\n"
    (nowhere / "channels.yaml").write_text(f"accounts:\n{lines}    token: abc\n    mode: plain\n")
    found = doctor()["channels file"]
    assert words in found.text
    assert found.advice
    (nowhere / "channels.yaml").write_text(f"accounts:\n{lines.replace(value, 'abc')}    token: abc\n    mode: plain\n")
    assert doctor()["channels file"] == Finding("channels file", "1 accounts: a")


def _put(folder: Path, files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch, role: str = "") -> None:
    for name, setting in (("tls.crt", "CERT"), ("tls.key", "KEY"), ("ca.crt", "CA")):
        path = folder / f"{role}{name}"
        path.write_bytes(files[name])
        monkeypatch.setenv(f"LOUYU_{role.upper() + '_' if role else ''}TLS_{setting}", str(path))


def test_certificates_that_cannot_work_are_told(doctor: Any, monkeypatch: pytest.MonkeyPatch, nowhere: Path) -> None:
    authority, other = Authority.create(days=1), Authority.create(days=1)
    good = authority.issue("louyu-notify")
    cases = {
        "certificate and key do not belong together": good | {"tls.key": authority.issue("x")["tls.key"]},
        "is not signed by the CA": good | {"ca.crt": other.issue("x")["ca.crt"]},
        "is for louyu-routing": authority.issue("louyu-routing"),
        "the key is not a private key in PEM": good | {"tls.key": b"nonsense"},
        "certificate or CA is not PEM": good | {"tls.crt": b"nonsense"},
        "expires at": good,  # the authority's certificates live for a day
    }
    for words, files in cases.items():
        _put(nowhere, files, monkeypatch, "notify")
        found = doctor()["certificate of notify"]
        assert words in found.text
        assert found.advice
    monkeypatch.setenv("LOUYU_NOTIFY_TLS_KEY", "no-such-file")
    assert "LOUYU_TLS_KEY: 'no-such-file' cannot be read" in doctor()["certificate of notify"].text


def test_a_certificate_is_told_before_it_expires_and_after() -> None:
    der = _der(Authority.create(days=1))
    now = datetime.now(UTC)
    assert "in 0 days" in lasting("c", der, now).text
    assert "has expired" in lasting("c", der, now + timedelta(days=2)).text
    assert "valid only from" in lasting("c", der, now - timedelta(days=2)).text
    assert not lasting("c", der, now - timedelta(minutes=1)).text.startswith("good")


def _der(authority: Authority) -> bytes:
    return authority.certificate.public_bytes(serialization.Encoding.DER)


@pytest.fixture
def gateway(doctor: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A gateway that runs, with the keys of the environment as it is now; it lacks what is put into the list."""
    missing: list[str] = []
    port, running = free_port(), threading.Event()
    settings = load_settings(GatewaySettings)
    server: list[uvicorn.Server] = []

    async def serve() -> None:
        edge = make_gateway(settings, Channels())
        config = uvicorn.Config(application(edge, lambda: missing), port=port, log_config=None, lifespan="off")
        server.append(uvicorn.Server(config))
        serving = asyncio.create_task(server[0].serve())
        async with aiohttp.ClientSession() as session:
            while not running.is_set():
                with suppress(aiohttp.ClientConnectionError):
                    async with session.get(f"http://127.0.0.1:{port}/livez"):
                        running.set()
        await serving
        await edge.services.close()
        await edge.sessions.close()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert running.wait(20)
    monkeypatch.setenv("LOUYU_GATEWAY_ADDR", f"127.0.0.1:{port}")
    yield missing
    server[0].should_exit = True
    thread.join()


def test_the_gateway_is_reached_ready_and_of_the_same_key(
    doctor: Any, gateway: list[str], louyu: Louyu, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = doctor()
    assert not found["gateway"].advice
    assert not found["signing key at gateway"].advice
    louyu("secrets", "init", "--dir", "other")
    monkeypatch.setenv("LOUYU_SIGNING_KEY_FILE", "other/signing-key")
    assert "does not believe what is signed here" in doctor()["signing key at gateway"].text
    gateway.append("starting")
    assert "not ready" in doctor()["gateway"].text


def test_a_gateway_that_is_away_is_told_with_the_setting(doctor: Any) -> None:
    found = doctor()["gateway"]
    assert "no answer at http://127.0.0.1:1" in found.text
    assert "LOUYU_PUBLIC_URL" in found.advice


@pytest.fixture
async def sealed(database_url: str, messaging_database: Database) -> AsyncIterator[dict[str, str]]:
    """A database with one address sealed by the keys that are returned as settings."""
    keys = make_keys()
    sealer = Sealer(keys["data-keys"], keys["lookup-key"])
    community, person = str(uuid.uuid4()), str(uuid.uuid4())
    async with messaging_database.transaction(community) as tx:
        await tx.execute(
            "INSERT INTO community (community_id, key, name, subdistrict, district)"
            " VALUES (CAST(:c AS uuid), 'k', 'n', '', '')",
            {"c": community},
        )
        await tx.execute(
            "INSERT INTO person (community_id, person_id, key, name, created_at)"
            " VALUES (CAST(:c AS uuid), CAST(:p AS uuid), 'p', 'n', now())",
            {"c": community, "p": person},
        )
        await tx.execute(
            "INSERT INTO channel_address (community_id, channel, account, lookup, sealed, person_id, created_at)"
            " VALUES (CAST(:c AS uuid), 'x', 'a', :lookup, :sealed, CAST(:p AS uuid), now())",
            {"c": community, "p": person, "lookup": sealer.lookup("openid"), "sealed": sealer.seal("openid")},
        )
    yield {
        "LOUYU_DATA_KEYS": keys["data-keys"],
        "LOUYU_LOOKUP_KEY": keys["lookup-key"],
        "LOUYU_DATABASE_URL": database_url,
    }


async def test_keys_that_do_not_fit_the_database_are_told(sealed: dict[str, str]) -> None:
    assert not (await check_sealed("messaging", sealed)).advice
    other = Fernet.generate_key().decode()
    found = await check_sealed("messaging", sealed | {"LOUYU_DATA_KEYS": other})
    assert "2 of 2 sealed values cannot be opened" in found.text
    assert not (
        await check_sealed("messaging", sealed | {"LOUYU_DATA_KEYS": f"{other},{sealed['LOUYU_DATA_KEYS']}"})
    ).advice
    replaced = base64.b64encode(os.urandom(32)).decode()
    assert (
        "not found by the lookup key" in (await check_sealed("messaging", sealed | {"LOUYU_LOOKUP_KEY": replaced})).text
    )
    assert (await check_sealed("notify", sealed)).text == "nothing is sealed yet"


def test_a_plugin_that_is_left_out_is_wrong_and_one_that_is_switched_off_is_not() -> None:
    used = PluginState(name="property", state="running")
    off = PluginState(name="squad", state="disabled")
    assert judge("routing", [used, off]) == Finding("plugins of routing", "in use: property")
    failed = PluginState(name="bell", state="failed", fault="implements no hook")
    found = judge("routing", [used, failed])
    assert found.text == "bell failed: implements no hook"
    assert "LOUYU_PLUGINS_DISABLED" in found.advice
