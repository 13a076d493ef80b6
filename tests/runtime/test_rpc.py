"""Calls between services: identity, permissions, errors with details, limits of time."""

import asyncio
import base64
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest
from google.protobuf import struct_pb2
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from louyu.events.v1 import events_service_pb2 as pb
from louyu.events.v1 import events_service_pb2_grpc
from louyu_runtime.embedded.ports import free_port
from louyu_runtime.errors import FailedPrecondition, InvalidArgument, RemoteError
from louyu_runtime.host import SERVER_OPTIONS
from louyu_runtime.identity import Principal, TokenSigner, TokenVerifier, current_principal, service_principal
from louyu_runtime.ids import community_id
from louyu_runtime.paging import decode_token, encode_token
from louyu_runtime.permissions import ANYONE, OPERATORS, persons
from louyu_runtime.rpc.admission import Admission
from louyu_runtime.rpc.client import Client
from louyu_runtime.rpc.guard import GuardedMethods
from louyu_runtime.rpc.identity import CallerCheck
from louyu_runtime.rpc.requests import marking
from louyu_runtime.telemetry import current_traceparent

from tests.embedded.waiting import until

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
        if request.page_token == "trace":
            return pb.ListParkedEventsResponse(next_page_token=current_traceparent())
        if request.page_token == "slow":
            await asyncio.Event().wait()
        return pb.ListParkedEventsResponse(next_page_token=current_principal().id)

    async def RetryParkedEvent(self, request: pb.RetryParkedEventRequest, context: Any) -> pb.RetryParkedEventResponse:
        return pb.RetryParkedEventResponse(is_handled=True)


async def gather(requests: AsyncIterator[pb.ListParkedEventsRequest], context: Any) -> pb.ListParkedEventsResponse:
    """Answer a stream of requests with what each held."""
    return pb.ListParkedEventsResponse(next_page_token=" ".join([request.page_token async for request in requests]))


GATHER = grpc.stream_unary_rpc_method_handler(
    gather,
    request_deserializer=pb.ListParkedEventsRequest.FromString,
    response_serializer=pb.ListParkedEventsResponse.SerializeToString,
)


ended: list[str] = []


async def follow(request: pb.ListParkedEventsRequest, context: Any) -> AsyncIterator[pb.ListParkedEventsResponse]:
    """Answer twice, then wait for ever or answer more than anybody reads; note the end."""
    try:
        yield pb.ListParkedEventsResponse(next_page_token=current_traceparent())
        yield pb.ListParkedEventsResponse(next_page_token=current_principal().id)
        while request.page_token == "more than is read":
            yield pb.ListParkedEventsResponse(next_page_token="." * 500_000)
        await asyncio.Event().wait()
    finally:
        ended.append(request.page_token)


FOLLOW = grpc.unary_stream_rpc_method_handler(
    follow,
    request_deserializer=pb.ListParkedEventsRequest.FromString,
    response_serializer=pb.ListParkedEventsResponse.SerializeToString,
)


@asynccontextmanager
async def serving(signer: TokenSigner) -> AsyncIterator[Client[events_service_pb2_grpc.EventsServiceStub]]:
    service = "/louyu.events.v1.EventsService/"
    rules = {
        service + "ListParkedEvents": persons(OPERATORS | {"building_head"}, "gateway"),
        service + "RetryParkedEvent": ANYONE,
        "/louyu.Probe/Gather": persons(OPERATORS | {"building_head"}, "gateway"),
        "/louyu.Probe/Follow": persons(OPERATORS | {"building_head"}, "gateway"),
    }
    callers = CallerCheck(TokenVerifier([signer.public_key], "routing"), rules, certificate_names=False)
    methods: Any = GuardedMethods("routing", Admission({"ListParkedEvents": 0.3, "Gather": 0.3}), callers)
    events_service_pb2_grpc.add_EventsServiceServicer_to_server(Probe(), methods)
    methods.add_registered_method_handlers("louyu.Probe", {"Gather": GATHER, "Follow": FOLLOW})
    health_pb2_grpc.add_HealthServicer_to_server(health.aio.HealthServicer(), methods)
    server = grpc.aio.server(handlers=(methods,))
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


