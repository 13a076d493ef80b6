"""Reading an import file: its text becomes the calls that create or update the community."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from google.protobuf import duration_pb2
from louyu.messaging.v1 import community_pb2
from louyu.notify.v1 import screen_pb2
from louyu.routing.v1 import plan_pb2
from pydantic import ValidationError

from louyu_cli.community.consistency import faults_between
from louyu_cli.community.definition import CommunityFile
from louyu_cli.community.yaml_lines import line_of, load
from louyu_cli.errors import CommandError

LARGEST_FILE_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True)
class Definitions:
    """A community as each service needs it."""

    key: str
    name: str
    community: community_pb2.CommunityDefinition
    chase: plan_pb2.ChaseDefinition
    responders: list[plan_pb2.ResponderDefinition]
    screens: list[screen_pb2.ScreenDefinition]


def read_community(path: Path) -> Definitions:
    """Return what a file defines. Raises CommandError with every fault, each naming file, line and mend."""
    try:
        if path.stat().st_size > LARGEST_FILE_BYTES:
            raise CommandError(f"{path}: larger than 32 MiB; divide it by community")
        content = path.read_bytes()
    except OSError as error:
        raise CommandError(f"{path}: cannot be read: {error.strerror}") from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise CommandError(f"{path}:{line}: not UTF-8; save the file as UTF-8") from error
    document, lines = load(text, str(path))
    if not isinstance(document, dict):
        raise CommandError(f"{path}:1: must begin with keys such as `community:` and `name:`")
    try:
        found = CommunityFile.model_validate(document)
    except ValidationError as error:
        faults = []
        for problem in error.errors(include_url=False, include_input=False):
            place = tuple(part for part in problem["loc"] if part not in _PATH_NOISE)
            words = _WORDS.get(problem["type"], _plain(problem["msg"]))
            faults.append(_fault(path, line_of(lines, place), place, words))
        raise CommandError("\n".join(dict.fromkeys(faults))) from None
    problems = faults_between(found)
    if problems:
        raise CommandError("\n".join(_fault(path, line_of(lines, place), place, text) for place, text in problems))
    return to_definitions(found)


_PATH_NOISE = frozenset({"by rule", "by word", "listed", "one", "[key]"})
"""What pydantic puts into the path for an alternative or a key; it does not stand in the file."""

_WORDS = {
    "missing": "is missing; add it",
    "extra_forbidden": "is not known here; remove it or correct its spelling",
    "list_type": "must be a list",
    "string_type": "must be a text",
    "model_type": "must hold named fields, such as {key: value}",
    "dict_type": "must hold named fields, such as {key: value}",
}


def _plain(message: str) -> str:
    return message.removeprefix("Value error, ").replace("Input should be", "must be")


def _fault(path: Path, line: int, place: tuple[str | int, ...], text: str) -> str:
    where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")
    return f"{path}:{line}: {where or 'file'}: {text}"


def to_definitions(found: CommunityFile) -> Definitions:
    """Return a valid file as the calls' messages."""
    people = [
        community_pb2.PersonDefinition(
            key=person.key,
            name=person.name,
            building_key=person.building or "",
            flat=person.flat or "",
            memberships=[
                community_pb2.MembershipDefinition(group_key=group, role=role.role, responder_key=role.responder or "")
                for role in person.roles
                for group in (["*"] if role.groups == "all" else role.groups)
            ],
            addresses=[
                community_pb2.AddressDefinition(
                    channel="wechat_official_account", account=person.wechat.account, address=person.wechat.openid
                )
            ]
            if person.wechat
            else [],
        )
        for person in found.people
    ]
    for residents in found.residents:
        for flat, names in residents.people.items():
            for number, name in enumerate([names] if isinstance(names, str) else names, start=1):
                key = f"{residents.building}-{flat.lower()}-{number}"
                people.append(
                    community_pb2.PersonDefinition(key=key, name=name, building_key=residents.building, flat=flat)
                )
    group_names = {
        group.key: group.name or "、".join(_building_name(found, key) for key in group.buildings)
        for group in found.groups
    }
    return Definitions(
        key=found.community,
        name=found.name,
        community=community_pb2.CommunityDefinition(
            key=found.community,
            name=found.name,
            subdistrict=found.subdistrict,
            district=found.district,
            buildings=[
                community_pb2.BuildingDefinition(
                    key=building.key, name=_building_name(found, building.key), flats=building.all_flats()
                )
                for building in found.buildings
            ],
            groups=[
                community_pb2.GroupDefinition(
                    key=group.key,
                    name=group_names[group.key],
                    building_keys=group.buildings,
                    join_code=group.join_code or "",
                )
                for group in found.groups
            ],
            people=people,
        ),
        chase=plan_pb2.ChaseDefinition(
            quiet_from=found.chase.quiet_from or "",
            quiet_until=found.chase.quiet_until or "",
            time_zone=found.chase.time_zone or "",
            **{
                name: _duration(span)
                for name in plan_pb2.ChaseDefinition.DESCRIPTOR.fields_by_name
                if name.endswith("_window") and (span := getattr(found.chase, name)) is not None
            },
        ),
        responders=[
            plan_pb2.ResponderDefinition(
                key=responder.key,
                type=responder.type,
                name=responder.name,
                building_keys=responder.buildings,
                settings=responder.settings,
            )
            for responder in found.responders
        ],
        screens=[
            screen_pb2.ScreenDefinition(
                key=screen.key,
                group_key=screen.group,
                place=screen.place,
                code=screen.code or "",
                group_name=group_names[screen.group],
            )
            for screen in found.screens
        ],
    )


def _building_name(found: CommunityFile, key: str) -> str:
    return next((b.name for b in found.buildings if b.key == key and b.name), f"{key}号楼")


def _duration(span: timedelta) -> duration_pb2.Duration:
    message = duration_pb2.Duration()
    message.FromTimedelta(span)
    return message
