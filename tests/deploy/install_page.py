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


def documents() -> list[dict[str, Any]]:
    """Return everything that the page shows as YAML: manifests, values, the channels file."""
    return [document for block in _blocks("yaml") for document in yaml.safe_load_all(block)]


def manifests() -> list[dict[str, Any]]:
    """Return the manifests that the page shows."""
    return [document for document in documents() if "kind" in document]


def certificate() -> dict[str, Any]:
    """Return the spec of the certificate of a role that the page shows, that of messaging."""
    spec: dict[str, Any] = next(
        found["spec"] for found in manifests() if found["kind"] == "Certificate" and "dnsNames" in found["spec"]
    )
    return spec


def values() -> dict[str, Any]:
    """Return the values file that the page shows."""
    return next(document for document in documents() if "publicUrl" in document)


def further_values() -> list[dict[str, Any]]:
    """Return the pieces that the page shows to be laid over the values file."""
    return [one for one in documents() if not {"kind", "accounts", "publicUrl"} & set(one)]


def channels_file() -> str:
    """Return the channels file that the page shows."""
    return next(block for block in _blocks("yaml") if block.startswith("accounts:"))


def channels_secret() -> tuple[str, set[str]]:
    """Return the name and the keys of the Secret that the page makes for the channels file."""
    command = PAGE[PAGE.index("create secret generic louyu-channels") :].split("```")[0]
    files = re.findall(r"--from-file=(\S+)", command)
    return command.split()[3], {file.split("=")[0] for file in files}


def plugin_containerfile() -> str:
    """Return the build file of an image with plugins."""
    [text] = _blocks("dockerfile")
    return text
