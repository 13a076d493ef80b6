"""The guide, followed by somebody who has the released wheels and Python, and neither louyu nor this checkout."""

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from louyu_sdk.scaffold import scaffold
from louyu_sdk.testing import CHECKS
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "plugins" / "guide.md").read_text(encoding="utf-8")
WANTED = ("pluggy", "pydantic", "pytest", "hatchling", "editables")
"""What the wheels of louyu need from a package index: to run, to be tested, and to build a plugin in place."""


def commands() -> str:
    """Return all that the guide tells somebody without louyu to type, as one script."""
    return "\n".join(re.findall(r"^```sh\n(.*?)```", GUIDE, re.DOTALL | re.MULTILINE))


def with_what_they_need(names: tuple[str, ...]) -> dict[str, importlib.metadata.Distribution]:
    """Return these distributions of this environment with all that they need."""
    found: dict[str, importlib.metadata.Distribution] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = importlib.metadata.distribution(name)
            needed = [Requirement(text) for text in found[name].requires or ()]
            waiting += [one.name for one in needed if one.marker is None or one.marker.evaluate({"extra": ""})]
    return found


def packed(distribution: importlib.metadata.Distribution, folder: Path) -> None:
    """Write an installed distribution as the wheel that it came from."""
    tag = re.search(r"^Tag: (.*)$", distribution.read_text("WHEEL") or "", re.MULTILINE)
    assert tag
    name = distribution.name.replace("-", "_")
    with zipfile.ZipFile(folder / f"{name}-{distribution.version}-{tag[1]}.whl", "w") as wheel:
        for file in distribution.files or ():
            if ".." not in file.parts and file.suffix != ".pyc" and file.name not in ("INSTALLER", "REQUESTED"):
                wheel.write(str(file.locate()), str(file))


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The released wheels, and in place of a package index the pinned packages of this environment."""
    folder = tmp_path_factory.mktemp("release")
    sources = [folder / "sdk", folder / "proto"]
    for source, copy in zip((ROOT / "plugins" / "sdk", ROOT / "proto"), sources, strict=True):
        shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__", "*_pb2*"))
    made = folder / "wheels"
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", made, *sources],
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"},
        check=True,
        capture_output=True,
        timeout=120,
    )
    for distribution in with_what_they_need(WANTED).values():
        packed(distribution, made)
    yield made
    shutil.rmtree(folder)


def test_the_wheels_are_built_from_folders_of_the_checkout_not_from_names_in_an_index() -> None:
    command = re.search(r"`python -m pip wheel --no-deps --wheel-dir wheels (.*?)`", GUIDE)
    assert command
    for source in command[1].split():
        assert source.startswith("./"), f"pip takes {source} for a name and fetches somebody else's package"
        assert (ROOT / source / "pyproject.toml").is_file()


def test_the_wheels_hold_what_an_integrator_needs(wheels: Path) -> None:
    sdk, proto = (next(wheels.glob(f"{name}-*.whl")) for name in ("louyu_sdk", "louyu_proto"))
    assert {"louyu_sdk/py.typed", "louyu_sdk/scaffold/responder/package/plugin.py.txt"} <= set(
        zipfile.ZipFile(sdk).namelist()
    )
    assert {"louyu/py.typed", "louyu/responder/v1/responder_service_pb2_grpc.py"} <= set(
        zipfile.ZipFile(proto).namelist()
    )


@pytest.mark.timeout(300)  # a few seconds alone; installs packages while other tests want the disk
def test_the_guide_can_be_followed_with_the_released_wheels_alone(wheels: Path, tmp_path: Path) -> None:
    (tmp_path / "wheels").symlink_to(wheels)
    mine = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "PYTHON", "VIRTUAL_"))}
    run = subprocess.run(
        ["bash", "-euxc", commands()],
        cwd=tmp_path,
        env={
            **mine,
            "PATH": f"{Path(sys.base_prefix) / 'bin'}{os.pathsep}{mine['PATH']}",
            "PIP_NO_INDEX": "1",
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_FIND_LINKS": str(wheels),  # for what pip builds apart, where the guide's reader has an index
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_NO_COMPILE": "1",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=280,
    )
    assert run.returncode == 0, run.stdout
    assert run.stdout.count(" passed") == 1
    assert run.stdout.count("good   bicycle_repair: ") == len(CHECKS)


@pytest.mark.parametrize("name", ["plugin.py", "examples.py"])
def test_the_guide_shows_what_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr("louyu_sdk.scaffold.making.installed_entry_points", tuple)  # whoever follows it may have it
    made = scaffold("bicycle-repair", "responder", tmp_path) / "louyu_bicycle_repair" / name
    shown = re.findall(r"^```python\n(.*?)```", GUIDE, re.DOTALL | re.MULTILINE)
    as_named = made.read_text(encoding="utf-8").replace('name_zh="Bicycle repair"', 'name_zh="修车师傅"')
    assert as_named in shown
