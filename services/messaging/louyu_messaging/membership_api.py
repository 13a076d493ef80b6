"""The gRPC service of membership: requests in, the domain called, answers out."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from google.protobuf.message import Message
from louyu.messaging.v1 import membership_service_pb2 as pb
from louyu.messaging.v1 import membership_service_pb2_grpc
from louyu_runtime.database import Database, Transaction
from louyu_runtime.idempotency import once
from louyu_runtime.identity import current_principal
from louyu_runtime.ids import new_id
from louyu_runtime.paging import decode_token, encode_token, page_size
from louyu_runtime.sealing import Sealer
from louyu_runtime.timestamps import timestamp

from louyu_messaging import absences, access, appointing, coverage, duty, linking, residency
from louyu_messaging import membership_wire as wire
from louyu_messaging.appointing import Role
from louyu_messaging.availability import Absence
from louyu_messaging.errors import NotEntitled
from louyu_messaging.standing import Standing, require_steward, standing_of
from louyu_messaging.store import availability as availability_store
from louyu_messaging.store import coverage as coverage_store
from louyu_messaging.store import residency as residency_store
from louyu_messaging.wire import kind_of, uuid_of

Context = Any
"""grpc.aio.ServicerContext; its published type names requests and answers, which the base class leaves open."""

ResponseT = TypeVar("ResponseT", bound=Message)


class MembershipServicer(membership_service_pb2_grpc.MembershipServiceServicer):
    """All RPCs of membership."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    async def GetResidency(self, request: pb.GetResidencyRequest, context: Context) -> pb.GetResidencyResponse:
        person_id = uuid_of(request.person_id, "person_id")

        async def work(tx: Transaction, caller: Standing) -> pb.GetResidencyResponse:
            return pb.GetResidencyResponse(
                residency=wire.residency_to_proto(await residency.residency_of(tx, caller, person_id)),
                is_confirmation_wanted=await residency_store.is_confirmation_wanted(tx),
            )

        return await self._read(request, work)

    async def ListResidents(self, request: pb.ListResidentsRequest, context: Context) -> pb.ListResidentsResponse:
        group_id = uuid_of(request.group_id, "group_id")
        size = page_size(request.page_size)
        state = wire.state_of(request.state, "state")
        position = decode_token("ListResidents", request.page_token, int, str, uuid.UUID)

        async def work(tx: Transaction, caller: Standing) -> pb.ListResidentsResponse:
            after = None if position is None else (int(position[0]), str(position[1]), str(position[2]))
            found = await residency.residents(
                tx, caller, group_id, state=state, search=request.search.strip(), after=after, limit=size + 1
            )
            shown = found[:size]
            last = shown[-1] if len(found) > size else None
            token = encode_token("ListResidents", [last.rank, last.place_key, last.person_id]) if last else ""
            return pb.ListResidentsResponse(
                residents=map(wire.residency_to_proto, shown),
                next_page_token=token,
                is_confirmation_wanted=await residency_store.is_confirmation_wanted(tx),
            )

        return await self._read(request, work)

    async def DecideResidency(self, request: pb.DecideResidencyRequest, context: Context) -> pb.DecideResidencyResponse:
        person_id = uuid_of(request.person_id, "person_id")
        state = wire.state_of(request.state, "state")

        async def work(tx: Transaction, caller: Standing) -> pb.DecideResidencyResponse:
            found = await residency.decide(tx, caller, person_id, state, request.reason)
            return pb.DecideResidencyResponse(residency=wire.residency_to_proto(found))

        return await self._write(request, pb.DecideResidencyResponse, work)

    async def SetMemberKind(self, request: pb.SetMemberKindRequest, context: Context) -> pb.SetMemberKindResponse:
        person_id = uuid_of(request.person_id, "person_id")
        kind = kind_of(request.kind, "kind")

        async def work(tx: Transaction, caller: Standing) -> pb.SetMemberKindResponse:
            found = await residency.set_kind(tx, caller, person_id, kind)
            return pb.SetMemberKindResponse(residency=wire.residency_to_proto(found))

        return await self._write(request, pb.SetMemberKindResponse, work)

    async def CreateLinkCode(self, request: pb.CreateLinkCodeRequest, context: Context) -> pb.CreateLinkCodeResponse:
        async def work(tx: Transaction, caller: Standing) -> pb.CreateLinkCodeResponse:
            person_id = access.own_id(current_principal())
            made = await linking.create_code(tx, person_id, self._sealer, secrets.choice)
            return pb.CreateLinkCodeResponse(code=made.code, expires_at=timestamp(made.expires_at))

        return await self._read(request, work)

    async def ListCoverage(self, request: pb.ListCoverageRequest, context: Context) -> pb.ListCoverageResponse:
        async def work(tx: Transaction, caller: Standing) -> pb.ListCoverageResponse:
            own = None if caller.is_secretary else [each for each in caller.holdings if caller.looks_after(each)]
            return pb.ListCoverageResponse(groups=map(wire.totals_to_proto, await coverage_store.totals(tx, own)))

        return await self._read(request, work)

    async def GetCoverage(self, request: pb.GetCoverageRequest, context: Context) -> pb.GetCoverageResponse:
        group_id = uuid_of(request.group_id, "group_id")

        async def work(tx: Transaction, caller: Standing) -> pb.GetCoverageResponse:
            await require_steward(tx, caller, group_id)
            (total,) = await coverage_store.totals(tx, [group_id])
            found = wire.totals_to_proto(total)
            buildings = coverage.by_building(await coverage_store.households(tx, group_id))
            found.buildings.extend(map(wire.building_to_proto, buildings))
            return pb.GetCoverageResponse(coverage=found)

        return await self._read(request, work)

    async def ListRoleHolders(self, request: pb.ListRoleHoldersRequest, context: Context) -> pb.ListRoleHoldersResponse:
        group_id = uuid_of(request.group_id, "group_id") if request.group_id else ""

        async def work(tx: Transaction, caller: Standing) -> pb.ListRoleHoldersResponse:
            found = await appointing.role_holders_of(tx, caller, group_id)
            away = await _away_now(tx)
            return pb.ListRoleHoldersResponse(groups=[wire.roles_to_proto(each, away) for each in found])

        return await self._read(request, work)

    async def GrantRole(self, request: pb.GrantRoleRequest, context: Context) -> pb.GrantRoleResponse:
        group_ids = [uuid_of(each, f"group_ids[{at}]") for at, each in enumerate(request.group_ids)]
        person_id = uuid_of(request.person_id, "person_id")
        role = Role(request.role, request.responder_key, request.is_second)

        async def work(tx: Transaction, caller: Standing) -> pb.GrantRoleResponse:
            found = await appointing.grant(tx, caller, group_ids, person_id, role)
            away = await _away_now(tx)
            return pb.GrantRoleResponse(groups=[wire.roles_to_proto(each, away) for each in found])

        return await self._write(request, pb.GrantRoleResponse, work)

    async def WithdrawRole(self, request: pb.WithdrawRoleRequest, context: Context) -> pb.WithdrawRoleResponse:
        group_id = uuid_of(request.group_id, "group_id")
        person_id = uuid_of(request.person_id, "person_id")
        successor_id = uuid_of(request.successor_id, "successor_id") if request.successor_id else ""

        async def work(tx: Transaction, caller: Standing) -> pb.WithdrawRoleResponse:
            found = await appointing.withdraw(
                tx,
                caller,
                group_id,
                person_id,
                Role(request.role, request.responder_key),
                successor_id=successor_id,
                accepts_vacancy=request.accepts_vacancy,
            )
            return pb.WithdrawRoleResponse(group=wire.roles_to_proto(found, await _away_now(tx)))

        return await self._write(request, pb.WithdrawRoleResponse, work)

    async def ListAbsences(self, request: pb.ListAbsencesRequest, context: Context) -> pb.ListAbsencesResponse:
        async def work(tx: Transaction, caller: Standing) -> pb.ListAbsencesResponse:
            found = await absences.absences(tx, caller)
            return pb.ListAbsencesResponse(absences=[wire.absence_to_proto(each, caller) for each in found])

        return await self._read(request, work)

    async def SetAbsence(self, request: pb.SetAbsenceRequest, context: Context) -> pb.SetAbsenceResponse:
        wanted = Absence(
            id=new_id(),
            person_id=uuid_of(request.person_id, "person_id"),
            name="",
            starts_at=wire.moment_of(request, "starts_at"),
            ends_at=wire.moment_of(request, "ends_at"),
            substitute_id=uuid_of(request.substitute_id, "substitute_id") if request.substitute_id else "",
        )

        async def work(tx: Transaction, caller: Standing) -> pb.SetAbsenceResponse:
            entered = await absences.set_absence(tx, caller, wanted)
            return pb.SetAbsenceResponse(absence=wire.absence_to_proto(entered, caller))

        return await self._write(request, pb.SetAbsenceResponse, work)

    async def EndAbsence(self, request: pb.EndAbsenceRequest, context: Context) -> pb.EndAbsenceResponse:
        absence_id = uuid_of(request.absence_id, "absence_id")

        async def work(tx: Transaction, caller: Standing) -> pb.EndAbsenceResponse:
            await absences.end_absence(tx, caller, absence_id)
            return pb.EndAbsenceResponse()

        return await self._read(request, work)

    async def ListDutyShifts(self, request: pb.ListDutyShiftsRequest, context: Context) -> pb.ListDutyShiftsResponse:
        async def work(tx: Transaction, caller: Standing) -> pb.ListDutyShiftsResponse:
            found = await duty.shifts(tx, caller)
            return pb.ListDutyShiftsResponse(shifts=[wire.shift_to_proto(each, caller) for each in found])

        return await self._read(request, work)

    async def AddDutyShift(self, request: pb.AddDutyShiftRequest, context: Context) -> pb.AddDutyShiftResponse:
        wanted = wire.shift_of(request.shift, new_id())

        async def work(tx: Transaction, caller: Standing) -> pb.AddDutyShiftResponse:
            entered = await duty.add_shift(tx, caller, wanted)
            return pb.AddDutyShiftResponse(shift=wire.shift_to_proto(entered, caller))

        return await self._write(request, pb.AddDutyShiftResponse, work)

    async def RemoveDutyShift(self, request: pb.RemoveDutyShiftRequest, context: Context) -> pb.RemoveDutyShiftResponse:
        shift_id = uuid_of(request.shift_id, "shift_id")

        async def work(tx: Transaction, caller: Standing) -> pb.RemoveDutyShiftResponse:
            await duty.remove_shift(tx, caller, shift_id)
            return pb.RemoveDutyShiftResponse()

        return await self._read(request, work)

    async def _read(self, request: Any, work: Callable[[Transaction, Standing], Awaitable[ResponseT]]) -> ResponseT:
        """Do what needs no idempotency key: a repeat of it finds everything done."""
        principal = current_principal()
        async with self._database.transaction(uuid_of(request.community_id, "community_id")) as tx:
            return await work(tx, await standing_of(tx, principal))

    async def _write(
        self,
        request: Any,
        response_class: type[ResponseT],
        work: Callable[[Transaction, Standing], Awaitable[ResponseT]],
    ) -> ResponseT:
        """Do something once for the request's idempotency key."""
        principal = current_principal()
        own_id = uuid_of(request.community_id, "community_id")
        if principal.is_service:
            raise NotEntitled("persons")

        async def in_transaction(tx: Transaction) -> ResponseT:
            async def do() -> ResponseT:
                return await work(tx, await standing_of(tx, principal))

            method = response_class.DESCRIPTOR.name.removesuffix("Response")
            return await once(tx, principal.id, method, request.idempotency_key, request, response_class, do)

        return await self._database.in_transaction(own_id, in_transaction)


async def _away_now(tx: Transaction) -> dict[str, Absence]:
    return {each.person_id: each for each in await availability_store.absences(tx) if each.starts_at <= tx.now}
