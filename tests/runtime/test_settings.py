"""Settings are read once, and every fault is named together with its mend."""

from pathlib import Path
from typing import ClassVar

import pytest
from louyu_runtime.settings import CommonSettings, SettingsError, load_settings
from pydantic import Field, SecretStr


class ProbeSettings(CommonSettings):
    """A service's settings with one of its own."""

    role: ClassVar[str] = "routing"
    patience_seconds: int = Field(default=5, ge=1)


GOOD = {"LOUYU_DATABASE_URL": "postgresql://u:geheim@localhost/d", "LOUYU_SIGNING_KEY": "pem"}


def faults_of(environ: dict[str, str]) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load_settings(ProbeSettings, environ)
    return caught.value.faults


def test_the_services_own_name_is_stronger_than_the_common_one() -> None:
    settings = load_settings(ProbeSettings, GOOD | {"LOUYU_ROUTING_DATABASE_URL": "postgresql://own/d"})
    assert settings.database_url.get_secret_value() == "postgresql://own/d"


def test_a_setting_can_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text("redis://elsewhere\n")
    settings = load_settings(ProbeSettings, GOOD | {"LOUYU_REDIS_URL_FILE": str(file)})
    assert settings.redis_url == SecretStr("redis://elsewhere")


def test_all_faults_are_told_together_by_name() -> None:
    faults = faults_of(
        {
            "LOUYU_DATABSE_URL": "x",
            "LOUYU_EVENT_PARTITIONS": "many",
            "LOUYU_ROUTING_PATIENCE_SECONDS": "0",
            "LOUYU_REDIS_URL_FILE": "/nowhere",
        }
    )
    told = "\n".join(faults)
    for name in (
        "LOUYU_DATABSE_URL",
        "LOUYU_EVENT_PARTITIONS",
        "LOUYU_ROUTING_PATIENCE_SECONDS",
        "LOUYU_REDIS_URL_FILE",
    ):
        assert name in told


def test_a_value_and_a_file_for_one_setting_are_refused() -> None:
    assert "both" in faults_of(GOOD | {"LOUYU_REDIS_URL": "redis://a", "LOUYU_REDIS_URL_FILE": "/b"})[0]


def test_settings_of_other_services_are_left_alone() -> None:
    load_settings(ProbeSettings, GOOD | {"LOUYU_NOTIFY_WHATEVER": "1"})


def test_a_service_of_its_own_must_name_its_own_settings() -> None:
    assert "LOUYU_PATIENCE_SECONDS" in faults_of(GOOD | {"LOUYU_PATIENCE_SECONDS": "3"})[0]


def test_plaintext_beyond_this_machine_is_refused_unless_allowed() -> None:
    away = GOOD | {"LOUYU_MESSAGING_ADDR": "dns:///messaging:7001"}
    assert "LOUYU_MESSAGING_ADDR" in faults_of(away)[0]
    load_settings(ProbeSettings, away | {"LOUYU_ALLOW_PLAINTEXT": "true"})


def test_a_certificate_without_its_key_is_refused(tmp_path: Path) -> None:
    certificate = tmp_path / "crt"
    certificate.touch()
    assert "all three or none" in faults_of(GOOD | {"LOUYU_TLS_CERT": str(certificate)})[0]


def test_secrets_never_show() -> None:
    settings = load_settings(ProbeSettings, GOOD)
    assert "geheim" not in repr(settings)
    assert "geheim" not in "".join(faults_of(GOOD | {"LOUYU_EVENT_PARTITIONS": "geheim"}))
