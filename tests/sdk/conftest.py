"""Plugins made for one test: real distributions in a folder of their own, and modules made of hook implementations."""

import sys
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint, distributions
from pathlib import Path
from textwrap import dedent
from types import SimpleNamespace

import pytest
from louyu_sdk import hookimpl

Install = Callable[..., None]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of installed distributions; the modules imported from it are forgotten after the test."""
    before = set(sys.modules)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    for name in set(sys.modules) - before:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


@pytest.fixture
def install(site: Path) -> Install:
    """Install a module as a plugin: `install("squad", source)`; its version is 1.2.0."""

    def install_plugin(name: str, source: str, *, distribution: str | None = None) -> None:
        project = distribution or name
        module = f"{project}_module"
        (site / f"{module}.py").write_text(dedent(source), encoding="utf-8")
        metadata = site / f"{project}-1.2.0.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project}\nVersion: 1.2.0\n", "utf-8")
        (metadata / "entry_points.txt").write_text(f"[louyu.plugins]\n{name} = {module}\n", "utf-8")

    return install_plugin


@pytest.fixture
def found(site: Path) -> Callable[[], list[EntryPoint]]:
    """Entry points of what was installed by `install`."""

    def find() -> list[EntryPoint]:
        entry_points = [one for each in distributions(path=[str(site)]) for one in each.entry_points]
        return sorted(entry_points, key=lambda one: (one.name, one.value))

    return find


def plugin_of(**hooks: object) -> SimpleNamespace:
    """Return a plugin with these functions as hook implementations."""
    marked = {name: hookimpl(function) if callable(function) else function for name, function in hooks.items()}
    return SimpleNamespace(louyu_contract=1, **marked)
