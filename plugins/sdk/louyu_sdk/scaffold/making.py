"""Making a plugin's folder from a template. All or nothing: it appears under its name when it is whole."""

import os
import re
import secrets
import shutil
from collections.abc import Iterator
from importlib.metadata import version
from importlib.resources import as_file, files
from pathlib import Path
from string import Template

from louyu_sdk.errors import SdkError
from louyu_sdk.loading import installed_entry_points

KINDS = ("responder", "channel")
LONGEST = 40
TAKEN = frozenset(
    {
        *("sdk", "proto", "runtime", "messaging", "routing", "notify", "gateway", "cli"),
        *("builtin", "neighbours", "building_head", "committee", "group", "lobby_display", "wechat_official_account"),
    }
)
"""Names of louyu's own packages, responder types and channels."""


class CannotScaffold(SdkError):
    """The folder cannot be made; the text says why and the mend. `is_wrong_usage` is False where the disk refuses."""

    def __init__(self, text: str, *, is_wrong_usage: bool = True) -> None:
        super().__init__(text)
        self.is_wrong_usage = is_wrong_usage


def scaffold(name: str, kind: str, into: Path) -> Path:
    """Make the folder `louyu-NAME` with a plugin of this kind, and return it. Nothing that exists is touched.

    Args:
        name: lower-case words joined by `-` or `_`, a letter first, such as `bicycle-repair`.
        kind: one of `KINDS`.
        into: an existing folder.
    Raises CannotScaffold for a name that cannot be used, a folder that exists, and a disk that refuses.
    """
    key = _key_of(name)
    if kind not in KINDS:
        raise CannotScaffold(f"there is no kind {kind!r}; choose one of {', '.join(KINDS)}")
    folder = into / f"louyu-{key.replace('_', '-')}"
    if os.path.lexists(folder):
        raise CannotScaffold(f"{folder} exists already and is left as it is; choose another name, or remove it")
    words = key.split("_")
    sdk = version("louyu-sdk")
    major, minor, *_ = sdk.split(".")
    values = {
        "name": key,
        "dashed": key.replace("_", "-"),
        "package": f"louyu_{key}",
        "title": " ".join(words).capitalize(),
        "class_name": "".join(word.capitalize() for word in words),
        "sdk": f"{major}.{minor}",
        "next_sdk": f"{major}.{int(minor) + 1}",
    }
    try:
        half_made = into / f".louyu-new-{secrets.token_hex(8)}"
        half_made.mkdir()
        try:
            for path, text in _rendered(kind, values):
                (half_made / path).parent.mkdir(parents=True, exist_ok=True)
                (half_made / path).write_text(text, encoding="utf-8")
            half_made.rename(folder)
        except BaseException:
            shutil.rmtree(half_made, ignore_errors=True)
            raise
    except OSError as error:
        raise CannotScaffold(f"{folder} cannot be made: {error.strerror}", is_wrong_usage=False) from error
    return folder


def _key_of(name: str) -> str:
    """Return the key that the name comes to, with which types, channels and entry points are called."""
    if name.lower().startswith(("louyu-", "louyu_")):
        raise CannotScaffold(f"write the name without `louyu-`, which is put before it: {name[6:] or 'bicycle-repair'}")
    if re.fullmatch(r"[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*", name) is None or len(name) > LONGEST:
        proposal = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-0123456789")[:LONGEST].strip("-")
        raise CannotScaffold(
            f"{name!r} is no name for a plugin: write at most {LONGEST} lower-case letters and digits, words joined by -,"
            f" a letter first, such as {proposal or 'bicycle-repair'}"
        )
    key = name.replace("-", "_")
    if key in TAKEN:
        raise CannotScaffold(f"{name} is a name of louyu's own; choose another, such as {name}-2")
    if any(one.name == key for one in installed_entry_points()):
        raise CannotScaffold(f"a plugin named {key} is installed here already; choose another name, such as {name}-2")
    return key


def _rendered(kind: str, values: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the path and the text of each file of the template."""
    with as_file(files("louyu_sdk.scaffold") / kind) as root:
        for file in sorted(path for path in root.rglob("*.txt") if path.is_file()):
            path = str(file.relative_to(root)).removesuffix(".txt").replace("package", values["package"], 1)
            yield path.replace("dot-", "."), Template(file.read_text(encoding="utf-8")).substitute(values)
