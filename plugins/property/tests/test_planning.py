"""Whom the plan of a question for the property company asks, and how long each has."""

import dataclasses
from datetime import timedelta

import pytest
from louyu_property.kinds import Kind
from louyu_property.plugin import louyu_plan, louyu_question_changed
from louyu_sdk import (
    ChainTimes,
    ChangeKind,
    Directory,
    Match,
    Neighbours,
    Note,
    Plan,
    Reason,
    ResponderById,
    Role,
    RoleInGroup,
    Urgency,
)
from louyu_sdk.testing import example_change, example_directory, example_question

HEAD, LIAISON, SECRETARY = (RoleInGroup(role) for role in (Role.BUILDING_HEAD, Role.LIAISON, Role.SECRETARY))


@pytest.fixture
def directory() -> Directory:
    return example_directory("property")


@pytest.fixture
def staff(directory: Directory) -> ResponderById:
    return ResponderById(directory.responders[0].id)


def plan_for(directory: Directory, urgency: Urgency = Urgency.NORMAL, kind: Kind | None = Kind.LIGHT) -> Plan | None:
    match = Match(responder_type="property", score=0.9, reasons=(Reason(text="属于照明"),), kind=kind)
    question = example_question(urgency=urgency, responder_type="property")
    return louyu_plan(question, match, directory)


def made_plan(directory: Directory, urgency: Urgency = Urgency.NORMAL, kind: Kind | None = Kind.LIGHT) -> Plan:
    plan = plan_for(directory, urgency, kind)
    assert plan is not None
    return plan


def with_settings(directory: Directory, settings: dict[str, str]) -> Directory:
    (company,) = directory.responders
    return dataclasses.replace(directory, responders=(dataclasses.replace(company, settings=settings),))


@pytest.mark.parametrize("urgency", [Urgency.NORMAL, Urgency.LOW])
def test_neighbours_come_first_when_there_is_time(directory: Directory, staff: ResponderById, urgency: Urgency) -> None:
    plan = made_plan(directory, urgency)
    assert [step.whom for step in plan.steps] == [(Neighbours(),), (staff,), (HEAD,), (LIAISON,), (SECRETARY,)]


def test_high_urgency_goes_to_staff_at_once(directory: Directory, staff: ResponderById) -> None:
    plan = made_plan(directory, Urgency.HIGH)
    assert [step.whom for step in plan.steps] == [(staff,), (HEAD,), (LIAISON,), (SECRETARY,)]
    assert plan.steps[0].how_long == timedelta(minutes=15)


def test_an_emergency_is_left_to_the_plan_of_louyu(directory: Directory) -> None:
    assert plan_for(directory, Urgency.EMERGENCY) is None


def test_the_chain_has_the_times_of_the_community(directory: Directory) -> None:
    seconds = [timedelta(seconds=count) for count in (1, 2, 3, 4)]
    neighbours, head, liaison, secretary = seconds
    times = ChainTimes(neighbours=neighbours, building_head=head, liaison=liaison, secretary=secretary)
    plan = made_plan(dataclasses.replace(directory, times=times))
    assert [step.how_long for step in (plan.steps[0], *plan.steps[2:])] == seconds


def test_times_of_staff_come_from_the_settings(directory: Directory) -> None:
    settings = {"react_normal_minutes": "0.05", "promise_light_minutes": "90"}
    plan = made_plan(with_settings(directory, settings))
    assert (plan.steps[1].how_long, plan.promise) == (timedelta(seconds=3), timedelta(minutes=90))


@pytest.mark.parametrize(
    ("kind", "urgency", "promise"),
    [
        (Kind.LIGHT, Urgency.NORMAL, timedelta(hours=24)),
        (Kind.LIGHT, Urgency.HIGH, timedelta(hours=8)),
        (Kind.LIFT, Urgency.HIGH, timedelta(hours=4)),
        (None, Urgency.NORMAL, timedelta(hours=48)),
    ],
)
def test_the_promise_follows_kind_and_urgency(
    directory: Directory, kind: Kind | None, urgency: Urgency, promise: timedelta
) -> None:
    assert made_plan(directory, urgency, kind).promise == promise


def test_without_a_company_there_is_no_plan(directory: Directory) -> None:
    assert plan_for(dataclasses.replace(directory, responders=())) is None


def test_a_company_of_another_building_is_not_asked(directory: Directory) -> None:
    (company,) = directory.responders
    elsewhere = dataclasses.replace(company, building_keys=("3",))
    assert plan_for(dataclasses.replace(directory, responders=(elsewhere,))) is None


def test_the_company_named_for_the_building_goes_before_that_of_the_whole_community(directory: Directory) -> None:
    (everywhere,) = directory.responders
    here = dataclasses.replace(everywhere, id="company-of-28", building_keys=("28",))
    plan = made_plan(dataclasses.replace(directory, responders=(everywhere, here)))
    assert plan.steps[1].whom == (ResponderById("company-of-28"),)


def test_staff_are_told_when_a_repair_did_not_last() -> None:
    question = dataclasses.replace(example_question(), times_reopened=2)
    (action,) = louyu_question_changed(question, example_change(ChangeKind.REOPENED))
    assert isinstance(action, Note)
    assert action.text.startswith("第 2 次重提")
