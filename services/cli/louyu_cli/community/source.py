"""Where in an import file something stands: faults of services name fields of their calls, people know lines."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from louyu_cli.community.yaml_lines import Path, line_of


@dataclass(frozen=True)
class Source:
    """An import file. `people` and `memberships` are the paths in it from which those of the definition were made."""

    file: str
    lines: Mapping[Path, int]
    people: Sequence[Path] = ()
    memberships: Sequence[Sequence[Path]] = ()

    def fault(self, place: Path, words: str) -> str:
        """Return the line that tells a fault at a path of the file."""
        return f"{self.file}:{line_of(self.lines, place)}: {shown(place) or 'file'}: {words}"

    def remote_fault(self, field: str, words: str) -> str:
        """Return the line that tells a fault that a service has named by the field of its call."""
        words = words.removeprefix(f"{field} ")
        return self.fault(self.place_of(field), _FIELD.sub(lambda found: self._here(found[0]), words))

    def place_of(self, field: str) -> Path:
        """Return the path in the file of a call's field such as "community.people[3].memberships[0].role"."""
        steps: list[str | int] = [int(each) if each.isdigit() else each for each in re.findall(r"\w+", field)]
        if steps[0] == "community":
            steps = steps[1:]
        if (
            len(steps) > 1
            and steps[0] == "people"
            and isinstance(number := steps[1], int)
            and number < len(self.people)
        ):
            return self._place_of_person(number, steps[2:])
        if len(steps) == 1:
            return _ALONE.get(str(steps[0]), tuple(steps))
        return tuple(_NAMES.get(each, each) if isinstance(each, str) else each for each in steps)

    def _place_of_person(self, number: int, steps: list[str | int]) -> Path:
        place = self.people[number]
        if place[0] == "residents":
            return place
        if len(steps) > 1 and steps[0] == "memberships":
            group = self.memberships[number][int(steps[1])]
            return group if steps[2:] in ([], ["group_key"]) else (*group[:4], _NAMES.get(str(steps[2]), str(steps[2])))
        if steps and steps[0] == "addresses":
            return (*place, "wechat")
        return (*place, *(_NAMES.get(each, each) if isinstance(each, str) else each for each in steps))

    def _here(self, field: str) -> str:
        place = self.place_of(field)
        return f"{shown(place)} (line {line_of(self.lines, place)})"


_FIELD = re.compile(r"community\.(?:people|groups|buildings)\[\d+\](?:\.\w+(?:\[\d+\])?)*")
_NAMES = {
    "building_key": "building",
    "building_keys": "buildings",
    "group_key": "group",
    "group_name": "group",
    "responder_key": "responder",
}
_ALONE: dict[str, Path] = {
    "key": ("community",),
    "community_id": ("community",),
    "community_name": ("name",),
    **{name: ("chase", name) for name in ("quiet_from", "quiet_until", "time_zone")},
}


def shown(place: Path) -> str:
    """Return a path as people write it."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")
