"""Errors on the wire: what domain code raises becomes a google.rpc.Status; anything else INTERNAL with an incident id."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc

from louyu_runtime.database import is_away
from louyu_runtime.errors import LouyuError, RemoteError, Unavailable, abort_arguments, to_status
from louyu_runtime.ids import new_id
from louyu_runtime.rpc.handlers import AroundInterceptor, Context, short_name

logger = logging.getLogger(__name__)


class ErrorInterceptor(AroundInterceptor):
    """Turns exceptions into statuses. `domain` is the service's name in ErrorInfo."""

    def __init__(self, domain: str) -> None:
        super().__init__()
        self._domain = domain

    @asynccontextmanager
    async def around(self, method: str, request: Any, context: Context) -> AsyncIterator[None]:
        """Map what the call raises."""
        try:
            yield
        except (grpc.aio.AbortError, GeneratorExit):
            raise
        except LouyuError as error:
            await self._abort(context, error)
        except RemoteError as error:
            # A service behind this one failed: its own words, under its own code, unless they speak of our credentials.
            passed = LouyuError(
                error.message,
                reason=error.reason,
                metadata=error.metadata,
                retry_after_seconds=error.retry_after_seconds,
                resident_text=error.resident_text,
            )
            passed.code = error.code
            await self._abort(context, passed)
        except Exception as error:
            if is_away(error):
                await self._abort(context, Unavailable("the database cannot be reached", reason="DATABASE_AWAY"))
            incident = new_id()
            logger.exception("a call failed", extra={"rpc": short_name(method), "incident": incident})
            await self._abort(
                context,
                LouyuError(
                    f"something failed inside louyu; the log has it as incident {incident}",
                    metadata={"incident": incident},
                ),
            )

    async def _abort(self, context: Context, error: LouyuError) -> None:
        code, message, trailing = abort_arguments(to_status(error, domain=self._domain))
        await context.abort(code, message, trailing)
