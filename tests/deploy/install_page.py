"""Reads docs/operators/install.md, so that the test installs by the very commands and values that operators are told."""

import re
from typing import Any

import yaml

from tests.deploy.chart import ROOT

PAGE = (ROOT / "docs" / "operators" / "install.md").read_text(encoding="utf-8")


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, flags=re.DOTALL | re.MULTILINE)


def database_script() -> str:
    """Return the SQL that makes the database and its logins."""
    [script] = _blocks("sql")
    return script


def addresses() -> dict[str, bytes]:
    """Return the files of the Secret that the page writes with `echo`: the addresses of the stores."""
    return {name: f"{text}\n".encode() for text, name in re.findall(r"^echo '(.*)' > (\S+)$", PAGE, flags=re.MULTILINE)}


def certificate() -> dict[str, Any]:
    """Return the spec of the certificate that the page shows, that of messaging."""
    block = next(block for block in map(yaml.safe_load, _blocks("yaml")) if block.get("kind") == "Certificate")
    spec: dict[str, Any] = block["spec"]
    return spec


def values() -> dict[str, Any]:
    """Return the values file that the page shows."""
    return next(block for block in map(yaml.safe_load, _blocks("yaml")) if "publicUrl" in block)
