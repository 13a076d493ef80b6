"""Logs: one JSON object a line, with the fields that the code names and the ids of the trace; never texts of people."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

from opentelemetry import trace

_STANDARD = frozenset(logging.LogRecord("", 0, "", 0, "", (), None).__dict__) | {"message", "asctime", "taskName"}


class JsonFormatter(logging.Formatter):
    """Formats a record as JSON: time, level, service, logger, message, the extra fields, trace id, exception."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        entry: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "service": self._service,
            "logger": record.name,
            "message": record.getMessage(),
        }
        entry.update({key: value for key, value in record.__dict__.items() if key not in _STANDARD})
        span = trace.get_current_span().get_span_context()
        if span.is_valid:
            entry["trace_id"] = f"{span.trace_id:032x}"
        if record.exc_info and record.exc_info[1] is not None:
            entry["exception"] = _without_values(record.exc_info[1])
        return json.dumps(entry, ensure_ascii=False, default=str)


def _without_values(error: BaseException) -> list[str]:
    """Return class and frames of an error and its causes, without their texts: a database error quotes the row."""
    lines: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(lines) < 60:
        lines.append(type(cause).__name__)
        frame = cause.__traceback__
        while frame is not None:
            code = frame.tb_frame.f_code
            lines.append(f"  {frame.tb_frame.f_globals.get('__name__', '?')}.{code.co_name}:{frame.tb_lineno}")
            frame = frame.tb_next
        cause = cause.__cause__ or cause.__context__
    return lines


def start_logging(service: str, level: str) -> None:
    """Log to standard error from now on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter(service))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for noisy in ("alembic", "aiohttp.access", "uvicorn.access", "sqlalchemy.pool"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
