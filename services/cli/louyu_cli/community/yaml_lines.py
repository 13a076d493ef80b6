"""YAML with the line of each value, so that an error can say where it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from louyu_cli.community.unreadable import unreadable
from louyu_cli.errors import CommandError

Path = tuple[str | int, ...]
DEEPEST = 20


def load(text: str, name: str) -> tuple[Any, dict[Path, int]]:
    """Return the document and the line (from 1) of each value by its path. Raises CommandError naming file and line.

    Keys given twice are refused: YAML would silently take the last. So are aliases: a few lines of them can stand for
    more than any memory holds.
    """
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line, words = unreadable(text, error)
        raise CommandError(f"{name}:{line}: not readable as YAML: {words}") from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise CommandError(f"{name}:{line}: holds a control character; remove it") from error
    except RecursionError as error:
        raise CommandError(f"{name}:{_line_of_depth(text)}: nested too deeply") from error
    if node is None:
        raise CommandError(f"{name}:1: the file is empty")
    builder = _Builder(name)
    return builder.build(node, ()), builder.lines


class _Builder:
    """Builds plain values from nodes, which alone know their lines. Scalars are texts, as written."""

    def __init__(self, name: str) -> None:
        self.lines: dict[Path, int] = {}
        self._name = name
        self._seen: set[int] = set()

    def build(self, node: yaml.Node, path: Path) -> Any:
        """Return the value of a node and note its lines. Raises CommandError."""
        self.lines[path] = node.start_mark.line + 1
        if len(path) > DEEPEST:
            raise self._fault(node, "nested too deeply")
        if id(node) in self._seen:
            raise self._fault(node, "what has an anchor (&name) is used again by *name; write it out")
        self._seen.add(id(node))
        if node.tag not in _TAGS:
            raise self._fault(node, f"the tag {node.tag} is not known; remove it")
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item, (*path, index)) for index, item in enumerate(node.value)]
        # Keys such as 28 or 007 are texts to people; what is meant as a number is converted by its field.
        return None if node.tag == "tag:yaml.org,2002:null" else str(node.value)

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise self._fault(key_node, "a key must be a plain word")
            key = str(key_node.value)
            if key in mapping:
                raise self._fault(key_node, f"{key!r} is given twice; keep one")
            mapping[key] = self.build(value_node, (*path, key))
        return mapping

    def _fault(self, node: yaml.Node, words: str) -> CommandError:
        return CommandError(f"{self._name}:{node.start_mark.line + 1}: {words}")


_TAGS = frozenset(
    f"tag:yaml.org,2002:{kind}"
    for kind in ("map", "seq", "str", "null", "int", "float", "bool", "timestamp", "merge", "value")
)


def _line_of_depth(text: str) -> int:
    """Return the line on which a text is nested too deeply."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEEPEST and event.start_mark is not None:
            return int(event.start_mark.line) + 1
    return 1


def line_of(lines: Mapping[Path, int], path: Path) -> int:
    """Return the line of a value, or of the nearest thing around it."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)
