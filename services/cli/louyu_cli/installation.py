"""The installation that a command speaks to: the one in the environment, else the one that runs on the data folder.

Commands act as an operator: they hold the installation's signing key.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self, TypeVar

from louyu.messaging.v1 import messaging_service_pb2_grpc
from louyu.notify.v1 import notify_service_pb2_grpc
from louyu.routing.v1 import routing_service_pb2_grpc
from louyu_runtime.embedded.data_folder import running_settings
from louyu_runtime.embedded.errors import NotRunning
from louyu_runtime.identity import Principal, TokenSigner
from louyu_runtime.rpc import tls
from louyu_runtime.rpc.client import Client
from louyu_runtime.settings import CommonSettings, is_loopback, load_settings

from louyu_cli.errors import CommandError

StubT = TypeVar("StubT")

OPERATOR = Principal(kind="person", id="operator", name="louyu", roles=frozenset({"operator"}))


class NoInstallation(CommandError):
    """There is none to speak to."""


class CommandSettings(CommonSettings):
    """The settings of a command: those of the services that it calls."""

    role: ClassVar[str] = "gateway"  # like the gateway, it has no database of its own


def data_folder() -> Path:
    """Return the data folder that commands look into: LOUYU_DATA_DIR, else `.louyu` here."""
    return Path(os.environ.get("LOUYU_DATA_DIR", ".louyu"))


def environment() -> Mapping[str, str]:
    """Return the settings of the installation: the environment, over what a running `louyu up` has published."""
    own = {
        name: value
        for name, value in os.environ.items()
        if name.startswith("LOUYU_") and not name.startswith("LOUYU_GATEWAY_") and name != "LOUYU_LISTEN"
    }
    if any(name.startswith("LOUYU_SIGNING_KEY") for name in own):
        return own
    try:
        return {**running_settings(data_folder()), **own}
    except NotRunning as error:
        raise NoInstallation(
            f"{error}\nOr set LOUYU_SIGNING_KEY_FILE, LOUYU_MESSAGING_ADDR, LOUYU_ROUTING_ADDR and LOUYU_NOTIFY_ADDR "
            "to speak to an installation elsewhere."
        ) from error


def settings() -> CommandSettings:
    """Return the settings by which commands reach the services. Raises CommandError or SettingsError."""
    known = {f"LOUYU_{field.upper()}{form}" for field in CommandSettings.model_fields for form in ("", "_FILE")}
    return load_settings(CommandSettings, {n: v for n, v in environment().items() if n in known})


class Services:
    """Clients of the three services, as an operator. Use as `async with Services() as services`."""

    def __init__(self, found: CommandSettings | None = None) -> None:
        self.settings = found or settings()
        self.signer = TokenSigner(self.settings.signing_key.get_secret_value())
        self._clients: list[Client[Any]] = []
        self.messaging = self._client(messaging_service_pb2_grpc.MessagingServiceStub, "messaging")
        self.routing = self._client(routing_service_pb2_grpc.RoutingServiceStub, "routing")
        self.notify = self._client(notify_service_pb2_grpc.NotifyServiceStub, "notify")

    def _client(self, stub_class: type[StubT], service: str) -> Client[StubT]:
        address = str(getattr(self.settings, f"{service}_addr"))
        credentials = None
        if self.settings.tls_cert or not is_loopback(address):
            credentials = tls.channel_credentials(self.settings)
        client = Client(stub_class, service, address, self.signer, OPERATOR, credentials)
        self._clients.append(client)
        return client

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for client in self._clients:
            with suppress(Exception):
                await client.close()
