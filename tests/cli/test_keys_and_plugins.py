"""`louyu secrets init`, `louyu plugins` and `louyu doctor`."""

import base64
import json
import stat
from pathlib import Path

import pytest
import yaml
from louyu_runtime.identity import Principal, TokenSigner
from louyu_runtime.sealing import Sealer

from tests.cli.conftest import Louyu

NAMES = {"signing-key", "data-keys", "lookup-key"}
ROOT = Path(__file__).parents[2]


def assert_usable(keys: dict[str, str]) -> None:
    sealer = Sealer(keys["data-keys"], keys["lookup-key"])
    assert sealer.open(sealer.seal("1-101")) == "1-101"
    assert len(sealer.lookup("1-101")) == 32
    assert TokenSigner(keys["signing-key"]).sign(Principal("service", "notify"), ["messaging"])


def test_keys_are_written_for_their_owner_alone(louyu: Louyu, nowhere: Path) -> None:
    answer = louyu("secrets", "init", "--dir", "new/keys")
    files = {path.name: path for path in (nowhere / "new/keys").iterdir()}
    assert answer.exit_code == 0
    assert set(files) == NAMES
    assert {stat.S_IMODE(path.stat().st_mode) for path in files.values()} == {0o600}
    assert_usable({name: path.read_text() for name, path in files.items()})


def test_a_key_is_never_overwritten_and_never_completed_by_halves(louyu: Louyu, nowhere: Path) -> None:
    (nowhere / "lookup-key").write_text("old")
    answer = louyu("secrets", "init", "--dir", ".")
    assert answer.exit_code == 1
    assert "lookup-key exists already" in answer.err
    assert [path.name for path in nowhere.iterdir()] == ["lookup-key"]
    assert (nowhere / "lookup-key").read_text() == "old"


def test_a_folder_that_cannot_be_one(louyu: Louyu, nowhere: Path) -> None:
    (nowhere / "file").write_text("")
    for folder in ("file", "file/below"):
        answer = louyu("secrets", "init", "--dir", folder)
        assert answer.exit_code == 1
        assert f"{folder} cannot be written" in answer.err


def test_the_manifest_is_a_secret_with_the_keys(louyu: Louyu) -> None:
    manifest = yaml.safe_load(louyu("secrets", "init", "--manifest", "louyu-keys").out)
    assert (manifest["kind"], manifest["metadata"]["name"]) == ("Secret", "louyu-keys")
    assert set(manifest["data"]) == NAMES
    assert_usable({name: base64.b64decode(value).decode() for name, value in manifest["data"].items()})


def test_two_installations_have_different_keys(louyu: Louyu) -> None:
    assert louyu("secrets", "init", "--manifest", "a").out != louyu("secrets", "init", "--manifest", "a").out


def test_installed_plugins_are_listed_with_version_hooks_and_source(louyu: Louyu) -> None:
    (row,) = (row for row in json.loads(louyu("plugins", "list", "--json").out) if row["name"] == "property")
    assert (row["state"], row["services"]) == ("installed", None)
    assert row["source"] == f"louyu-property, in place at {ROOT / 'plugins' / 'property'}"
    assert {"louyu_match", "louyu_plan"} <= set(row["hooks"])


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_that_nothing_runs_is_said_plainly(louyu: Louyu, options: tuple[str, ...]) -> None:
    answer = louyu("plugins", "list", *options)
    assert answer.exit_code == 0
    assert "no platform is running here (No installation runs on the data folder" in answer.out + answer.err
    assert not (options and "no platform" in answer.out)


