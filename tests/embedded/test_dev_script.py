"""The script `dev`: readable by an old Python, and aware of what makes an environment stale."""

import ast
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from typing import Any

import pytest

DEV = Path(__file__).parents[2] / "dev"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The least that a checkout holds."""
    for name in ("proto", "plugins/sdk", "."):
        folder = tmp_path / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "pyproject.toml").write_text("[build-system]\nrequires = ['hatchling']\n")
    (tmp_path / "constraints.txt").write_text("click==8.5.1\n")
    (tmp_path / "proto/louyu/routing/v1").mkdir(parents=True)
    (tmp_path / "proto/louyu/routing/v1/plan.proto").write_text('syntax = "proto3";\n')
    (tmp_path / "dev").write_text(DEV.read_text())
    return tmp_path


def loaded(checkout: Path) -> Any:
    """Return this checkout's `dev` as a module."""
    loader = SourceFileLoader("dev_under_test", str(checkout / "dev"))
    spec = spec_from_loader("dev_under_test", loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


def test_any_python_3_can_read_it() -> None:
    ast.parse(DEV.read_text(), feature_version=(3, 4))
    assert not any(isinstance(node, ast.JoinedStr | ast.NamedExpr) for node in ast.walk(ast.parse(DEV.read_text())))


def test_python_that_is_too_old_is_told_so_in_a_line_with_a_mend() -> None:
    pretend = (
        "import sys; sys.version_info = (3, 8, 10, 'final', 0); exec(compile(open(sys.argv[1]).read(), 'dev', 'exec'))"
    )
    told = subprocess.run(
        [sys.executable, "-c", pretend, DEV], env={"PATH": "/nowhere"}, capture_output=True, text=True, check=False
    )
    assert told.returncode == 1
    problem, mend = told.stderr.splitlines()
    assert problem.startswith("dev: louyu needs Python 3.11 or newer; this is 3.8")
    assert "Mend: install" in mend


def test_without_a_command_it_says_what_there_is() -> None:
    told = subprocess.run([sys.executable, DEV], capture_output=True, text=True, check=True)
    assert "./dev up" in told.stdout


@pytest.mark.parametrize(
    "changed", ["constraints.txt", "pyproject.toml", "plugins/sdk/pyproject.toml", "proto/louyu/routing/v1/plan.proto"]
)
def test_change_of_what_is_installed_is_noticed(checkout: Path, changed: str) -> None:
    dev = loaded(checkout)
    before = dev.fingerprint()
    assert dev.fingerprint() == before
    with (checkout / changed).open("a") as file:
        file.write("\n")
    assert dev.fingerprint() != before


def test_moved_checkout_is_noticed(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    before = loaded(checkout).fingerprint()
    moved = checkout.rename(tmp_path_factory.mktemp("elsewhere") / "checkout")
    assert loaded(moved).fingerprint() != before
