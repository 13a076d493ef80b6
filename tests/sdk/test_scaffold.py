"""A new plugin passes at once; a name that cannot be used is refused with the mend; nothing is overwritten."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from louyu_sdk.__main__ import main
from louyu_sdk.scaffold import KINDS, CannotScaffold, scaffold
from louyu_sdk.testing.checking import check_folder


@pytest.mark.parametrize("kind", KINDS)
def test_the_tests_of_a_new_plugin_pass_as_they_are(tmp_path: Path, kind: str) -> None:
    folder = scaffold("window-cleaning", kind, tmp_path)
    run = subprocess.run(
        [sys.executable, "-W", "error", "-m", "pytest", "-q", "-p", "louyu_sdk.testing.pytest_plugin"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )
    assert run.returncode == 0, run.stdout
    assert "passed" in run.stdout


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_plugin_keeps_the_contract(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    folder = scaffold(f"new_{kind}_under_test", kind, tmp_path)
    assert [str(finding) for finding in check_folder(folder) if finding.fault] == []


def test_new_plugins_are_formatted_and_typed_as_ours_are(tmp_path: Path) -> None:
    made = [scaffold(f"bell-{kind}", kind, tmp_path) for kind in KINDS]
    packages = [str(folder / f"louyu_bell_{kind}") for folder, kind in zip(made, KINDS, strict=True)]
    checks: list[tuple[Path, tuple[str, ...]]] = [
        (folder, ("ruff", "format", "--check", "--line-length", "120", ".")) for folder in made
    ]
    checks += [
        (folder, ("ruff", "check", "--isolated", "--line-length", "120", "--select", "E,F,I,B,UP,SIM", "."))
        for folder in made
    ]
    for folder, command in [*checks, (tmp_path, ("mypy", "--strict", *packages))]:
        run = subprocess.run(
            [sys.executable, "-m", *command], cwd=folder, capture_output=True, text=True, check=False, timeout=110
        )
        assert run.returncode == 0, run.stdout


def test_the_folder_may_be_read_like_any_other(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    made = scaffold("yard-swing", "responder", tmp_path)
    assert stat.S_IMODE(made.stat().st_mode) == stat.S_IMODE((tmp_path / "other").stat().st_mode)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "such as bicycle-repair"),
        ("Bicycle Repair", "such as bicycle-repair"),
        ("修车", "such as bicycle-repair"),
        ("9-lives", "such as lives"),
        ("a--b", "such as a-b"),
        ("../up", "such as up"),
        ("x" * 41, f"such as {'x' * 40}"),
        ("louyu-bicycle", "write the name without `louyu-`, which is put before it: bicycle"),
        ("sdk", "is a name of louyu's own; choose another, such as sdk-2"),
        ("building-head", "is a name of louyu's own"),
        ("property", "is installed here already; choose another name"),
    ],
)
def test_a_name_that_cannot_be_used_is_refused_with_the_mend(tmp_path: Path, name: str, words: str) -> None:
    with pytest.raises(CannotScaffold) as refused:
        scaffold(name, "responder", tmp_path)
    assert words in str(refused.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["file", "folder", "dangling link"])
def test_what_exists_is_left_as_it_is(tmp_path: Path, kind: str) -> None:
    there = tmp_path / "louyu-yard-swing"
    if kind == "folder":
        there.mkdir()
    elif kind == "file":
        there.write_text("mine")
    else:
        there.symlink_to(tmp_path / "nowhere")
    before = there.lstat()
    with pytest.raises(CannotScaffold, match="exists already and is left as it is"):
        scaffold("yard-swing", "responder", tmp_path)
    assert there.lstat() == before
    assert list(tmp_path.iterdir()) == [there]


def test_a_folder_that_cannot_be_written_is_named_and_left_clean(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotScaffold, match="cannot be made: Not a directory") as refused:
        scaffold("yard-swing", "responder", tmp_path / "file")
    assert not refused.value.is_wrong_usage


def test_the_module_begins_and_checks_plugins_for_those_without_louyu(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    assert main(["new", "bell-ringer"]) == 0
    assert "made louyu-bell-ringer" in capsys.readouterr().out
    assert main(["check", "louyu-bell-ringer"]) == 0
    assert main(["new", "bell-ringer"]) == 2
    assert "exists already" in capsys.readouterr().err
    assert main(["check", "nowhere"]) == 1
    assert "has no pyproject.toml" in capsys.readouterr().err
