"""One data folder: who may use it, what is made in it, how other commands find it."""

import stat
from pathlib import Path

import pytest
from louyu_runtime.embedded.data_folder import DataFolder, running_settings
from louyu_runtime.embedded.errors import (
    CannotStart,
    DataFolderInUse,
    DataFolderNotWritable,
    KeysMissing,
    NotRunning,
    TooLittleSpace,
)

from .running import running_installation


def test_second_user_of_a_folder_is_told_who_has_it(tmp_path: Path) -> None:
    with DataFolder.open(tmp_path), pytest.raises(DataFolderInUse) as refused:
        DataFolder.open(tmp_path)
    assert "is in use by process" in refused.value.problem
    assert "--data" in refused.value.mend


def test_closed_folder_can_be_opened_again(tmp_path: Path) -> None:
    DataFolder.open(tmp_path).close()
    DataFolder.open(tmp_path).close()


def test_refusals_are_one_line(tmp_path: Path) -> None:
    with DataFolder.open(tmp_path), pytest.raises(CannotStart) as refused:
        DataFolder.open(tmp_path)
    assert "\n" not in str(refused.value)


def test_full_disk_is_refused_and_leaves_the_folder_free(tmp_path: Path) -> None:
    with pytest.raises(TooLittleSpace, match="MB are needed"):
        DataFolder.open(tmp_path, minimum_free_bytes=2**62)
    DataFolder.open(tmp_path).close()


def test_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataFolderNotWritable, match="cannot be used"):
        DataFolder.open(tmp_path / "file" / "data")


def test_keys_are_private_and_the_same_at_every_start(tmp_path: Path) -> None:
    with DataFolder.open(tmp_path) as folder:
        first = folder.keys
        signing_key = first.signing_key_file.read_text()
    with DataFolder.open(tmp_path) as folder:
        assert folder.keys == first
        assert folder.keys.signing_key_file.read_text() == signing_key
    modes = {stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "secrets").iterdir()}
    assert modes == {0o600}


def test_keys_never_show_their_passwords(tmp_path: Path) -> None:
    with DataFolder.open(tmp_path) as folder:
        assert folder.keys.postgres_password not in repr(folder.keys)


def test_keys_serve_their_purpose(tmp_path: Path) -> None:
    from cryptography.fernet import Fernet
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    with DataFolder.open(tmp_path) as folder:
        signing_key = load_pem_private_key(folder.keys.signing_key_file.read_bytes(), password=None)
        data_key = Fernet(folder.keys.data_keys_file.read_text())
    assert isinstance(signing_key, Ed25519PrivateKey)
    assert data_key.decrypt(data_key.encrypt(b"13800000000")) == b"13800000000"


def test_lost_key_is_not_replaced_once_there_is_data(tmp_path: Path) -> None:
    with DataFolder.open(tmp_path) as folder:
        folder.postgres.mkdir()
        folder.keys.data_keys_file.unlink()
    with pytest.raises(KeysMissing, match="data_keys"):
        DataFolder.open(tmp_path)


def test_other_commands_find_what_is_published_while_it_runs(tmp_path: Path) -> None:
    with DataFolder.open(tmp_path) as folder:
        folder.publish(
            {"LOUYU_PUBLIC_URL": "http://localhost:8080"}, secret={"LOUYU_DATABASE_URL": "postgresql://louyu:pw@h/d"}
        )
        settings = running_settings(tmp_path)
        secret_file = Path(settings.pop("LOUYU_DATABASE_URL_FILE"))
        assert settings == {"LOUYU_PUBLIC_URL": "http://localhost:8080"}
        assert secret_file.read_text() == "postgresql://louyu:pw@h/d"
        assert stat.S_IMODE(secret_file.stat().st_mode) == 0o600
    with pytest.raises(NotRunning, match="No installation runs"):
        running_settings(tmp_path)


def test_folder_that_never_was_one_is_reported_as_not_running(tmp_path: Path) -> None:
    with pytest.raises(NotRunning):
        running_settings(tmp_path / "nothing")


def test_starting_installation_is_reported_as_such(tmp_path: Path) -> None:
    with DataFolder.open(tmp_path), pytest.raises(NotRunning, match="still starting"):
        running_settings(tmp_path)


async def test_killed_installation_is_not_taken_for_running(data_path: Path) -> None:
    async with running_installation(data_path) as installation:
        assert "LOUYU_DATABASE_URL_FILE" in running_settings(data_path)
        installation.process.kill()
        await installation.process.wait()
    with pytest.raises(NotRunning):
        running_settings(data_path)
    with DataFolder.open(data_path):
        pass