def test_a_plugin_that_is_switched_off_is_listed_so(louyu: Louyu, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOUYU_PLUGINS_DISABLED", "property, other")
    rows = {row["name"]: row["state"] for row in json.loads(louyu("plugins", "list", "--json").out)}
    assert rows["property"] == "disabled"


def test_a_new_plugin_is_made_and_checked(louyu: Louyu, nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.path", list(__import__("sys").path))
    made = louyu("plugins", "new", "garden-hose")
    assert (made.exit_code, made.out.splitlines()[0]) == (
        0,
        "made louyu-garden-hose; its README says what to change.",
    )
    checked = louyu("plugins", "check", str(nowhere / "louyu-garden-hose"))
    assert checked.exit_code == 0, checked.out
    again = louyu("plugins", "new", "garden-hose", "--kind", "channel")
    assert (again.exit_code, "exists already" in again.err) == (2, True)


def test_our_own_plugin_keeps_the_contract(louyu: Louyu) -> None:
    answer = louyu("plugins", "check", str(ROOT / "plugins" / "property"))
    assert answer.exit_code == 0
    assert all(line.startswith("good ") for line in answer.out.splitlines())


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "has no pyproject.toml; pass the folder of a plugin"),
        ({"pyproject.toml": "[project\n"}, "pyproject.toml: "),
        ({"pyproject.toml": "[project]\nname = 'a'\n"}, "declares no plugin"),
        (
            {"pyproject.toml": "[project.entry-points.'louyu.plugins']\na = 'louyu_test_absent'\n"},
            "a = louyu_test_absent cannot be imported: ModuleNotFoundError",
        ),
        (
            {
                "pyproject.toml": "[project.entry-points.'louyu.plugins']\na = 'louyu_test_exits'\n",
                "louyu_test_exits.py": "raise SystemExit(3)\n",
            },
            "a = louyu_test_exits cannot be imported: SystemExit",
        ),
    ],
)
def test_what_is_no_plugin_is_told_in_a_line(
    louyu: Louyu, nowhere: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], words: str
) -> None:
    monkeypatch.setattr("sys.path", ["", *__import__("sys").path])
    for name, text in files.items():
        (nowhere / name).write_text(text)
    answer = louyu("plugins", "check", str(nowhere))
    assert answer.exit_code == 1
    assert words in answer.err


def test_a_plugin_that_breaks_the_contract_fails_with_the_check_named(louyu: Louyu, nowhere: Path) -> None:
    (nowhere / "pyproject.toml").write_text("[project.entry-points.'louyu.plugins']\na = 'louyu_test_broken'\n")
    (nowhere / "louyu_test_broken.py").write_text(
        "from louyu_sdk import hookimpl\nlouyu_contract = 1\n\n@hookimpl\ndef louyu_responder_types():\n    return 7\n"
    )
    answer = louyu("plugins", "check", str(nowhere))
    assert answer.exit_code == 1
    assert "wrong  a: responder_types_are_well_formed" in answer.out


def test_doctor_tells_everything_that_is_away(louyu: Louyu, monkeypatch: pytest.MonkeyPatch) -> None:
    louyu("secrets", "init", "--dir", "keys")
    monkeypatch.setenv("LOUYU_SIGNING_KEY_FILE", "keys/signing-key")
    monkeypatch.setenv("LOUYU_DATABASE_URL", "postgresql://louyu@127.0.0.1:1/louyu")
    monkeypatch.setenv("LOUYU_REDIS_URL", "redis://127.0.0.1:1/0")
    for service in ("MESSAGING", "ROUTING", "NOTIFY"):
        monkeypatch.setenv(f"LOUYU_{service}_ADDR", "127.0.0.1:1")
    monkeypatch.setenv("LOUYU_PUBLIC_URL", "http://127.0.0.1:1")
    answer = louyu("doctor", "--json")
    findings = {found["check"]: found for found in json.loads(answer.out)}
    assert answer.exit_code == 1
    assert {check for check, found in findings.items() if found["advice"]} == {
        *(f"{what} {service}" for what in ("database of", "service") for service in ("messaging", "routing", "notify")),
        "redis",
        "gateway",
        "data keys",
        "lookup key",
    }
    assert findings["database of notify"]["text"] == "cannot be reached"
