"""Errors on the wire: what domain code raises becomes a google.rpc.Status; anything else INTERNAL with an incident id."""

from __future__ import annotations

import logging

import grpc

from louyu_runtime.database_errors import is_away
from louyu_runtime.errors import LouyuError, RemoteError, Unavailable, abort_arguments, to_status
from louyu_runtime.ids import new_id
from louyu_runtime.rpc.handlers import Context, short_name

logger = logging.getLogger(__name__)


async def abort_with(context: Context, error: Exception, *, method: str, domain: str) -> None:
    """End a call with the status that an error is; never returns. `domain` is the service's name in ErrorInfo."""
    if isinstance(error, grpc.aio.AbortError):
        raise error
    code, message, trailing = abort_arguments(to_status(_shown(error, method), domain=domain))
    await context.abort(code, message, trailing)


def _shown(error: Exception, method: str) -> LouyuError:
    """Return what the caller may know of an error."""
    if isinstance(error, LouyuError):
        return error
    if isinstance(error, RemoteError):
        # A service behind this one failed: its own words, under its own code, unless they speak of our credentials.
        passed = LouyuError(
            error.message,
            reason=error.reason,
            metadata=error.metadata,
            retry_after_seconds=error.retry_after_seconds,
            resident_text=error.resident_text,
        )
        passed.code = error.code
        return passed
    if is_away(error):
        return Unavailable("the database cannot be reached", reason="DATABASE_AWAY")
    incident = new_id()
    logger.error("a call failed", exc_info=error, extra={"rpc": short_name(method), "incident": incident})
    return LouyuError(
        f"something failed inside louyu; the log has it as incident {incident}", metadata={"incident": incident}
    )
