"""Calls between services: identity, permissions, errors with details, limits of time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest
from louyu.events.v1 import events_service_pb2 as pb
from louyu.events.v1 import events_service_pb2_grpc
from louyu_runtime.embedded.ports import free_port
from louyu_runtime.errors import FailedPrecondition, InvalidArgument, RemoteError
from louyu_runtime.identity import Principal, TokenSigner, TokenVerifier, current_principal, service_principal
from louyu_runtime.ids import community_id
from louyu_runtime.permissions import ANYONE, OPERATORS, persons
from louyu_runtime.rpc.admission_interceptor import AdmissionInterceptor
from louyu_runtime.rpc.client import Client
from louyu_runtime.rpc.error_interceptor import ErrorInterceptor
from louyu_runtime.rpc.identity_interceptor import IdentityInterceptor
from louyu_runtime.rpc.telemetry_interceptor import TelemetryInterceptor

MINE, THEIRS = community_id("mine"), community_id("theirs")
LEADER = Principal(kind="person", id="p1", community_id=MINE, roles=frozenset({"building_head"}))
RESIDENT = Principal(kind="person", id="p2", community_id=MINE, roles=frozenset({"resident"}))
OPERATOR = Principal(kind="person", id="op", roles=frozenset({"operator"}))


class Probe(events_service_pb2_grpc.EventsServiceServicer):
    """Answers with who called; fails on demand."""

    async def ListParkedEvents(self, request: pb.ListParkedEventsRequest, context: Any) -> pb.ListParkedEventsResponse:
        if request.page_token == "bad":
            raise InvalidArgument("page_token is not one that was given out", field="page_token")
        if request.page_token == "state":
            raise FailedPrecondition("first this, then that", reason="NOT_YET", resident_text="还不行")
        if request.page_token == "bug":
            raise KeyError("13800138000")
        if request.page_token == "slow":
            await asyncio.Event().wait()
        return pb.ListParkedEventsResponse(next_page_token=current_principal().id)

    async def RetryParkedEvent(self, request: pb.RetryParkedEventRequest, context: Any) -> pb.RetryParkedEventResponse:
        return pb.RetryParkedEventResponse(is_handled=True)


@asynccontextmanager
async def serving(signer: TokenSigner) -> AsyncIterator[Client[events_service_pb2_grpc.EventsServiceStub]]:
    service = "/louyu.events.v1.EventsService/"
    rules = {
        service + "ListParkedEvents": persons(OPERATORS | {"building_head"}, "gateway"),
        service + "RetryParkedEvent": ANYONE,
    }
    server = grpc.aio.server(
        interceptors=(
            TelemetryInterceptor(),
            ErrorInterceptor("routing"),
            AdmissionInterceptor({"ListParkedEvents": 0.3}),
            IdentityInterceptor(TokenVerifier([signer.public_key], "routing"), rules, certificate_names=False),
        )
    )
    events_service_pb2_grpc.add_EventsServiceServicer_to_server(Probe(), server)
    port = free_port()
    server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    stub = events_service_pb2_grpc.EventsServiceStub
    client = Client(stub, "routing", f"127.0.0.1:{port}", signer, service_principal("gateway"))
    try:
        yield client
    finally:
        await client.close()
        await server.stop(None)


async def failure(client: Client[Any], token: str, principal: Principal = LEADER, community: str = MINE) -> RemoteError:
    with pytest.raises(RemoteError) as caught:
        await client.call(
            "ListParkedEvents",
            pb.ListParkedEventsRequest(community_id=community, page_token=token),
            principal=principal,
        )
    return caught.value


async def test_a_call_carries_who_makes_it(signer: TokenSigner) -> None:
    async with serving(signer) as client:
        for principal, expected in ((LEADER, "p1"), (OPERATOR, "op"), (None, "gateway")):
            answer = await client.call(
                "ListParkedEvents", pb.ListParkedEventsRequest(community_id=MINE), principal=principal
            )
            assert answer.next_page_token == expected


async def test_a_person_of_another_community_learns_nothing(signer: TokenSigner) -> None:
    async with serving(signer) as client:
        error = await failure(client, "", community=THEIRS)
        assert (error.code, error.reason) == (grpc.StatusCode.NOT_FOUND, "NOT_FOUND")


async def test_a_role_that_is_not_in_the_table_is_refused(signer: TokenSigner) -> None:
    async with serving(signer) as client:
        error = await failure(client, "", principal=RESIDENT)
        assert error.code is grpc.StatusCode.PERMISSION_DENIED


async def test_another_service_is_refused(signer: TokenSigner) -> None:
    async with serving(signer) as client:
        error = await failure(client, "", principal=service_principal("notify"))
        assert error.code is grpc.StatusCode.PERMISSION_DENIED


async def test_an_error_arrives_with_field_reason_and_words(signer: TokenSigner) -> None:
    async with serving(signer) as client:
        error = await failure(client, "bad")
        assert (error.code, error.field) == (grpc.StatusCode.INVALID_ARGUMENT, "page_token")
        error = await failure(client, "state")
        assert (error.code, error.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "NOT_YET")
        assert error.resident_text == "还不行"


async def test_a_fault_of_ours_shows_an_incident_and_nothing_else(
    signer: TokenSigner, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(signer) as client:
        error = await failure(client, "bug")
        assert error.code is grpc.StatusCode.INTERNAL
        assert "13800138000" not in str(error)
        incident = error.metadata["incident"]
        assert any(getattr(record, "incident", "") == incident for record in caplog.records)


async def test_a_call_ends_at_its_methods_limit(signer: TokenSigner) -> None:
    async with serving(signer) as client:
        error = await failure(client, "slow")
        assert error.code is grpc.StatusCode.DEADLINE_EXCEEDED


async def test_a_token_for_another_service_or_of_another_key_is_not_believed(
    signer: TokenSigner,
) -> None:
    async with serving(signer) as client:
        stub: Any = client._stub
        for token in (
            signer.sign(LEADER, ["messaging"]),
            signer.sign(LEADER, ["routing"], seconds=-60),
            "nonsense",
            signer.sign(LEADER, ["routing"])[:-4] + "AAAA",
        ):
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await stub.ListParkedEvents(
                    pb.ListParkedEventsRequest(community_id=MINE), metadata=[("authorization", f"Bearer {token}")]
                )
            assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED
            assert token not in (caught.value.details() or "")


async def test_a_method_that_is_open_to_anyone_needs_no_token(signer: TokenSigner) -> None:
    async with serving(signer) as client:
        stub: Any = client._stub
        answer = await stub.RetryParkedEvent(pb.RetryParkedEventRequest(community_id=MINE))
        assert answer.is_handled
