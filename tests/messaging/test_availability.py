"""Absences with substitutes, and the duty roster: who enters them, who is told, what other services hear."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from louyu.messaging.v1 import membership_pb2 as proto
from louyu_runtime.errors import RemoteError
from louyu_runtime.identity import Principal

from tests.messaging.community import GROUP_28, person, person_id
from tests.messaging.membership import HEAD, SECRETARY, STAFF, Membership
from tests.platform.fixtures import Clock

START = datetime(2026, 1, 20, tzinfo=UTC)


def stamp(moment: datetime) -> Timestamp:
    made = Timestamp()
    made.FromDatetime(moment)
    return made


@pytest.fixture(autouse=True)
async def in_january(clock: Clock, membership: Membership) -> None:
    await clock.set_local_time("2026-01-15 12:00")


async def away(
    membership: Membership, key: str = "louzhang", who: Principal = HEAD, *, days: float = 7, **fields: Any
) -> proto.Absence:
    given: dict[str, Any] = {"starts_at": stamp(START), "ends_at": stamp(START + timedelta(days=days))}
    answer = await membership.call("SetAbsence", who, person_id=person_id(key), **{**given, **fields})
    absence: proto.Absence = answer.absence
    return absence


async def listed(membership: Membership) -> list[str]:
    found = (await membership.call("ListAbsences")).absences
    return [f"{each.name}>{each.substitute_name}" for each in found]


async def test_a_head_enters_when_they_are_away_and_the_substitute_is_told(membership: Membership) -> None:
    absence = await away(membership, substitute_id=person_id("jugan"))

    assert (absence.substitute_name, absence.is_substitute_away, absence.may_end) == ("赵居干", False, True)
    assert await membership.told_to("jugan") == ["substitute_named"]
    assert await membership.told_to("louzhang") == []
    (event,) = await membership.told("AvailabilityChanged")
    (told,) = event.away_times
    assert (told.person_id, told.substitute_id) == (HEAD.id, person_id("jugan"))
    assert told.starts_at.ToDatetime(tzinfo=UTC) == START


async def test_it_shows_while_it_lasts_and_passes_by_the_databases_clock(membership: Membership, clock: Clock) -> None:
    await away(membership, substitute_id=person_id("jugan"))

    async def head() -> proto.HeldRole:
        held: proto.HeldRole = (await membership.call("ListRoleHolders", group_id=GROUP_28)).groups[0].held[0]
        return held

    assert not (await head()).is_away
    await clock.move(days=6)
    assert ((await head()).is_away, (await head()).substitute_name) == (True, "赵居干")
    await clock.move(days=7)
    assert not (await head()).is_away
    assert await listed(membership) == []


async def test_the_office_enters_it_for_others_and_ends_it(membership: Membership, clock: Clock) -> None:
    absence = await away(membership, who=SECRETARY, substitute_id=person_id("jugan"))
    await clock.move(days=6)

    await membership.call("EndAbsence", SECRETARY, absence_id=absence.id)

    assert await membership.told_to("louzhang") == ["absence_set", "absence_ended"]
    assert await membership.told_to("jugan") == ["substitute_named", "substitute_released"]
    assert await listed(membership) == []
    first, last = await membership.told("AvailabilityChanged")
    assert (len(first.away_times), len(last.away_times), last.version - first.version) == (1, 0, 1)
    await membership.call("EndAbsence", SECRETARY, absence_id=absence.id)
    assert len(await membership.told("AvailabilityChanged")) == 2, "ending it again does nothing"


async def test_a_substitute_who_is_away_as_well_is_pointed_out(membership: Membership) -> None:
    await away(membership, "jugan", SECRETARY, days=1)

    assert (await away(membership, substitute_id=person_id("jugan"))).is_substitute_away


async def test_what_cannot_be_entered_is_refused(membership: Membership, subtests: pytest.Subtests) -> None:
    last_year = {
        "starts_at": stamp(datetime(2025, 1, 1, tzinfo=UTC)),
        "ends_at": stamp(datetime(2026, 1, 1, tzinfo=UTC)),
    }
    refused: list[tuple[str, Principal, dict[str, Any], str]] = [
        ("louzhang", person("zhang"), {}, "PERMISSION_DENIED"),
        ("qian", person("jugan", "liaison"), {}, "INVALID_ARGUMENT: this person holds no role"),
        ("louzhang", STAFF, {}, "NOT_ENTITLED"),
        ("louzhang", HEAD, {"substitute_id": person_id("zhang")}, "INVALID_ARGUMENT: this person holds no role"),
        ("louzhang", HEAD, {"substitute_id": HEAD.id}, "INVALID_ARGUMENT: somebody else"),
        ("louzhang", HEAD, {"substitute_id": person_id("nobody")}, "PERSON_NOT_FOUND"),
        ("louzhang", HEAD, {"ends_at": stamp(START)}, "INVALID_ARGUMENT: ends_at"),
        ("louzhang", HEAD, last_year, "INVALID_ARGUMENT: ends_at"),
        ("louzhang", HEAD, {"ends_at": stamp(START + timedelta(days=367))}, "INVALID_ARGUMENT: at most 366"),
        ("louzhang", HEAD, {"ends_at": None}, "INVALID_ARGUMENT: ends_at is missing"),
        ("louzhang", HEAD, {"ends_at": Timestamp(seconds=-(10**12))}, "INVALID_ARGUMENT: ends_at is no time"),
    ]
    for key, who, fields, reason in refused:
        with subtests.test(reason, **fields), pytest.raises(RemoteError, match=reason):
            await away(membership, key, who, **fields)


async def test_two_absences_of_one_person_do_not_overlap(membership: Membership) -> None:
    await away(membership)

    with pytest.raises(RemoteError, match="ABSENCE_OVERLAPS"):
        await away(membership, days=1)


async def shift(membership: Membership, key: str, who: Principal = SECRETARY, **fields: Any) -> proto.DutyShift:
    given: dict[str, Any] = {"from_time": "08:00", "until_time": "20:00", **fields}
    if "date" not in given:
        given.setdefault("weekdays", [5, 1])
    wanted = proto.DutyShift(person_id=person_id(key), **given)
    entered: proto.DutyShift = (await membership.call("AddDutyShift", who, shift=wanted)).shift
    return entered


async def test_the_office_keeps_the_roster_of_roles_and_staff_that_of_their_responder(membership: Membership) -> None:
    by_office = await shift(membership, "jugan", role="liaison")
    by_staff = await shift(membership, "wuye", STAFF, responder_key="property", date="2026-02-17")

    assert (list(by_office.weekdays), by_office.name, by_staff.date) == ([1, 5], "赵居干", "2026-02-17")
    assert await membership.told_to("jugan") == ["duty_added"]
    event = (await membership.told("AvailabilityChanged"))[-1]
    assert [(each.role or each.responder_key, each.from_time) for each in event.duty_times] == [
        ("property", "08:00"),
        ("liaison", "08:00"),
    ]
    seen = (await membership.call("ListDutyShifts", STAFF)).shifts
    assert [(each.name, each.may_remove) for each in seen] == [("小李", True), ("赵居干", False)]

    with pytest.raises(RemoteError, match="NOT_ENTITLED"):
        await membership.call("RemoveDutyShift", STAFF, shift_id=by_office.id)
    await membership.call("RemoveDutyShift", SECRETARY, shift_id=by_office.id)
    await membership.call("RemoveDutyShift", SECRETARY, shift_id=by_office.id)
    assert [each.name for each in (await membership.call("ListDutyShifts")).shifts] == ["小李"]
    assert await membership.told_to("jugan") == ["duty_added", "duty_removed"]


async def test_who_loses_the_role_is_on_duty_no_more(membership: Membership) -> None:
    await shift(membership, "jugan", role="liaison")

    await membership.withdraw("jugan", "liaison", accepts_vacancy=True)

    assert list((await membership.call("ListDutyShifts")).shifts) == []
    await membership.grant("jugan", "liaison")
    assert [each.name for each in (await membership.call("ListDutyShifts")).shifts] == ["赵居干"]
    assert len((await membership.told("AvailabilityChanged"))[-1].duty_times) == 1


async def test_what_does_not_belong_on_the_roster_is_refused(membership: Membership, subtests: pytest.Subtests) -> None:
    refused: list[tuple[str, Principal, dict[str, Any], str]] = [
        ("zhang", SECRETARY, {"role": "liaison"}, "INVALID_ARGUMENT: this person holds no such role"),
        ("louzhang", SECRETARY, {"role": "building_head"}, "INVALID_ARGUMENT: role must be one of"),
        ("jugan", SECRETARY, {}, "INVALID_ARGUMENT: set role or responder_key"),
        ("jugan", SECRETARY, {"role": "liaison", "responder_key": "property"}, "INVALID_ARGUMENT: set role"),
        ("jugan", SECRETARY, {"role": "liaison", "weekdays": [8]}, "INVALID_ARGUMENT: weekdays"),
        ("jugan", SECRETARY, {"role": "liaison", "weekdays": []}, "INVALID_ARGUMENT: set weekdays or date"),
        ("jugan", SECRETARY, {"role": "liaison", "date": "2026-02-30"}, "INVALID_ARGUMENT: date"),
        ("jugan", SECRETARY, {"role": "liaison", "from_time": "8点"}, "INVALID_ARGUMENT: shift.from_time"),
        ("wuye", STAFF, {"responder_key": "lifts"}, "NOT_ENTITLED"),
        ("jugan", HEAD, {"role": "liaison"}, "PERMISSION_DENIED"),
        ("nobody", SECRETARY, {"role": "liaison"}, "PERSON_NOT_FOUND"),
    ]
    for key, who, fields, reason in refused:
        with subtests.test(reason, **fields), pytest.raises(RemoteError, match=reason):
            await shift(membership, key, who, **fields)
