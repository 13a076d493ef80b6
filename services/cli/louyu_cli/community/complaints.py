"""What pydantic says of a file, in the words of its author: what is wrong there, and the mend."""

from __future__ import annotations

import difflib
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from louyu_cli.community import definition
from louyu_cli.community.yaml_lines import Path

_PATH_NOISE = frozenset({"by rule", "by word", "listed", "one", "with fields", "[key]"})
"""What pydantic puts into the path for an alternative or a key; it does not stand in the file."""

_FIELDS = "must hold named fields, such as {key: value}"
_WORDS = {
    "missing": "is missing; add it",
    "list_type": "must be a list",
    "string_type": "must be a text",
    "model_type": _FIELDS,
    "dict_type": _FIELDS,
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
}


def place_of(problem: ErrorDetails) -> Path:
    """Return where in the file it is."""
    return tuple(part for part in problem["loc"] if part not in _PATH_NOISE)


def words_of(problem: ErrorDetails) -> str:
    """Return what is wrong and how to mend it."""
    kind, value, bounds = problem["type"], problem["input"], problem.get("ctx", {})
    if kind == "extra_forbidden":
        meant = _nearest(str(problem["loc"][-1]), _fields_at(place_of(problem)[:-1]))
        return "is not known here; remove it or correct its spelling" + (f" (is {meant!r} meant?)" if meant else "")
    if kind == "literal_error":
        words = _plain(problem["msg"])
        meant = _ROLES.get(str(value)) or _nearest(
            str(value), str(bounds.get("expected", "")).replace(" or ", ", ").replace("'", "").split(", ")
        )
        return f"{words}, not {value!r}" + (f"; is {meant!r} meant?" if meant else "")
    if kind in ("too_long", "too_short"):
        return _length(kind, bounds)
    if value is None and kind != "missing":
        return "is empty; write a value after the colon, or remove the line"
    if place_of(problem)[0] == "residents" and place_of(problem)[-1] == "people" and kind == "dict_type":
        return "must hold flats and names, such as {1-101: 王家, 1-102: [李家, 小李]}"
    if kind == "union_tag_invalid":
        return "must be a name, or fields such as {name: 王家}, not a list in a list"
    if isinstance(value, list | dict) and kind == "string_type":
        return "must be a text, not a list" if isinstance(value, list) else "must be a text, not named fields"
    return _WORDS.get(kind, _plain(problem["msg"]))


def _length(kind: str, bounds: dict[str, Any]) -> str:
    if kind == "too_short":
        return "must not be empty; name at least one"
    return f"has {bounds['actual_length']} entries; at most {bounds['max_length']} are allowed"


def _plain(message: str) -> str:
    return message.removeprefix("Value error, ").replace("Input should be", "must be")


def _nearest(word: str, known: list[str]) -> str:
    return next(iter(difflib.get_close_matches(word.lower(), known, n=1)), "")


_ROLES = {
    "居民": "resident",
    "住户": "resident",
    "楼长": "building_head",
    "包楼居干": "liaison",
    "居干": "liaison",
    "书记": "secretary",
    "和谐促进员": "harmony_promoter",
    "工作人员": "staff",
}
_PARTS: dict[str, tuple[type[BaseModel], ...]] = {
    "chase": (definition.Chase,),
    "buildings": (definition.Building,),
    "flats": (definition.FlatRule,),
    "groups": (definition.Group,),
    "roles": (definition.RoleIn,),
    "wechat": (definition.WeChat,),
    "was": (definition.Former,),
    "residents": (definition.Residents,),
    "responders": (definition.Responder,),
    "screens": (definition.Screen,),
    "people": (definition.Person, definition.Resident),
}


def _fields_at(place: Path) -> list[str]:
    """Return the fields that may stand at a path: those of the last part on the way that has some."""
    for part in reversed(place):
        if part in _PARTS:
            return [field for model in _PARTS[str(part)] for field in model.model_fields]
    return list(definition.CommunityFile.model_fields)
