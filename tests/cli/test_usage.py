"""Exit codes: 0 done, 1 failed, 2 wrong usage."""

import pytest
from louyu_cli.main import COMMANDS

from tests.cli.conftest import Louyu

NOT_RUNNING = "No installation runs on the data folder"


@pytest.mark.parametrize("arguments", [("--help",), ("-h",), ("--version",), *((name, "--help") for name in COMMANDS)])
def test_asking_for_help_is_no_fault(louyu: Louyu, arguments: tuple[str, ...]) -> None:
    assert louyu(*arguments).exit_code == 0


def test_without_a_command_all_are_listed(louyu: Louyu) -> None:
    answer = louyu()
    assert answer.exit_code == 2
    assert all(f"\n  {name} " in answer.out for name in COMMANDS)


def test_an_unknown_command_is_named(louyu: Louyu) -> None:
    answer = louyu("imprt")
    assert (answer.exit_code, answer.lines) == (2, ["louyu: there is no command 'imprt'; `louyu --help` lists all"])


@pytest.mark.parametrize(
    "arguments",
    [
        ("serve",),
        ("serve", "everything"),
        ("migrate", "gateway"),
        ("import",),
        ("replay", "log.jsonl"),
        ("replay", "log.jsonl", "--community", "a", "--speed", "fast"),
        ("replay", "log.jsonl", "--community", "a", "--speed", "0"),
        ("replay", "log.jsonl", "--community", "a", "--speed", "nan"),
        ("plugins",),
        ("plugins", "install"),
        ("token",),
        ("token", "--role", "king"),
        ("token", "--role", "operator", "--minutes", "0"),
        ("token", "--role", "operator", "--minutes", "600000"),
        ("token", "--role", "resident"),
        ("token", "--role", "resident", "--person", "li"),
        ("secrets", "init"),
        ("secrets", "init", "--dir", "a", "--manifest", "b"),
        ("secrets", "init", "--manifest", "Not A Name"),
        ("up", "--port", "0"),
        ("doctor", "--verbose"),
    ],
    ids=" ".join,
)
def test_wrong_usage_ends_with_2_and_says_why(louyu: Louyu, arguments: tuple[str, ...]) -> None:
    answer = louyu(*arguments)
    assert answer.exit_code == 2
    assert answer.lines[-1].startswith(f"louyu {arguments[0]}")


@pytest.mark.parametrize(
    "arguments",
    [("doctor",), ("doctor", "--json"), ("token", "--role", "operator")],
    ids=" ".join,
)
def test_where_nothing_runs_a_command_says_so_with_a_mend(louyu: Louyu, arguments: tuple[str, ...]) -> None:
    answer = louyu(*arguments)
    assert answer.exit_code == 1
    assert NOT_RUNNING in answer.lines[0]
    assert "./dev up" in answer.lines[0]
    assert "LOUYU_SIGNING_KEY_FILE" in answer.lines[1]


def test_an_operators_token_needs_the_signing_key_alone(louyu: Louyu, monkeypatch: pytest.MonkeyPatch) -> None:
    louyu("secrets", "init", "--dir", "keys")
    monkeypatch.setenv("LOUYU_SIGNING_KEY_FILE", "keys/signing-key")
    answer = louyu("token", "--role", "operator")
    assert answer.exit_code == 0
    assert answer.out.count(".") == 2


def test_a_persons_token_needs_the_platform_and_says_so(louyu: Louyu, monkeypatch: pytest.MonkeyPatch) -> None:
    louyu("secrets", "init", "--dir", "keys")
    monkeypatch.setenv("LOUYU_SIGNING_KEY_FILE", "keys/signing-key")
    monkeypatch.setenv("LOUYU_MESSAGING_ADDR", "127.0.0.1:1")
    answer = louyu("token", "--role", "secretary", "--person", "shuji", "--community", "a")
    assert answer.exit_code == 1
    assert "Is the platform running? `louyu doctor` tries every connection." in answer.err


def test_ctrl_c_while_a_command_is_still_being_loaded_ends_it_without_a_word(
    louyu: Louyu, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_name: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("louyu_cli.main.importlib.import_module", interrupted)
    answer = louyu("doctor")
    assert (answer.exit_code, answer.err) == (1, "")
