"""Shapes of settings: addresses and URLs, checked when they are read, so that a fault names the variable.

The rule is told and never the value, since URLs hold passwords. An empty text is left to whoever needs a value.
"""

from __future__ import annotations

import re
from typing import Annotated, TypeVar
from urllib.parse import parse_qs, urlsplit

from pydantic import AfterValidator, SecretStr

TextT = TypeVar("TextT", str, SecretStr)

_HOST_AND_PORT = r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):(\d{1,5})"


def _url(schemes: tuple[str, ...], rule: str, *, needs_host: bool = True) -> AfterValidator:
    def check(value: TextT) -> TextT:
        text = value.get_secret_value() if isinstance(value, SecretStr) else value
        if not text:
            return value
        try:
            parts = urlsplit(text)
            is_good = parts.scheme in schemes and bool(parts.hostname or not needs_host) and parts.port != 0
        except ValueError:
            is_good = False
        if not is_good:
            raise ValueError(rule)
        return value

    return AfterValidator(check)


def _address(prefixes: str, rule: str) -> AfterValidator:
    def check(value: str) -> str:
        if value.startswith("unix:") and prefixes:
            return value
        found = re.fullmatch(prefixes + _HOST_AND_PORT, value)
        if value and (found is None or int(found[2]) > 65535):
            raise ValueError(rule)
        return value

    return AfterValidator(check)


def _media_url(value: str) -> str:
    rule = (
        "must look like file:///var/lib/louyu/media or "
        "s3://bucket/prefix?endpoint=https://s3.example.org&region=cn-north-1 (further: style=virtual)"
    )
    if not value:
        return value
    try:
        parts = urlsplit(value)
        asked = parse_qs(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
        endpoint = urlsplit(asked.get("endpoint", [""])[-1])
        is_folder = parts.scheme == "file" and not parts.netloc and len(parts.path) > 1 and not parts.query
        is_bucket = (
            parts.scheme == "s3"
            and re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", parts.netloc) is not None
            and endpoint.scheme in ("http", "https")
            and bool(endpoint.hostname)
            and endpoint.username is None
            and asked.keys() <= {"endpoint", "region", "style"}
            and asked.get("style", ["path"])[-1] in ("path", "virtual")
        )
    except ValueError:
        raise ValueError(rule) from None
    if not is_folder and not is_bucket:
        raise ValueError(rule)
    return value


_ENCODED = "; signs such as / # ? in the password are written as %2F %23 %3F"

DatabaseUrl = Annotated[
    SecretStr,
    _url(("postgresql", "postgres"), f"must look like postgresql://user:password@host:5432/name{_ENCODED}"),
]
RedisUrl = Annotated[
    SecretStr,
    _url(("redis", "rediss", "unix"), f"must look like redis://:password@host:6379/0{_ENCODED}", needs_host=False),
]
HttpUrl = Annotated[str, _url(("http", "https"), "must be an address that begins with http:// or https://")]
MediaUrl = Annotated[str, AfterValidator(_media_url)]
ListenAddress = Annotated[str, _address("", "must be host:port, such as 0.0.0.0:7001")]
ServiceAddress = Annotated[str, _address(r"(?:dns:///)?", "must be host:port or dns:///name:port")]
