"""Settings: one frozen object per service, read from the environment once, at start.

A field `database_url` of service `routing` is read from LOUYU_ROUTING_DATABASE_URL, else LOUYU_DATABASE_URL; either may
be given as NAME_FILE, the path of a file that holds the value. Fields that a service adds to the shared ones are read
with the service's name only. All faults are reported together; values of secrets are never shown.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_core import ErrorDetails

from louyu_runtime.setting_shapes import DatabaseUrl, HttpUrl, ListenAddress, MediaUrl, RedisUrl, ServiceAddress
from louyu_runtime.setting_spelling import unknown_settings

ROLES = ("messaging", "routing", "notify", "gateway")

# Read by the command line and not by services; services that inherit them must not take them for misspelt settings.
COMMAND_LINE_NAMES = frozenset(
    {"LOUYU_DATA_DIR", "LOUYU_MIGRATE_DATABASE_URL", "LOUYU_MIGRATE_DATABASE_URL_FILE", "LOUYU_GATEWAY_ADDR"}
)

DEFAULT_PORTS = {"messaging": 7001, "routing": 7002, "notify": 7003, "gateway": 8080}
DEFAULT_ADMIN_PORTS = {"messaging": 9101, "routing": 9102, "notify": 9103, "gateway": 9104}


class SettingsError(Exception):
    """The environment holds unusable settings; `faults` has one line for each, naming variable and mend."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("the settings cannot be used:\n" + "\n".join(f"  {fault}" for fault in faults))
        self.faults = faults


