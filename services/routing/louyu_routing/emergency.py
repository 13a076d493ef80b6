"""Emergencies: whom to call, what to do now, and what neighbours must know, by the kind of emergency.

Whether something is an emergency is the classifier's word; this chooses the words for it, and all numbers rather than
none. Kinds and words are data: `emergencies.yaml`, or the operator's own file of the same form.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from louyu_runtime.settings import SettingsError

NUMBERS = ("119", "110", "120")
OTHER = "other"
LONGEST_ADVICE = 200
LONGEST_NOTICE = 120
MOST_KINDS = 50
MOST_BYTES = 256 * 1024
_FIELDS = frozenset({"any", "unless", "numbers", "advice", "notice"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Emergency:
    """What is said of one emergency. `numbers` stand in the order 119, 110, 120 and are never empty."""

    kind: str
    numbers: tuple[str, ...]
    advice: str
    notice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """One kind: by which words it is known, and what is said."""

    said: Emergency
    any_of: tuple[re.Pattern[str], ...]
    unless: tuple[re.Pattern[str], ...]

    def fits(self, text: str) -> bool:
        return any(each.search(text) for each in self.any_of) and not any(each.search(text) for each in self.unless)


class Emergencies:
    """All kinds in their order; the last one is for everything else."""

    def __init__(self, kinds: tuple[_Kind, ...], other: Emergency) -> None:
        self._kinds = kinds
        self._other = other

    def of(self, text: str) -> Emergency:
        """Return what is said of an emergency described so: the words of the first kind that fits, all their numbers."""
        fitting = [kind.said for kind in self._kinds if kind.fits(text)] or [self._other]
        named = {number for said in fitting for number in said.numbers}
        first = fitting[0]
        return Emergency(
            kind=first.kind,
            numbers=tuple(number for number in NUMBERS if number in named),
            advice=first.advice,
            notice=first.notice,
        )


def built_in_emergencies() -> Emergencies:
    """Return the kinds that come with louyu."""
    return read_emergencies(files("louyu_routing").joinpath("emergencies.yaml").read_bytes(), "emergencies.yaml")


def emergencies_of(path: str) -> Emergencies:
    """Return the kinds of the operator's file, the built-in ones for "". Raises SettingsError with every fault found."""
    if not path:
        return built_in_emergencies()
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise _faulty([f"{path} cannot be read: {error.strerror}"]) from None
    return read_emergencies(content, path)


def read_emergencies(content: bytes, name: str) -> Emergencies:
    """Read kinds from YAML. Raises SettingsError with every fault found, each naming kind and field."""
    if len(content) > MOST_BYTES:
        raise _faulty([f"{name} is larger than {MOST_BYTES // 1024} KiB"])
    try:
        root = yaml.safe_load(content)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        raise _faulty([f"{name} is no YAML" + ("" if line is None else f": see line {line + 1}")]) from None
    given = root.get("kinds") if isinstance(root, dict) else None
    if not isinstance(given, dict) or not 1 <= len(given) <= MOST_KINDS:
        raise _faulty([f"{name} must begin with `kinds:` and name 1 to {MOST_KINDS} of them"])
    faults: list[str] = []
    kinds = [_kind(str(key), fields, faults) for key, fields in given.items()]
    if str(list(given)[-1]) != OTHER:
        faults.append(f"the last kind must be `{OTHER}`, for everything else")
    if faults:
        raise _faulty([f"{name}: {fault}" for fault in faults])
    return Emergencies(tuple(kinds[:-1]), kinds[-1].said)


def _kind(key: str, fields: Any, faults: list[str]) -> _Kind:
    if not isinstance(fields, Mapping):
        faults.append(f"kind {key} has no fields; give it numbers, advice and notice")
        fields = {}
    faults.extend(f"kind {key}: {name} is none of {', '.join(sorted(_FIELDS))}" for name in set(fields) - _FIELDS)
    any_of = _patterns(key, "any", fields, faults)
    if bool(any_of) == (key == OTHER):
        faults.append(f"kind {key}: any must {'be left out' if any_of else 'hold at least one pattern'}")
    numbers = fields.get("numbers")
    if not isinstance(numbers, list) or not numbers or not {str(each) for each in numbers} <= set(NUMBERS):
        faults.append(f"kind {key}: numbers must be one or more of {', '.join(NUMBERS)}")
        numbers = []
    said = Emergency(
        kind=key,
        numbers=tuple(str(each) for each in numbers),
        advice=_words(key, "advice", fields, LONGEST_ADVICE, faults),
        notice=_words(key, "notice", fields, LONGEST_NOTICE, faults),
    )
    return _Kind(said=said, any_of=any_of, unless=_patterns(key, "unless", fields, faults))


def _patterns(key: str, field: str, fields: Mapping[str, Any], faults: list[str]) -> tuple[re.Pattern[str], ...]:
    given = fields.get(field, [])
    if not isinstance(given, list) or not all(isinstance(each, str) and each for each in given):
        faults.append(f"kind {key}: {field} must be a list of patterns")
        return ()
    found = []
    for pattern in given:
        try:
            found.append(re.compile(pattern, re.IGNORECASE))
        except re.error as error:
            faults.append(f"kind {key}: {field} holds a pattern that cannot be read: {error}")
    return tuple(found)


def _words(key: str, field: str, fields: Mapping[str, Any], longest: int, faults: list[str]) -> str:
    given = fields.get(field)
    if not isinstance(given, str) or not 1 <= len(given.strip()) <= longest:
        faults.append(f"kind {key}: {field} must have 1 to {longest} characters")
        return ""
    return given.strip()


def _faulty(faults: list[str]) -> SettingsError:
    return SettingsError([f"LOUYU_ROUTING_EMERGENCIES_FILE: {fault}" for fault in faults])
