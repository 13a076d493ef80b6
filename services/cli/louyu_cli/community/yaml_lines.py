"""YAML with the line of each value, so that an error can say where it is."""

from __future__ import annotations

from typing import Any

import yaml

from louyu_cli.errors import CommandError

Path = tuple[str | int, ...]


def load(text: str, name: str) -> tuple[Any, dict[Path, int]]:
    """Return the document and the line (from 1) of each value by its path. Raises CommandError naming file and line.

    Keys given twice are refused: YAML would silently take the last.
    """
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise CommandError(f"{name}:{line}: not readable as YAML: {error.problem or error.context}") from error
    except yaml.YAMLError as error:
        raise CommandError(f"{name}: not readable as YAML: {error}") from error
    if node is None:
        raise CommandError(f"{name}: the file is empty")
    lines: dict[Path, int] = {}
    loader = yaml.SafeLoader("")
    return _build(node, (), lines, name, loader), lines


def _build(node: yaml.Node, path: Path, lines: dict[Path, int], name: str, loader: yaml.SafeLoader) -> Any:
    line = node.start_mark.line + 1
    lines[path] = line
    if len(path) > 20:
        raise CommandError(f"{name}:{line}: nested too deeply")
    if isinstance(node, yaml.MappingNode):
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise CommandError(f"{name}:{key_node.start_mark.line + 1}: a key must be a plain word")
            key = key_node.value
            if key in mapping:
                raise CommandError(f"{name}:{key_node.start_mark.line + 1}: {key!r} is given twice; keep one")
            mapping[key] = _build(value_node, (*path, key), lines, name, loader)
        return mapping
    if isinstance(node, yaml.SequenceNode):
        return [_build(item, (*path, index), lines, name, loader) for index, item in enumerate(node.value)]
    if node.tag == "tag:yaml.org,2002:null":
        return None
    if node.tag in ("tag:yaml.org,2002:int", "tag:yaml.org,2002:bool", "tag:yaml.org,2002:float"):
        # Keys such as 28 or 007 are texts to people; what is meant as a number is converted by its field.
        return node.value
    return str(loader.construct_object(node)) if node.tag == "tag:yaml.org,2002:str" else node.value


def line_of(lines: dict[Path, int], path: Path) -> int:
    """Return the line of a value, or of the nearest thing around it."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)