class CommonSettings(BaseModel):
    """What every service reads. Each field's description is its entry in docs/operators/settings.md."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
    role: ClassVar[str] = ""

    database_url: DatabaseUrl = Field(
        default=SecretStr(""),
        description="PostgreSQL of this service, as postgresql://user:password@host:port/name. Required but for the gateway.",
    )
    redis_url: RedisUrl = Field(
        default=SecretStr("redis://127.0.0.1:6379/0"),
        description="Redis or Valkey for events, as redis://:password@host:port/0 or rediss://.",
    )
    listen: ListenAddress = Field(
        default="", description="Address to serve on, host:port. By default 127.0.0.1 and the role's own port."
    )
    admin_listen: ListenAddress = Field(
        default="",
        description="Address of /livez, /readyz and /metrics, plain HTTP, host:port. By default 127.0.0.1 and the role's own port.",
    )
    messaging_addr: ServiceAddress = Field(
        default="127.0.0.1:7001", description="Where messaging is reached: host:port or dns:///name:port."
    )
    routing_addr: ServiceAddress = Field(
        default="127.0.0.1:7002", description="Where routing is reached: host:port or dns:///name:port."
    )
    notify_addr: ServiceAddress = Field(
        default="127.0.0.1:7003", description="Where notify is reached: host:port or dns:///name:port."
    )
    tls_cert: str = Field(
        default="", description="Path of this service's certificate chain, PEM. With key and CA: mutual TLS."
    )
    tls_key: str = Field(default="", description="Path of the certificate's private key, PEM.")
    tls_ca: str = Field(
        default="", description="Path of the CA that signed every service's certificate, PEM. No other CA is trusted."
    )
    allow_plaintext: bool = Field(
        default=False,
        description="true lets services talk without TLS over other than loopback addresses. For trials only.",
    )
    signing_key: SecretStr = Field(
        default=SecretStr(""), description="Ed25519 private key, PEM, by which principals are signed. Required."
    )
    verify_keys: SecretStr = Field(
        default=SecretStr(""),
        description="Further Ed25519 public keys, PEM, one after the other, that are accepted while the signing key is replaced.",
    )
    data_keys: SecretStr = Field(
        default=SecretStr(""),
        description="Fernet keys, comma separated, by which personal data is encrypted; the first encrypts, all decrypt. Required by messaging.",
    )
    lookup_key: SecretStr = Field(
        default=SecretStr(""),
        description="Base64 of 32 bytes: the key of the hash by which channel addresses are found. Required by messaging. It cannot be replaced later.",
    )
    media_url: MediaUrl = Field(
        default="",
        description="Where messaging keeps photos and recordings: file:///folder, or s3://bucket/prefix?endpoint=https://host&region=name (docs/operators/media.md). Empty: none are taken.",
    )
    media_access_key: SecretStr = Field(
        default=SecretStr(""), description="Access key of the store that an s3:// LOUYU_MEDIA_URL names."
    )
    media_secret_key: SecretStr = Field(default=SecretStr(""), description="Its secret key.")
    public_url: HttpUrl = Field(
        default="http://localhost:8080",
        description="Address of the gateway as people reach it, without a slash at the end.",
    )
    channels_file: str = Field(
        default="",
        description="Path of the YAML file of WeChat accounts (docs/operators/channels-file.md). Empty: none.",
    )
    otel_endpoint: HttpUrl = Field(
        default="", description="OTLP/gRPC endpoint for traces, for example http://collector:4317. Empty: no traces."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="DEBUG, INFO, WARNING or ERROR."
    )
    event_partitions: int = Field(
        default=8,
        ge=1,
        le=256,
        description="Into how many streams events are divided. The same for every service; not to be changed while events wait.",
    )
    plugins_disabled: str = Field(default="", description="Names of plugins that are not loaded, comma separated.")
    instance: str = Field(
        default_factory=socket.gethostname,
        description="Name of this replica, unique among the replicas of its role. By default the host's name.",
    )

    @property
    def listen_address(self) -> str:
        """host:port to serve on."""
        return self.listen or f"127.0.0.1:{DEFAULT_PORTS[self.role]}"

    @property
    def admin_address(self) -> str:
        """host:port of probes and metrics."""
        return self.admin_listen or f"127.0.0.1:{DEFAULT_ADMIN_PORTS[self.role]}"

    def faults(self) -> list[str]:
        """Faults that concern more than one field; a service adds its own."""
        faults = []
        tls = [self.tls_cert, self.tls_key, self.tls_ca]
        if any(tls) and not all(tls):
            faults.append("LOUYU_TLS_CERT, LOUYU_TLS_KEY and LOUYU_TLS_CA: set all three or none")
        faults += [
            f"LOUYU_{name}: no file at {path!r}"
            for name, path in zip(("TLS_CERT", "TLS_KEY", "TLS_CA"), tls, strict=True)
            if path and not Path(path).is_file()
        ]
        if not any(tls) and not self.allow_plaintext:
            spoken = {"LOUYU_MESSAGING_ADDR": self.messaging_addr, "LOUYU_ROUTING_ADDR": self.routing_addr}
            spoken["LOUYU_NOTIFY_ADDR"] = self.notify_addr
            if self.role != "gateway":
                spoken["LOUYU_LISTEN"] = self.listen_address
            faults += [
                f"{name}: {address} is not a loopback address: set LOUYU_TLS_CERT, LOUYU_TLS_KEY and LOUYU_TLS_CA, "
                "or LOUYU_ALLOW_PLAINTEXT=true for a trial"
                for name, address in spoken.items()
                if not is_loopback(address)
            ]
        if not self.signing_key.get_secret_value():
            faults.append("LOUYU_SIGNING_KEY: missing; `louyu secrets init` makes one")
        if self.role != "gateway" and not self.database_url.get_secret_value():
            faults.append(
                f"LOUYU_DATABASE_URL or LOUYU_{self.role.upper()}_DATABASE_URL: missing; "
                "give it as postgresql://user:password@host:5432/name"
            )
        return faults


def is_loopback(address: str) -> bool:
    """Whether `host:port` (or dns:///host:port, unix:path) stays on this machine."""
    if address.startswith("unix:"):
        return True
    host = urlsplit("//" + address.removeprefix("dns:///")).hostname or ""
    return host == "localhost" or host.startswith("127.") or host == "::1"


SettingsT = TypeVar("SettingsT", bound=CommonSettings)


def setting_names(settings_class: type[CommonSettings]) -> dict[str, list[str]]:
    """Return for each field the environment names that set it, the stronger first (without the _FILE forms)."""
    role = settings_class.role.upper()
    return {
        field: [f"LOUYU_{role}_{field.upper()}"]
        + ([f"LOUYU_{field.upper()}"] if field in CommonSettings.model_fields else [])
        for field in settings_class.model_fields
    }


def known_names(*settings_classes: type[CommonSettings]) -> frozenset[str]:
    """Return every name that the services of these settings, or the commands, read; with the _FILE forms."""
    read = {
        form
        for settings_class in settings_classes
        for candidates in setting_names(settings_class).values()
        for name in candidates
        for form in (name, f"{name}_FILE")
    }
    return COMMAND_LINE_NAMES | read


def load_settings(settings_class: type[SettingsT], environ: Mapping[str, str] = os.environ) -> SettingsT:
    """Read the settings of one service from the environment.

    Raises SettingsError naming every fault: unknown names with the prefix LOUYU_, unreadable files, ill-formed values,
    missing ones. Names that belong to other services are left alone.
    """
    names = setting_names(settings_class)
    faults: list[str] = []
    values: dict[str, str] = {}
    origin: dict[str, str] = {}
    for field, candidates in names.items():
        for name in candidates:
            text = _read(name, environ, faults)
            if text is not None:
                values[field], origin[field] = text, name
                break
    known = known_names(settings_class)
    others = tuple(f"LOUYU_{role.upper()}_" for role in ROLES if role != settings_class.role)
    faults += unknown_settings((name for name in environ if name in known or not name.startswith(others)), known)
    try:
        settings = settings_class.model_validate(values)
    except ValidationError as error:
        for problem in error.errors(include_input=False, include_url=False):
            field = str(problem["loc"][0]) if problem["loc"] else ""
            faults.append(f"{origin.get(field, field)}: {_in_words(problem)}")
        raise SettingsError(faults) from None
    unread = {fault.partition("_FILE: ")[0] for fault in faults if "_FILE: " in fault}
    faults += [fault for fault in settings.faults() if fault.partition(": missing")[0] not in unread]
    if faults:
        raise SettingsError(faults)
    return settings


def setting_value(settings_class: type[CommonSettings], field: str, environ: Mapping[str, str]) -> str:
    """Return the text that a service would read for one setting; empty when it is not given or cannot be read."""
    for name in setting_names(settings_class)[field]:
        text = _read(name, environ, [])
        if text is not None:
            return text
    return ""


_WORDS = {
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "bool_parsing": "must be true or false",
}


def _in_words(problem: ErrorDetails) -> str:
    words = _WORDS.get(problem["type"], problem["msg"].removeprefix("Value error, "))
    return words.replace("Input should be", "must be").replace("'", "")


def _read(name: str, environ: Mapping[str, str], faults: list[str]) -> str | None:
    path = environ.get(f"{name}_FILE")
    if name in environ and path is not None:
        faults.append(f"{name} and {name}_FILE: set one of them, not both")
        return None
    if path is None:
        return environ.get(name)
    try:
        return Path(path).read_text(encoding="utf-8").rstrip("\n")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        faults.append(
            f"{name}_FILE: {path!r} cannot be read ({why}); correct the path, or the file and its permissions"
        )
        return None
