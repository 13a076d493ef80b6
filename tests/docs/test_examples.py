"""Commands and examples of the pages: every command parses, what is quick is run, examples are accepted."""

import argparse
import importlib
import shlex
from pathlib import Path

import pytest
from louyu_cli.main import _MODULES, COMMANDS, main
from louyu_runtime.channels_file import PushMode, read_channels_file

from tests.docs.pages import OPERATORS, ROOT, all_pages, blocks, name_of

DEV_COMMANDS = {"up", "test", "check", "bench", "help"}


def commands() -> list[tuple[str, str]]:
    """Return page and line of each command of ours in the pages' blocks."""
    found = []
    for page in all_pages():
        text = page.read_text(encoding="utf-8")
        for block in [*blocks(text, "sh"), *blocks(text, "")]:
            for line in block.splitlines():
                for part in line.replace("$(", "| ").replace(")", " ").split("|"):
                    if part.strip().startswith(("louyu ", "./dev ")):
                        found.append((name_of(page), part.strip()))
    return found


@pytest.mark.parametrize(("page", "line"), commands(), ids=str)
def test_every_command_in_a_page_can_be_given(page: str, line: str) -> None:
    program, name, *rest = shlex.split(line, comments=True)
    if program == "./dev" and name in DEV_COMMANDS - {"up"}:
        return
    assert name in COMMANDS
    parser = argparse.ArgumentParser(exit_on_error=False)
    importlib.import_module(f"louyu_cli.{_MODULES.get(name, name)}").add_arguments(parser)
    parser.parse_args(rest)


def test_there_are_commands_to_look_at() -> None:
    assert len(commands()) > 8


def test_dev_lists_the_commands_that_the_pages_name(capfd: pytest.CaptureFixture[str]) -> None:
    usage = (ROOT / "dev").read_text(encoding="utf-8")
    page = (OPERATORS / "commands.md").read_text(encoding="utf-8")
    for name in DEV_COMMANDS:
        assert f"`./dev {name}`" in page
        assert f"./dev {name}" in usage


def test_the_example_of_the_import_file_is_good(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (example,) = blocks((OPERATORS / "import-file.md").read_text(encoding="utf-8"), "yaml")
    (tmp_path / "community.yaml").write_text(example, encoding="utf-8")
    assert main(["import", "--check", str(tmp_path / "community.yaml")]) == 0, capsys.readouterr().err


def test_the_example_of_the_channels_file_is_good(tmp_path: Path) -> None:
    (example,) = blocks((OPERATORS / "channels-file.md").read_text(encoding="utf-8"), "yaml")
    (tmp_path / "channels.yaml").write_text(example, encoding="utf-8")
    (tmp_path / "app-secret").write_text("a" * 32)
    (tmp_path / "encoding-aes-key").write_text("k" * 43)
    (account,) = read_channels_file(
        tmp_path / "channels.yaml", {"WECHAT_TOKEN": "token123"}
    ).wechat_official_accounts.values()
    assert (account.name, account.mode) == ("chaoyang", PushMode.SAFE)


def test_quick_commands_of_the_pages_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for line in ("louyu plugins list", "louyu secrets init --dir keys", "louyu secrets init --manifest louyu-keys"):
        assert any(line in given for _, given in commands()), line
        assert main(shlex.split(line)[1:]) == 0, capsys.readouterr().err


def test_the_licence_is_the_one_that_is_named() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text
    assert "Version 2.0, January 2004" in text
