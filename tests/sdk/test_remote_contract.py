"""The contract of remote responders says the same as the SDK's types."""

import dataclasses
from enum import EnumMeta
from types import ModuleType

import louyu_sdk
import pytest
from louyu.responder.v1 import action_pb2, directory_pb2, plan_pb2, question_pb2, responder_type_pb2

ENUMS: dict[str, ModuleType] = {
    "Intent": question_pb2,
    "Urgency": question_pb2,
    "Via": question_pb2,
    "QuestionState": question_pb2,
    "MediaKind": question_pb2,
    "ChangeKind": question_pb2,
    "Capability": responder_type_pb2,
    "WhatThen": plan_pb2,
}
MESSAGES: dict[str, tuple[ModuleType, str]] = {
    "Media": (question_pb2, "Media"),
    "Asker": (question_pb2, "Asker"),
    "Classification": (question_pb2, "Classification"),
    "Question": (question_pb2, "Question"),
    "QuestionChange": (question_pb2, "QuestionChange"),
    "WorkKind": (responder_type_pb2, "WorkKind"),
    "ResponderType": (responder_type_pb2, "ResponderType"),
    "RoleHolder": (directory_pb2, "RoleHolder"),
    "Responder": (directory_pb2, "Responder"),
    "ChainTimes": (directory_pb2, "ChainTimes"),
    "Directory": (directory_pb2, "Directory"),
    "Reason": (plan_pb2, "Reason"),
    "Match": (plan_pb2, "QuestionMatch"),
    "Step": (plan_pb2, "Step"),
    "Supervision": (plan_pb2, "Supervision"),
    "Plan": (plan_pb2, "QuestionPlan"),
    "Note": (action_pb2, "Note"),
    "Acknowledge": (action_pb2, "Acknowledge"),
    "Answer": (action_pb2, "Answer"),
    "AskBack": (action_pb2, "AskBack"),
    "Refuse": (action_pb2, "Refuse"),
}

NAMED_BY_THEIR_DANGEROUS_SIDE = {"rests_at_night": "works_at_night"}
"""On the wire the default is false, which must be the harmless one."""


@pytest.mark.parametrize("name", ENUMS)
def test_vocabularies_are_the_same(name: str) -> None:
    members: EnumMeta = getattr(louyu_sdk, name)
    wire = ENUMS[name].DESCRIPTOR.enum_types_by_name[name]
    prefix = wire.values_by_number[0].name.removesuffix("UNSPECIFIED")
    assert {value.name.removeprefix(prefix) for value in wire.values[1:]} == set(members.__members__)


@pytest.mark.parametrize("name", MESSAGES)
def test_fields_are_the_same(name: str) -> None:
    module, message = MESSAGES[name]
    fields = {field.name for field in dataclasses.fields(getattr(louyu_sdk, name))}
    expected = {NAMED_BY_THEIR_DANGEROUS_SIDE.get(field, field) for field in fields}
    assert set(module.DESCRIPTOR.message_types_by_name[message].fields_by_name) == expected


def test_roles_are_those_that_a_directory_may_hold() -> None:
    wire = directory_pb2.DESCRIPTOR.enum_types_by_name["Role"]
    names = {value.name.removeprefix("ROLE_").lower() for value in wire.values[1:]}
    assert names == {role.value for role in louyu_sdk.Role} - {"resident"}
