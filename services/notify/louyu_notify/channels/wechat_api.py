"""Calls of the WeChat platform: small JSON over HTTPS with kept connections, bounded in time and size.

What cannot be known is kept apart from what surely failed: a connection that was never made is NotSent; once the request
may have gone out, everything without a readable answer is NoAnswer.
"""

import json
from collections.abc import AsyncGenerator
from typing import Any

import aiohttp

CONNECT_SECONDS = 3.0
LARGEST_ANSWER = 1024 * 1024


class NotSent(Exception):
    """The request surely did not reach the platform."""


class NoAnswer(Exception):
    """The request may have taken effect; the answer is missing or cannot be read."""


class PlatformRefusal(Exception):
    """The platform answered with an error code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"the platform answered errcode {code}")
        self.code = code


class WeChatApi:
    """The platform at one address. Connections are made with the first call and kept; close it at the end."""

    def __init__(self, api_base: str) -> None:
        self._api_base = api_base
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def post(
        self, path: str, body: dict[str, Any], *, seconds: float, query: dict[str, str] | None = None
    ) -> dict[str, Any]:
        """Post JSON and return the answer. Raises NotSent, NoAnswer, PlatformRefusal."""
        timeout = aiohttp.ClientTimeout(total=seconds, sock_connect=min(CONNECT_SECONDS, seconds))
        # The platform shows \uXXXX escapes literally, so characters go out as they are.
        content = json.dumps(body, ensure_ascii=False).encode()
        try:
            async with self._connected().post(
                self._api_base + path,
                params=query,
                data=content,
                headers={"Content-Type": "application/json; charset=utf-8"},
                timeout=timeout,
                allow_redirects=False,
            ) as response:
                raw = await _limited(response)
                status = response.status
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise NotSent(error.__class__.__name__) from None
        except (aiohttp.ClientError, TimeoutError) as error:
            raise NoAnswer(error.__class__.__name__) from None
        return _answer(status, raw)

    async def download(
        self, path: str, *, seconds: float, most_bytes: int, query: dict[str, str]
    ) -> AsyncGenerator[bytes]:
        """Get a file and yield its bytes. Raises NotSent, NoAnswer, PlatformRefusal.

        An error comes with status 200 too, as JSON in the place of the file.
        """
        timeout = aiohttp.ClientTimeout(total=seconds, sock_connect=min(CONNECT_SECONDS, seconds))
        try:
            async with self._connected().get(
                self._api_base + path, params=query, timeout=timeout, allow_redirects=False
            ) as response:
                if response.status != 200 or response.content_type in ("application/json", "text/plain"):
                    _answer(response.status, await _limited(response))
                    raise NoAnswer("no file in the answer")
                size = 0
                async for chunk in response.content.iter_chunked(128 * 1024):
                    size += len(chunk)
                    if size > most_bytes:
                        raise NoAnswer(f"the file is larger than {most_bytes} bytes")
                    yield chunk
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise NotSent(error.__class__.__name__) from None
        except (aiohttp.ClientError, TimeoutError) as error:
            raise NoAnswer(error.__class__.__name__) from None

    def _connected(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=50, keepalive_timeout=30), cookie_jar=aiohttp.DummyCookieJar()
            )
        return self._session


async def _limited(response: aiohttp.ClientResponse) -> bytes:
    raw = bytearray()
    async for chunk in response.content.iter_chunked(64 * 1024):
        raw += chunk
        if len(raw) > LARGEST_ANSWER:
            raise NoAnswer("the answer is larger than 1 MiB")
    return bytes(raw)


def _answer(status: int, raw: bytes) -> dict[str, Any]:
    if status != 200:
        raise NoAnswer(f"status {status}")
    try:
        answer = json.loads(raw)
        code = int(answer.get("errcode", 0))
    except (ValueError, TypeError, AttributeError):
        raise NoAnswer("not the JSON that was expected") from None
    if code:
        raise PlatformRefusal(code)
    return dict(answer)
