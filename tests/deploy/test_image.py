"""The image's build file: what hadolint says, and what the chart relies upon."""

import subprocess
import sysconfig
import tomllib
from pathlib import Path

import pytest
import yaml

from tests.deploy.chart import CHART, ROOT

IMAGE = ROOT / "deploy" / "image"
CONTAINERFILE = (IMAGE / "Containerfile").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", sorted(IMAGE.rglob("*Containerfile")), ids=lambda path: str(path.relative_to(IMAGE)))
def test_hadolint_finds_nothing(path: Path) -> None:
    hadolint = Path(sysconfig.get_path("scripts")) / "hadolint"
    found = subprocess.run([hadolint, "--no-color", path], capture_output=True, text=True, check=False)
    assert (found.stdout, found.returncode) == ("", 0)


def test_final_stage_runs_as_the_user_that_the_chart_names() -> None:
    final = CONTAINERFILE.split("\nFROM ")[-1]
    assert "\nUSER 10001:10001\n" in final
    assert '\nENTRYPOINT ["louyu"]\n' in final, "exec form: signals reach the process"
    assert "pip" not in final, "nothing is installed in the final stage"


def test_chart_image_and_distribution_have_one_version() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert chart["appVersion"] == project["version"]
    assert f"\nARG VERSION={project['version']}\n" in CONTAINERFILE


@pytest.mark.parametrize("script", ["fill-wheels", "standins/make", "standins/postgres-entrypoint"])
def test_scripts_are_executable_and_parse(script: str) -> None:
    path = IMAGE / script
    assert path.stat().st_mode & 0o111
    subprocess.run(["bash", "-n", path], check=True)
