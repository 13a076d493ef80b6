"""Translation between the protos of membership and the domain, both ways."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from louyu.messaging.v1 import membership_pb2 as proto
from louyu_runtime.errors import InvalidArgument
from louyu_runtime.timestamps import timestamp

from louyu_messaging import absences, duty
from louyu_messaging.appointing import GroupRoles
from louyu_messaging.availability import Absence, DutyShift
from louyu_messaging.coverage import BuildingCoverage
from louyu_messaging.standing import Standing
from louyu_messaging.store.residency import ResidencyRow
from louyu_messaging.wire import kind_to_proto, uuid_of

_STATES = {
    "": proto.RESIDENCY_STATE_UNSPECIFIED,
    "unconfirmed": proto.RESIDENCY_STATE_UNCONFIRMED,
    "confirmed": proto.RESIDENCY_STATE_CONFIRMED,
    "doubted": proto.RESIDENCY_STATE_DOUBTED,
}
_STATE_OF: dict[int, str] = {value: name for name, value in _STATES.items()}


def state_of(state: int, field: str) -> str:
    """Return a state of residency, "" for none."""
    if state not in _STATE_OF:
        raise InvalidArgument(f"{field} is none of the known states", field=field)
    return _STATE_OF[state]


def residency_to_proto(found: ResidencyRow) -> proto.Residency:
    """Return where somebody lives, and as what."""
    residency = proto.Residency(
        person_id=found.person_id,
        name=found.name,
        building_name=found.building_name,
        flat=found.flat,
        kind=kind_to_proto(found.kind),
        state=_STATES[found.state],
        decided_by_name=found.decided_by_name,
        reason=found.reason,
        roles=found.roles,
    )
    if found.since is not None:
        residency.since.CopyFrom(timestamp(found.since))
    return residency


def totals_to_proto(total: tuple[str, str, int, int, int, int]) -> proto.GroupCoverage:
    """Return a group's coverage in numbers."""
    group_id, name, households, covered, absent_owners, unconfirmed = total
    return proto.GroupCoverage(
        group_id=group_id,
        group_name=name,
        household_count=households,
        covered_count=covered,
        absent_owner_count=absent_owners,
        unconfirmed_count=unconfirmed,
    )


def building_to_proto(building: BuildingCoverage) -> proto.BuildingCoverage:
    """Return a building's coverage."""
    return proto.BuildingCoverage(
        building_id=building.building_id,
        name=building.name,
        units=[
            proto.UnitCoverage(
                unit=unit.unit,
                household_count=unit.household_count,
                covered_count=unit.covered_count,
                missing_flats=unit.missing_flats,
                absent_owner_flats=unit.absent_owner_flats,
            )
            for unit in building.units
        ],
    )


def roles_to_proto(found: GroupRoles, away: Mapping[str, Absence]) -> proto.GroupRoles:
    """Return a group's roles; `away` are the absences that last now, by person."""
    return proto.GroupRoles(
        group_id=found.group_id,
        group_name=found.group_name,
        held=[
            proto.HeldRole(
                person_id=each.person_id,
                name=each.name,
                role=each.role,
                is_second=each.is_second,
                responder_key=each.responder_key,
                is_away=each.person_id in away,
                substitute_name=away[each.person_id].substitute_name if each.person_id in away else "",
            )
            for each in found.held
        ],
        missing=found.missing,
        may_grant=found.may_grant,
    )


def absence_to_proto(found: Absence, caller: Standing) -> proto.Absence:
    """Return an absence."""
    absence = proto.Absence(
        id=found.id,
        person_id=found.person_id,
        name=found.name,
        substitute_id=found.substitute_id,
        substitute_name=found.substitute_name,
        is_substitute_away=found.is_substitute_away,
        may_end=absences.may_end(caller, found),
    )
    absence.starts_at.CopyFrom(timestamp(found.starts_at))
    absence.ends_at.CopyFrom(timestamp(found.ends_at))
    return absence


def moment_of(request: Any, field: str) -> datetime:
    """Return a required time."""
    if not request.HasField(field):
        raise InvalidArgument(f"{field} is missing", field=field)
    try:
        moment: datetime = getattr(request, field).ToDatetime(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidArgument(f"{field} is no time", field=field) from error
    return moment


def shift_of(shift: proto.DutyShift, new_id: str) -> DutyShift:
    """Return a shift that is to be entered."""
    return DutyShift(
        id=new_id,
        person_id=uuid_of(shift.person_id, "shift.person_id"),
        name="",
        role=shift.role,
        responder_key=shift.responder_key,
        weekdays=tuple(shift.weekdays),
        on_date=_date_of(shift.date) if shift.date else None,
        from_time=_time_of(shift.from_time, "shift.from_time"),
        until_time=_time_of(shift.until_time, "shift.until_time"),
    )


def shift_to_proto(found: DutyShift, caller: Standing) -> proto.DutyShift:
    """Return an entry of the roster."""
    return proto.DutyShift(
        id=found.id,
        person_id=found.person_id,
        name=found.name,
        role=found.role,
        responder_key=found.responder_key,
        weekdays=found.weekdays,
        date=found.on_date.isoformat() if found.on_date else "",
        from_time=f"{found.from_time:%H:%M}",
        until_time=f"{found.until_time:%H:%M}",
        may_remove=duty.may_change(caller, found.role, found.responder_key),
    )


def _date_of(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidArgument("date must be a day such as 2026-02-17", field="shift.date") from error


def _time_of(text: str, field: str) -> time:
    try:
        return datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007 - a time of day, without a zone
    except ValueError as error:
        raise InvalidArgument(
            f"{field} must be a time of day such as 08:00", field=field, resident_text="时间请写成 08:00 这样。"
        ) from error
