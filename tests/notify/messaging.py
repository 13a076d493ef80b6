"""A double of messaging on the real wire: groups that take each message once, and addresses of persons."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import grpc
from louyu.messaging.v1 import message_pb2, messaging_service_pb2, messaging_service_pb2_grpc
from louyu_runtime.identity import TokenSigner, service_principal
from louyu_runtime.rpc.client import Client

Stub = messaging_service_pb2_grpc.MessagingServiceStub


class Messaging(messaging_service_pb2_grpc.MessagingServiceServicer):
    """Keeps what was posted, and who has which address."""

    def __init__(self) -> None:
        self.messages: dict[str, list[message_pb2.NewMessage]] = {}
        self.calls = 0
        self.loses_answers = 0
        self.is_away = False
        self._addresses: dict[tuple[str, str], tuple[str, str, timedelta | None]] = {}
        self._changed = asyncio.Condition()

    def give_address(
        self, person_id: str, channel: str, account: str, address: str, heard: timedelta | None = timedelta(minutes=1)
    ) -> None:
        """Let a person have an address; `heard` is how long ago they wrote there."""
        self._addresses[person_id, channel] = (account, address, heard)

    def texts(self, group_id: str) -> list[str]:
        """Return what stands in a group."""
        return [message.text for message in self.messages.get(group_id, [])]

    async def PostMessage(self, request: messaging_service_pb2.PostMessageRequest, context: Any) -> Any:
        """Take a message once for each idempotency key."""
        self.calls += 1
        if self.is_away:
            await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "away")
        posted = self.messages.setdefault(request.group_id, [])
        async with self._changed:
            if request.message.idempotency_key not in {one.idempotency_key for one in posted}:
                posted.append(request.message)
            self._changed.notify_all()
        if self.loses_answers:
            self.loses_answers -= 1
            await context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, "the answer is lost")
        return messaging_service_pb2.PostMessageResponse(message_id=f"m{len(posted)}", seq=len(posted))

    async def ResolveAddresses(self, request: messaging_service_pb2.ResolveAddressesRequest, context: Any) -> Any:
        """Return addresses; persons without one are left out."""
        if self.is_away:
            await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "away")
        answer = messaging_service_pb2.ResolveAddressesResponse()
        for person_id in request.person_ids:
            found = self._addresses.get((person_id, request.channel))
            if found is None:
                continue
            account, address, heard = found
            line = answer.addresses.add(person_id=person_id)
            line.address.channel, line.address.account, line.address.address = request.channel, account, address
            if heard is not None:
                line.since_last_heard.FromTimedelta(heard)
        return answer

    async def wait_for(self, group_id: str, count: int, *, limit_seconds: float = 10) -> list[str]:
        """Return what stands in a group as soon as there are `count` messages."""
        async with asyncio.timeout(limit_seconds), self._changed:
            await self._changed.wait_for(lambda: len(self.messages.get(group_id, ())) >= count)
        return self.texts(group_id)


@asynccontextmanager
async def serving(double: Messaging) -> AsyncIterator[str]:
    """Serve the double; gives its address."""
    server = grpc.aio.server()
    messaging_service_pb2_grpc.add_MessagingServiceServicer_to_server(double, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await server.stop(None)


def client(address: str, signer: TokenSigner) -> Client[Stub]:
    """Return a client as notify has it."""
    return Client(Stub, "messaging", address, signer, service_principal("notify"))
