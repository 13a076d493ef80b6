"""What errors of PostgreSQL mean: it is away, it refuses us, others hold the rows, or something in what was asked."""

from __future__ import annotations

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from louyu_runtime.errors import Unavailable

# A primary that became a standby, or is going down: the connection must be thrown away, which a plain ping would not see.
DISCONNECT_STATES = frozenset({"25006", "57P01", "57P02", "57P03"})
RETRY_STATES = frozenset({"40001", "40P01"})
_LOCK_STATES = RETRY_STATES | {"55P03"}
# asyncpg raises InternalClientError on a connection that was cut off in the middle of an answer.
_AWAY = (
    Unavailable,
    OSError,
    PoolTimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
)

_REFUSALS = {
    "28P01": "the database refuses the user or password in the URL",
    "28000": "the database does not let this user in from here",
    "3D000": "there is no database of the name in the URL",
    "42501": "the user in the URL may not use this service's schema",
}


def sql_state(error: BaseException) -> str:
    """Return the SQLSTATE of a database error, or an empty text."""
    original = getattr(error, "orig", None) or error
    state = getattr(original, "sqlstate", None) or getattr(original, "pgcode", None)
    return str(state or "")


def refusal_of(error: BaseException) -> str:
    """Return in plain words why PostgreSQL let nobody in; an empty text when that is not the fault."""
    return _REFUSALS.get(sql_state(error), "")


def constraint_of(error: BaseException) -> str:
    """Return the name of the constraint that an error broke, or an empty text."""
    cause: BaseException | None = getattr(error, "orig", None) or error
    while cause is not None:
        name = getattr(cause, "constraint_name", None)
        if name:
            return str(name)
        cause = cause.__cause__
    return ""


def is_away(error: BaseException) -> bool:
    """Whether an error says that PostgreSQL is not there now, as against refusing what was asked."""
    if isinstance(error, _AWAY):
        return True
    if isinstance(error, DBAPIError):
        return (
            error.connection_invalidated
            or sql_state(error)[:2] in {"08", "57"}
            or isinstance(error.orig.__cause__ if error.orig is not None else None, OSError | asyncpg.InterfaceError)
        )
    return sql_state(error) in DISCONNECT_STATES


def passes_by_itself(error: BaseException) -> bool:
    """Whether an error is over soon without anybody mending anything: PostgreSQL is away, or others hold the rows."""
    return is_away(error) or sql_state(error) in _LOCK_STATES
