"""A valid import file as the calls that create or update the community, and where each part of them stands in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from google.protobuf import duration_pb2
from louyu.messaging.v1 import community_pb2, membership_pb2
from louyu.notify.v1 import screen_pb2
from louyu.routing.v1 import plan_pb2
from louyu_messaging.identities import derived_key

from louyu_cli.community.definition import CommunityFile, Former, Person
from louyu_cli.community.source import Source
from louyu_cli.community.yaml_lines import Path


@dataclass(frozen=True)
class Definitions:
    """A community as each service needs it."""

    key: str
    name: str
    source: Source
    community: community_pb2.CommunityDefinition
    chase: plan_pb2.ChaseDefinition
    responders: list[plan_pb2.ResponderDefinition]
    screens: list[screen_pb2.ScreenDefinition]


def to_definitions(found: CommunityFile, file: str, lines: dict[Path, int]) -> Definitions:
    """Return a valid file as the calls' messages."""
    group_names = {
        group.key: group.name or "、".join(_building_name(found, key) for key in group.buildings)
        for group in found.groups
    }
    people = [_person(person) for person in found.people]
    places: list[Path] = [("people", number) for number in range(len(people))]
    memberships = [_membership_places(number, person) for number, person in enumerate(found.people)]
    for at, residents in enumerate(found.residents):
        for flat, number, resident in residents.each():
            places.append(("residents", at, "people", flat, *(() if number is None else (number,))))
            people.append(
                community_pb2.PersonDefinition(
                    key=derived_key(residents.building, flat, resident.name),
                    name=resident.name,
                    building_key=residents.building,
                    flat=flat,
                    is_key_derived=True,
                    was=_former(resident.was),
                )
            )
    return Definitions(
        key=found.community,
        name=found.name,
        source=Source(file, lines, places, memberships),
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
            confirm_residency=found.confirm_residency,
            doubted_may_not_read=found.doubted_may_not_read,
            keep_messages_days=found.keep_messages_days,
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


def _person(person: Person) -> community_pb2.PersonDefinition:
    wechat = person.wechat
    return community_pb2.PersonDefinition(
        key=person.key,
        name=person.name,
        building_key=person.building or "",
        flat=person.flat or "",
        memberships=[
            community_pb2.MembershipDefinition(
                group_key=group, role=role.role, responder_key=role.responder or "", is_second=role.second
            )
            for role in person.roles
            for group in (["*"] if role.groups == "all" else role.groups)
        ],
        addresses=[
            community_pb2.AddressDefinition(
                channel="wechat_official_account", account=wechat.account, address=wechat.openid
            )
        ]
        if wechat
        else [],
        was=_former(person.was),
        kind=membership_pb2.MemberKind.Value(f"MEMBER_KIND_{(person.kind or 'unspecified').upper()}"),
    )


def _membership_places(number: int, person: Person) -> list[Path]:
    places: list[Path] = []
    for at, role in enumerate(person.roles):
        place: Path = ("people", number, "roles", at, "groups")
        places += [place] if role.groups == "all" else [(*place, each) for each in range(len(role.groups))]
    return places


def _former(was: Former | None) -> community_pb2.FormerPersonDefinition | None:
    if was is None:
        return None
    return community_pb2.FormerPersonDefinition(
        key=was.key or "", building_key=was.building or "", flat=was.flat or "", name=was.name or ""
    )


def _building_name(found: CommunityFile, key: str) -> str:
    return next((b.name for b in found.buildings if b.key == key and b.name), f"{key}号楼")


def _duration(span: timedelta) -> duration_pb2.Duration:
    message = duration_pb2.Duration()
    message.FromTimedelta(span)
    return message
