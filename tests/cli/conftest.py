"""The command line, called as a person calls it, in a place where nothing runs."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from louyu_cli.main import main


@dataclass(frozen=True)
class Answer:
    """What a command gave back."""

    exit_code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """What it said about faults, line by line."""
        return self.err.splitlines()


Louyu = Callable[..., Answer]


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, and an environment that names no installation."""
    for name in list(os.environ):
        if name.startswith("LOUYU_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("LOUYU_DATA_DIR", str(tmp_path / "no-installation"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def louyu(capsys: pytest.CaptureFixture[str]) -> Louyu:
    """Run the command line in this process: an error that it does not expect fails the test with its traceback."""

    def run(*arguments: str) -> Answer:
        try:
            exit_code = main(arguments)
        except SystemExit as ended:  # argparse ends so, after its own words
            exit_code = ended.code if isinstance(ended.code, int) else 1
        said = capsys.readouterr()
        return Answer(exit_code, said.out, said.err)

    return run
