"""Public types refuse values outside their bounds and name the field."""

import dataclasses
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import louyu_sdk
import pytest
from louyu_sdk import (
    Answer,
    Asker,
    Capability,
    ChainTimes,
    ChannelCapabilities,
    ErrorClass,
    InvalidField,
    Match,
    Neighbours,
    Outcome,
    Plan,
    PluginSettings,
    Reason,
    RecipientKind,
    Refuse,
    Responder,
    ResponderType,
    Role,
    RoleHolder,
    RoleInGroup,
    SendError,
    SendResult,
    SettingsSection,
    Step,
    Supervision,
    WhatThen,
    WorkKind,
    closing_chain,
)
from louyu_sdk.testing import example_directory, example_question

HOUR = timedelta(hours=1)
REASON = (Reason(text="提到电梯"),)
SECRETARY = Step(whom=(RoleInGroup(Role.SECRETARY),), how_long=HOUR, what_then=WhatThen.REPEAT)


def step(how_long: timedelta = HOUR) -> Step:
    return Step(whom=(Neighbours(),), how_long=how_long)


FAULTY: Mapping[str, Callable[[], object]] = {
    "Match.score": lambda: Match(responder_type="property", score=1.1, reasons=REASON),
    "Match.reasons": lambda: Match(responder_type="property", score=1.0, reasons=()),
    "Match.responder_type": lambda: Match(responder_type="物业", score=1.0, reasons=REASON),
    "Reason.text": lambda: Reason(text=" "),
    "Question.text": lambda: dataclasses.replace(example_question(), text="水" * 2_001),
    "Question.building_keys": lambda: dataclasses.replace(example_question(), building_keys=()),
    "Question.opened_at": lambda: dataclasses.replace(example_question(), opened_at=datetime(2026, 1, 1)),  # noqa: DTZ001
    "Asker.name": lambda: Asker(person_id="1", name=""),
    "Classification.confidence": lambda: dataclasses.replace(
        example_question().classification, confidence=float("nan")
    ),
    "RoleHolder.role": lambda: RoleHolder(person_id="1", role=Role.RESIDENT, name="住户"),
    "RoleInGroup.role": lambda: RoleInGroup(Role.STAFF),
    "ChainTimes.liaison": lambda: ChainTimes(liaison=timedelta(0)),
    "Directory.responders": lambda: dataclasses.replace(
        example_directory("x"), responders=example_directory("x").responders * 2
    ),
    "Step.how_long": lambda: step(timedelta(seconds=-1)),
    "Step.whom": lambda: Step(whom=(Neighbours(), Neighbours()), how_long=HOUR),
    "Plan.steps": lambda: Plan(steps=(step(),), promise=HOUR),
    "Plan.steps[0].what_then": lambda: Plan(steps=(SECRETARY, SECRETARY), promise=HOUR),
    "Plan.promise": lambda: Plan(steps=(SECRETARY,), promise=timedelta(0)),
    "Supervision.whom[0]": lambda: Supervision(
        whom=(Neighbours(),),
        wakes_after=HOUR,
        presses_every=HOUR,
        reason="年检到期",
    ),
    "Answer.text": lambda: Answer(responder_id="1", text=""),
    "Refuse.reason": lambda: Refuse(responder_id="1", reason=""),
    "WorkKind.key": lambda: WorkKind(key="Lift", name_zh="电梯", name_en="Lift", promise=HOUR),
    "ResponderType.capabilities": lambda: ResponderType(
        key="x", name_zh="甲", name_en="X", capabilities=frozenset({Capability.REFUSE}), promise=HOUR
    ),
    "ChannelCapabilities.batch_size": lambda: ChannelCapabilities(
        recipients=RecipientKind.PERSON,
        batch_size=0,
        rate_per_second=None,
        receipts=False,
        works_at_night=False,
        needs_address=True,
        repeats_are_safe=False,
    ),
    "SendResult.error": lambda: SendResult(delivery_id="1", outcome=Outcome.FAILED),
    "SendError.code": lambda: SendError(error_class=ErrorClass.LATER, code="", message="no answer"),
}


@pytest.mark.parametrize("field", FAULTY)
def test_a_value_out_of_bounds_is_refused_with_its_field(field: str) -> None:
    with pytest.raises(InvalidField) as refused:
        FAULTY[field]()
    assert refused.value.field == field


def test_a_list_is_refused_where_only_a_tuple_stays_frozen() -> None:
    with pytest.raises(InvalidField, match="must be a tuple, not list"):
        Plan(steps=[SECRETARY], promise=HOUR)  # type: ignore[arg-type]


def test_a_string_is_refused_where_a_member_is_meant() -> None:
    with pytest.raises(InvalidField, match=r"Role\.BUILDING_HEAD"):
        RoleInGroup("building_head")  # type: ignore[arg-type]


def test_settings_of_a_responder_cannot_be_changed() -> None:
    given = {"normal_minutes": "5"}
    responder = Responder(id="1", responder_type="property", name="甲物业", settings=given)
    given.clear()
    assert responder.settings == {"normal_minutes": "5"}
    with pytest.raises(TypeError):
        responder.settings["normal_minutes"] = "1"  # type: ignore[index]


def test_settings_are_read_as_the_plugins_own_model() -> None:
    class Shift(PluginSettings):
        opens_at: int = 9

    responder = Responder(id="1", responder_type="property", name="甲物业", settings={"opens_at": "8"})
    assert responder.settings_as(Shift).opens_at == 8


def test_a_setting_that_does_not_exist_is_told_with_those_that_do() -> None:
    class Shift(PluginSettings):
        opens_at: int = 9
        closes_at: int = 18

    section = SettingsSection(responder_type="property", model=Shift)
    assert louyu_sdk.settings_faults(section, {"open_at": "8"}) == (
        "open_at: there is no such setting; there are opens_at, closes_at",
    )


def test_a_responder_without_buildings_serves_all() -> None:
    everywhere = Responder(id="1", responder_type="property", name="甲物业")
    building_three = dataclasses.replace(everywhere, building_keys=("3",))
    assert (everywhere.serves(["28"]), building_three.serves(["28"]), building_three.serves(["28", "3"])) == (
        True,
        False,
        True,
    )


def test_the_closing_chain_ends_with_the_secretary_again_and_again() -> None:
    chain = closing_chain(ChainTimes())
    assert [one.whom for one in chain] == [
        (RoleInGroup(Role.BUILDING_HEAD),),
        (RoleInGroup(Role.LIAISON),),
        (RoleInGroup(Role.SECRETARY),),
    ]
    assert Plan(steps=chain, promise=HOUR).steps[-1].what_then is WhatThen.REPEAT


def test_an_address_is_never_shown() -> None:
    recipient = louyu_sdk.Recipient(kind=RecipientKind.PERSON, id="1", address="openid-secret")
    assert "secret" not in repr(recipient)


def test_account_settings_are_never_shown() -> None:
    account = louyu_sdk.ChannelAccount(kind="sms", name="main", settings={"key": "secret"})
    assert "secret" not in repr(account)


def test_everything_exported_is_listed_and_documented() -> None:
    assert louyu_sdk.__all__ == sorted(
        louyu_sdk.__all__, key=lambda name: (not name.isupper(), name[0].islower(), name)
    )
    for name in louyu_sdk.__all__:
        exported = getattr(louyu_sdk, name)
        if isinstance(exported, type):
            assert exported.__doc__ and not exported.__doc__.startswith(f"{name}("), f"{name} has no docstring"