async def test_a_call_hands_on_the_trace_that_it_came_with(signer: TokenSigner) -> None:
    trace_id = "4bf92f3577b34da6a3ce929d0e0e4736"
    metadata = [("traceparent", f"00-{trace_id}-00f067aa0ba902b7-01")]
    metadata.append(("authorization", f"Bearer {signer.sign(LEADER, ['routing'])}"))
    async with serving(signer) as client:
        stub: Any = client._stub
        request = pb.ListParkedEventsRequest(community_id=MINE, page_token="trace")
        assert trace_id in (await stub.ListParkedEvents(request, metadata=metadata)).next_page_token
        assert (await stub.ListParkedEvents(request, metadata=metadata[1:])).next_page_token == ""


def test_a_method_that_would_not_be_guarded_is_not_served(signer: TokenSigner) -> None:
    async def exchange(requests: Any, context: Any) -> None: ...

    callers = CallerCheck(TokenVerifier([signer.public_key], "routing"), {}, certificate_names=False)
    methods = GuardedMethods("routing", Admission({}), callers)
    with pytest.raises(TypeError, match=r"/louyu\.Probe/Exchange"):
        methods.add_registered_method_handlers(
            "louyu.Probe", {"Exchange": grpc.stream_stream_rpc_method_handler(exchange)}
        )


async def send_stream(
    signer: TokenSigner, *requests: bytes, principal: Principal = LEADER, is_left_open: bool = False
) -> str:
    """Send requests in one stream, and return the answer or what refused them."""

    async def given() -> AsyncIterator[bytes]:
        for request in requests:
            yield request
        if is_left_open:
            await asyncio.Event().wait()

    async with serving(signer) as client:
        metadata = [("authorization", f"Bearer {signer.sign(principal, ['routing'])}")]
        gather_of: Any = client._channel.stream_unary("/louyu.Probe/Gather")
        try:
            return pb.ListParkedEventsResponse.FromString(await gather_of(given(), metadata=metadata)).next_page_token
        except grpc.aio.AioRpcError as error:
            return f"{error.code().name}: {error.details()}"


def part(token: str) -> bytes:
    return pb.ListParkedEventsRequest(community_id=MINE, page_token=token).SerializeToString()


async def test_of_a_stream_of_requests_every_one_arrives(signer: TokenSigner) -> None:
    assert await send_stream(signer, part("a"), part("b"), part("c")) == "a b c"


async def test_the_first_of_a_stream_of_requests_decides_who_may_call(signer: TokenSigner) -> None:
    assert "PERMISSION_DENIED" in await send_stream(signer, part("a"), principal=RESIDENT)
    theirs = pb.ListParkedEventsRequest(community_id=THEIRS).SerializeToString()
    assert "NOT_FOUND" in await send_stream(signer, theirs)


async def test_a_later_request_of_a_stream_is_looked_at_too(signer: TokenSigner) -> None:
    assert "page_token has a NUL" in await send_stream(signer, part("a"), part("b\0"))
    assert "not a message of this method" in await send_stream(signer, part("a"), b"\xff\xff")


async def test_a_stream_of_requests_ends_at_its_methods_limit(signer: TokenSigner) -> None:
    assert "no request came" in await send_stream(signer)
    assert "no request came within 0.3 s" in await send_stream(signer, is_left_open=True)
    assert "not done within 0.3 s" in await send_stream(signer, part("a"), is_left_open=True)


async def test_health_can_be_asked_and_watched_by_anybody(signer: TokenSigner) -> None:
    async with serving(signer) as client:
        stub = health_pb2_grpc.HealthStub(client._channel)
        asked: Any = stub.Check(health_pb2.HealthCheckRequest())
        assert (await asked).status == health_pb2.HealthCheckResponse.SERVING
        watched: Any = stub.Watch(health_pb2.HealthCheckRequest())
        assert (await watched.read()).status == health_pb2.HealthCheckResponse.SERVING
        watched.cancel()


