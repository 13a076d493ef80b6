"""Settings that cannot be used stop a command or a service with lines that name the variable and the mend."""

import os
from pathlib import Path

import pytest
from louyu_cli.up import unused_settings

from tests.cli.conftest import Louyu

PASSWORD = "geheim"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LOUYU_DATABASE_URL", f"mysql://u:{PASSWORD}@h/d"),
        ("LOUYU_DATABASE_URL", f"postgresql://u:{PASSWORD}/x@h/d"),
        ("LOUYU_REDIS_URL", f"valkey:{PASSWORD}"),
        ("LOUYU_LISTEN", "7001"),
        ("LOUYU_LISTEN", "0.0.0.0:70000"),
        ("LOUYU_ADMIN_LISTEN", "http://127.0.0.1:9101"),
        ("LOUYU_NOTIFY_ADDR", "notify"),
        ("LOUYU_PUBLIC_URL", "louyu.example.org"),
        ("LOUYU_OTEL_ENDPOINT", "collector:4317"),
        ("LOUYU_LOG_LEVEL", "LOUD"),
        ("LOUYU_EVENT_PARTITIONS", "0"),
        ("LOUYU_TLS_CERT", "only-this-one"),
        ("LOUYU_SIGNING_KEY", "not a key"),
        ("LOUYU_DATABSE_URL", "misspelt"),
        ("LOUYU_SIGNING_KEY_FILE", "no-such-file"),
    ],
)
def test_a_service_does_not_start_and_names_the_variable(
    louyu: Louyu, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    for given, good in (("LOUYU_DATABASE_URL", "postgresql://u@127.0.0.1:1/d"), ("LOUYU_SIGNING_KEY", "not a key")):
        if f"{given}_FILE" != name:
            monkeypatch.setenv(given, good)
    monkeypatch.setenv(name, value)
    answer = louyu("serve", "routing")
    assert answer.exit_code == 1
    assert name in answer.err
    assert PASSWORD not in answer.err


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("LOUYU_CHANELS_FILE", "LOUYU_CHANNELS_FILE"),
        ("LOUYU_LOGLEVEL", "LOUYU_LOG_LEVEL"),
        ("LOUYU_GATEWAY_SESION_HOURS", "LOUYU_GATEWAY_SESSION_HOURS"),
        ("LOUYU_ROUTING_LOG_LEVLE_FILE", "LOUYU_ROUTING_LOG_LEVEL_FILE"),
    ],
)
def test_a_misspelt_setting_stops_up_at_once_and_names_the_nearest(
    louyu: Louyu, monkeypatch: pytest.MonkeyPatch, nowhere: Path, name: str, nearest: str
) -> None:
    monkeypatch.setenv(name, PASSWORD)
    answer = louyu("up", "--port", "28999", "--data", "data")
    assert answer.exit_code == 1
    assert f"{name}: no such setting; did you mean {nearest}?" in answer.err
    assert PASSWORD not in answer.err
    assert not (nowhere / "data").exists()


