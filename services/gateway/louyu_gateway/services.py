"""The services behind the gateway, and calling them as somebody.

Every call carries a short token of the principal, minted for the called service alone, and what is left of the
request's 10 seconds. A failed call raises `RemoteError`, which `faults.py` turns into an answer.
"""

import time
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

from google.protobuf.message import Message
from louyu.events.v1.events_service_pb2_grpc import EventsServiceStub
from louyu.messaging.v1.conversation_service_pb2_grpc import ConversationServiceStub
from louyu.messaging.v1.media_service_pb2_grpc import MediaServiceStub
from louyu.messaging.v1.membership_service_pb2_grpc import MembershipServiceStub
from louyu.messaging.v1.messaging_service_pb2_grpc import MessagingServiceStub
from louyu.notify.v1.notify_service_pb2_grpc import NotifyServiceStub
from louyu.routing.v1.routing_service_pb2_grpc import RoutingServiceStub
from louyu_runtime.identity import Principal, TokenSigner, service_principal
from louyu_runtime.rpc.client import Client
from louyu_runtime.rpc.tls import channel_credentials

from louyu_gateway.settings import GatewaySettings

REQUEST_SECONDS = 10.0
CALL_SECONDS = 5.0

OWN = service_principal("gateway")


class Services:
    """The clients of the three services."""

    def __init__(self, settings: GatewaySettings, signer: TokenSigner) -> None:
        credentials = channel_credentials(settings)
        addresses = {
            "messaging": settings.messaging_addr,
            "routing": settings.routing_addr,
            "notify": settings.notify_addr,
        }

        def client(stub_class: type[Any], name: str) -> Client[Any]:
            return Client(stub_class, name, addresses[name], signer, OWN, credentials)

        self.messaging = client(MessagingServiceStub, "messaging")
        self.conversation = client(ConversationServiceStub, "messaging")
        self.media = client(MediaServiceStub, "messaging")
        self.membership = client(MembershipServiceStub, "messaging")
        self.routing = client(RoutingServiceStub, "routing")
        self.notify = client(NotifyServiceStub, "notify")
        self.events = {name: client(EventsServiceStub, name) for name in addresses}

    def calls(self, principal: Principal | None, *, seconds: float = REQUEST_SECONDS) -> "Calls":
        """Return the services as the principal reaches them (the gateway itself if None), for so many seconds."""
        return Calls(self, principal, time.monotonic() + seconds)

    async def close(self) -> None:
        """Close every channel."""
        messaging_clients = (self.messaging, self.conversation, self.membership, self.media)
        for client in (*messaging_clients, self.routing, self.notify, *self.events.values()):
            await client.close()


class Calls:
    """The services as one principal reaches them within one request.

    The method is named by the request: `GetGroupRequest` is answered by GetGroup with a `GetGroupResponse`.
    """

    def __init__(self, services: Services, principal: Principal | None, ends_at: float) -> None:
        self._services = services
        self._principal = principal
        self._ends_at = ends_at

    async def messaging(self, request: Message) -> Any:
        """Call messaging."""
        return await self._call(self._services.messaging, request)

    async def conversation(self, request: Message) -> Any:
        """Call messaging about messages that stand already."""
        return await self._call(self._services.conversation, request)

    async def media(self, request: Message) -> Any:
        """Call messaging about photos and recordings."""
        return await self._call(self._services.media, request)

    async def membership(self, request: Message) -> Any:
        """Call messaging about members, roles and duty."""
        return await self._call(self._services.membership, request)

    async def routing(self, request: Message) -> Any:
        """Call routing."""
        return await self._call(self._services.routing, request)

    async def notify(self, request: Message) -> Any:
        """Call notify."""
        return await self._call(self._services.notify, request)

    async def events(self, service: str, request: Message) -> Any:
        """Call the named service about events that it has put aside."""
        return await self._call(self._services.events[service], request)

    def stream(self, client: Client[Any], request: Message, *, seconds: float | None = None) -> AsyncGenerator[Any]:
        """Open a stream of answers, without a time limit if none is given."""
        return client.stream(_method(request), request, principal=self._principal, timeout=seconds)

    async def upload(
        self, client: Client[Any], method: str, requests: AsyncIterator[Message], *, seconds: float
    ) -> Any:
        """Send a stream of requests, within so many seconds whatever the request's own limit is."""
        return await client.upload(method, requests, principal=self._principal, timeout=seconds)

    async def _call(self, client: Client[Any], request: Message) -> Any:
        left = max(0.05, self._ends_at - time.monotonic())
        return await client.call(_method(request), request, principal=self._principal, timeout=min(CALL_SECONDS, left))


def _method(request: Message) -> str:
    return type(request).__name__.removesuffix("Request")