@pytest.mark.parametrize("what", ["nothing more", "more than is read"])
async def test_a_stream_of_answers_that_its_reader_leaves_ends_at_once_and_without_a_fault(
    signer: TokenSigner, caplog: pytest.LogCaptureFixture, what: str
) -> None:
    ended.clear()
    trace_id = "4bf92f3577b34da6a3ce929d0e0e4736"
    metadata = [("traceparent", f"00-{trace_id}-00f067aa0ba902b7-01")]
    metadata.append(("authorization", f"Bearer {signer.sign(LEADER, ['routing'])}"))
    async with serving(signer) as client:
        follow_of: Any = client._stream_channel.unary_stream("/louyu.Probe/Follow")

        async def read_two_and_leave() -> list[str]:
            call = follow_of(part(what), metadata=metadata)
            read = [pb.ListParkedEventsResponse.FromString(await call.read()).next_page_token for _ in range(2)]
            call.cancel()
            return read

        # Many, since a reader may leave while something is on its way to it.
        for traceparent, caller in await asyncio.gather(*(read_two_and_leave() for _ in range(50))):
            assert trace_id in traceparent
            assert caller == LEADER.id
        await until(lambda: ended == [what] * 50)
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def test_bytes_that_are_no_message_are_refused_without_a_word_of_ours(
    signer: TokenSigner, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(signer) as client:
        call: Any = client._channel.unary_unary("/louyu.events.v1.EventsService/ListParkedEvents")
        for data in (b"\xff\xff", b"\x0a\x02\xc3\x28"):
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await call(data)
            assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
            assert caught.value.details() == "the request is not a message of this method"
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def test_a_nul_in_a_text_is_refused_naming_the_field(signer: TokenSigner) -> None:
    async with serving(signer) as client:
        error = await failure(client, "a\0b")
        assert (error.code, error.field) == (grpc.StatusCode.INVALID_ARGUMENT, "page_token")


def test_a_nul_is_found_however_deep_it_is() -> None:
    message = any_list("fine", "a\0")
    read = marking(struct_pb2.Struct.FromString)
    assert read(message.SerializeToString()).field == "fields.list_value.values[1].string_value"
    assert read(any_list("fine", "").SerializeToString()) == any_list("fine", "")


def any_list(*texts: str) -> struct_pb2.Struct:
    message = struct_pb2.Struct()
    message.update({"list": list(texts)})
    return message


@pytest.mark.parametrize("most_at_once", [1_000, None], ids=["more than one connection takes", "as a service serves"])
async def test_open_streams_keep_no_call_waiting(signer: TokenSigner, most_at_once: int | None) -> None:
    options = dict(SERVER_OPTIONS) | ({"grpc.max_concurrent_streams": most_at_once} if most_at_once else {})
    server = grpc.aio.server(options=list(options.items()))
    servicer = health.aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    port = free_port()
    server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    stub = health_pb2_grpc.HealthStub
    client = Client(stub, "routing", f"127.0.0.1:{port}", signer, service_principal("gateway"))
    opened = 0

    async def follow() -> None:
        nonlocal opened
        async for _ in client.stream("Watch", health_pb2.HealthCheckRequest()):
            opened += 1

    following = [asyncio.create_task(follow()) for _ in range(1_500)]
    try:
        await until(lambda: opened == (most_at_once or 1_500), within_seconds=30)
        answer = await client.call("Check", health_pb2.HealthCheckRequest(), timeout=10.0)
        assert answer.status == health_pb2.HealthCheckResponse.SERVING
    finally:
        for task in following:
            task.cancel()
        await asyncio.gather(*following, return_exceptions=True)
        await client.close()
        await server.stop(None)


PLACES: list[list[object]] = [
    ["L"],
    ["L", 2**63, "a"],
    ["L", -1, "a"],
    ["L", True, "a"],
    ["L", 1.5, "a"],
    ["L", 1, "a\0"],
    ["L", 1, "\ud800"],
    ["L", 1, None],
    ["M", 1, "a"],
]


@pytest.mark.parametrize("token", [json.dumps(place) for place in PLACES] + ["[" * 100_000, "9" * 10_000, "1", "{}"])
def test_a_page_token_that_nobody_gave_out_is_refused_naming_the_field(token: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        decode_token("L", base64.urlsafe_b64encode(token.encode()).decode(), int, str)
    assert refused.value.field == "page_token"


def test_a_page_token_gives_back_the_place_that_it_was_made_of() -> None:
    assert decode_token("L", encode_token("L", [7, MINE]), int, uuid.UUID) == [7, MINE]
    with pytest.raises(InvalidArgument):
        decode_token("L", encode_token("L", [7, "no id"]), int, uuid.UUID)