def test_a_name_that_resembles_no_setting_is_told_without_a_guess(
    louyu: Louyu, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOUYU_FAVOURITE_COLOUR", "jade")
    answer = louyu("up", "--port", "28999", "--data", "data")
    assert "LOUYU_FAVOURITE_COLOUR: no such setting; remove it or correct its name" in answer.err


def test_settings_that_up_decides_by_itself_are_told_and_the_others_handed_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for given in ("LOUYU_REDIS_URL_FILE", "LOUYU_NOTIFY_ADDR", "LOUYU_CHANNELS_FILE", "LOUYU_GATEWAY_SESSION_HOURS"):
        monkeypatch.setenv(given, "1")
    assert unused_settings(os.environ) == ["LOUYU_NOTIFY_ADDR", "LOUYU_REDIS_URL_FILE"]


def test_all_faults_are_told_at_once(louyu: Louyu, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOUYU_ROUTING_ADDR", "routing.louyu:7002")
    answer = louyu("serve", "messaging")
    for name in (
        "LOUYU_ROUTING_ADDR",
        "LOUYU_SIGNING_KEY",
        "LOUYU_DATABASE_URL",
        "LOUYU_DATA_KEYS",
        "LOUYU_LOOKUP_KEY",
    ):
        assert name in answer.err


def test_a_channels_file_that_cannot_be_used_is_told_with_its_lines(
    louyu: Louyu, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    louyu("secrets", "init", "--dir", "keys")
    (tmp_path / "channels.yaml").write_text("accounts:\n  - kind: wechat_oficial_account\n")
    monkeypatch.setenv("LOUYU_SIGNING_KEY_FILE", "keys/signing-key")
    monkeypatch.setenv("LOUYU_CHANNELS_FILE", "channels.yaml")
    answer = louyu("serve", "gateway")
    assert answer.exit_code == 1
    assert "channels.yaml:2: accounts[0].kind is not known" in answer.err


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgresql://louyu@127.0.0.1:1/louyu", "the database for messaging cannot be reached"),
        ("mysql://louyu@127.0.0.1/louyu", "not a postgresql:// URL"),
        ("nonsense", "not a postgresql:// URL"),
    ],
)
def test_migrate_needs_the_database_alone_and_says_what_is_wrong_with_it(
    louyu: Louyu, monkeypatch: pytest.MonkeyPatch, url: str, words: str
) -> None:
    monkeypatch.setenv("LOUYU_MIGRATE_DATABASE_URL", url)
    answer = louyu("migrate")
    assert answer.exit_code == 1
    assert len(answer.lines) == 1
    assert words in answer.err


def test_migrate_without_a_database_names_the_setting(louyu: Louyu) -> None:
    answer = louyu("migrate")
    assert answer.exit_code == 1
    assert "LOUYU_MIGRATE_DATABASE_URL" in answer.err


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("LOUYU_EVENT_PARTITIONS", "x", "must be a whole number"),
        ("LOUYU_EVENT_PARTITIONS", "999", "must be less than or equal to 256"),
        ("LOUYU_GATEWAY_SESSION_HOURS", "9999", "must be less than or equal to 168"),
        ("LOUYU_LOG_LEVEL", "loud", "must be DEBUG, INFO, WARNING or ERROR"),
    ],
)
def test_up_tells_an_ill_formed_value_in_plain_words_before_anything_starts(
    louyu: Louyu, monkeypatch: pytest.MonkeyPatch, nowhere: Path, name: str, value: str, words: str
) -> None:
    monkeypatch.setenv(name, value)
    answer = louyu("up", "--port", "28999", "--data", "data")
    assert answer.exit_code == 1
    assert answer.lines == ["louyu up: the settings cannot be used:", f"  {name}: {words}"]
    assert not (nowhere / "data").exists()


def test_up_tells_the_faults_of_a_channels_file_before_anything_starts(
    louyu: Louyu, monkeypatch: pytest.MonkeyPatch, nowhere: Path
) -> None:
    (nowhere / "channels.yaml").write_text("accounts:\n  - kind: wechat_official_account\n")
    monkeypatch.setenv("LOUYU_CHANNELS_FILE", "channels.yaml")
    answer = louyu("up", "--port", "28999", "--data", "data")
    assert answer.exit_code == 1
    assert "channels.yaml:2: accounts[0].app_id is missing" in answer.err
    assert not (nowhere / "data").exists()


def test_a_file_that_cannot_be_read_is_told_once(louyu: Louyu, monkeypatch: pytest.MonkeyPatch, nowhere: Path) -> None:
    monkeypatch.setenv("LOUYU_SIGNING_KEY_FILE", str(nowhere))
    monkeypatch.setenv("LOUYU_DATABASE_URL", "postgresql://u@127.0.0.1:1/d")
    answer = louyu("serve", "routing")
    (fault,) = answer.lines[1:]
    assert "LOUYU_SIGNING_KEY_FILE" in fault
    assert "cannot be read (Is a directory); correct the path" in fault


@pytest.mark.parametrize(
    "arguments",
    [
        ("migrate",),
        ("import", "--check", "a.yaml"),
        ("replay", "a.jsonl", "--community", "a"),
        ("token", "--role", "operator"),
    ],
    ids=" ".join,
)
def test_commands_refuse_a_misspelt_setting_too(
    louyu: Louyu, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.setenv("LOUYU_MESAGING_ADDR", "127.0.0.1:7001")
    answer = louyu(*arguments)
    assert answer.exit_code == 1
    assert "did you mean LOUYU_MESSAGING_ADDR?" in answer.err
