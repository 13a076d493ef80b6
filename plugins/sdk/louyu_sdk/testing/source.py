"""Plugins from a source folder, installed or not, for `louyu plugins check PATH`."""

import sys
import tomllib
from collections.abc import Mapping
from importlib.metadata import EntryPoint
from pathlib import Path

from louyu_sdk.errors import ContractBroken
from louyu_sdk.importing import import_plugin
from louyu_sdk.loading import ENTRY_POINT_GROUP


def plugins_at(folder: Path) -> Mapping[str, object]:
    """Import the plugins that the folder's `pyproject.toml` declares, by name.

    The folder is put in front of the import path and stays there. Raises ContractBroken if there is no such file, no
    entry point in the group `louyu.plugins`, or the import fails, saying which.
    """
    project_file = folder / "pyproject.toml"
    try:
        project = tomllib.loads(project_file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ContractBroken(f"{folder} has no pyproject.toml; pass the folder of a plugin") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ContractBroken(f"{project_file}: {error}") from error
    declared = project.get("project", {}).get("entry-points", {}).get(ENTRY_POINT_GROUP, {})
    if not declared:
        raise ContractBroken(
            f'{project_file} declares no plugin; add [project.entry-points."{ENTRY_POINT_GROUP}"] with name = "module"'
        )
    for source in (folder / "src", folder):
        if source.is_dir() and str(source) not in sys.path:
            sys.path.insert(0, str(source))
    plugins: dict[str, object] = {}
    for name, value in declared.items():
        try:
            plugins[name] = import_plugin(EntryPoint(name=name, value=value, group=ENTRY_POINT_GROUP))
        # An import may raise anything, SystemExit too.
        except (Exception, SystemExit) as error:
            raise ContractBroken(f"{name} = {value} cannot be imported: {type(error).__name__}: {error}") from error
    return plugins
