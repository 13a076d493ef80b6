"""Errors that a caller can act on, and their form on the wire (google.rpc.Status).

    LouyuError
    ├── InvalidArgument      the caller's fault; names the field and the mend
    ├── Unauthenticated      no usable identity
    ├── PermissionDenied     known, but not entitled
    ├── NotFound             foreign or missing: both look the same
    ├── FailedPrecondition   the state must change first
    ├── Aborted              lost a race; start again
    ├── ResourceExhausted    a limit; try later
    └── Unavailable          send the same once more

Services derive their own from these and set `reason`. The guard around each call turns them into a status; anything else becomes
INTERNAL with an id that stands in the log as well.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import grpc
from google.protobuf import any_pb2, duration_pb2
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status


class LouyuError(Exception):
    """An error with a status code, a constant `reason`, and words that say what is wrong, where, and the mend.

    `resident_text` is the one text of it that a resident may see, in Chinese. Where several fields are at fault at
    once, `violations` names each with its own words.
    """

    code: grpc.StatusCode = grpc.StatusCode.INTERNAL
    reason: str = "INTERNAL"
    resident_text: str = "系统出了点问题，请稍后再试。"

    def __init__(
        self,
        message: str,
        *,
        reason: str | None = None,
        field: str = "",
        metadata: Mapping[str, str] | None = None,
        retry_after_seconds: float | None = None,
        resident_text: str | None = None,
        violations: Sequence[tuple[str, str]] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.violations = tuple(violations) or (((field, message),) if field else ())
        self.metadata = dict(metadata or {})
        self.retry_after_seconds = retry_after_seconds
        if reason is not None:
            self.reason = reason
        if resident_text is not None:
            self.resident_text = resident_text


class InvalidArgument(LouyuError):
    """The request cannot be used as it is."""

    code = grpc.StatusCode.INVALID_ARGUMENT
    reason = "INVALID_ARGUMENT"
    resident_text = "填写的内容有误，请改一下再试。"


class Unauthenticated(LouyuError):
    """There is no identity, or it cannot be believed."""

    code = grpc.StatusCode.UNAUTHENTICATED
    reason = "UNAUTHENTICATED"
    resident_text = "请先登录。"


class PermissionDenied(LouyuError):
    """The identity is not entitled to it."""

    code = grpc.StatusCode.PERMISSION_DENIED
    reason = "PERMISSION_DENIED"
    resident_text = "您没有这项权限。"


class NotFound(LouyuError):
    """There is no such thing, or it belongs to others."""

    code = grpc.StatusCode.NOT_FOUND
    reason = "NOT_FOUND"
    resident_text = "没有找到。"


class FailedPrecondition(LouyuError):
    """The state does not allow it."""

    code = grpc.StatusCode.FAILED_PRECONDITION
    reason = "FAILED_PRECONDITION"
    resident_text = "现在不能这样做。"


class Aborted(LouyuError):
    """Somebody else was faster; read again and decide anew."""

    code = grpc.StatusCode.ABORTED
    reason = "CHANGED_MEANWHILE"
    resident_text = "刚刚有人处理过了，请刷新看看。"


class ResourceExhausted(LouyuError):
    """A limit is reached; it names when to try again."""

    code = grpc.StatusCode.RESOURCE_EXHAUSTED
    reason = "RESOURCE_EXHAUSTED"
    resident_text = "现在人太多了，请稍等一会儿再试。"


class Unavailable(LouyuError):
    """Something that is needed is away; the same request may succeed soon."""

    code = grpc.StatusCode.UNAVAILABLE
    reason = "UNAVAILABLE"
    resident_text = "系统正在恢复，请稍后再试。"


def to_status(error: LouyuError, *, domain: str) -> status_pb2.Status:
    """Return the wire form: ErrorInfo always, BadRequest with a field, RetryInfo with a time, LocalizedMessage in zh-CN."""
    details: list[any_pb2.Any] = []

    def add(
        detail: error_details_pb2.ErrorInfo
        | error_details_pb2.BadRequest
        | error_details_pb2.RetryInfo
        | error_details_pb2.LocalizedMessage,
    ) -> None:
        packed = any_pb2.Any()
        packed.Pack(detail)
        details.append(packed)

    add(error_details_pb2.ErrorInfo(reason=error.reason, domain=domain, metadata=error.metadata))
    if error.violations:
        violations = [
            error_details_pb2.BadRequest.FieldViolation(field=path, description=words)
            for path, words in error.violations
        ]
        add(error_details_pb2.BadRequest(field_violations=violations))
    retry_after = error.retry_after_seconds
    if retry_after is None and error.code is grpc.StatusCode.UNAVAILABLE:
        retry_after = 1.0
    if retry_after is not None:
        delay = duration_pb2.Duration()
        delay.FromMilliseconds(int(retry_after * 1000))
        add(error_details_pb2.RetryInfo(retry_delay=delay))
    add(error_details_pb2.LocalizedMessage(locale="zh-CN", message=error.resident_text))
    return status_pb2.Status(code=error.code.value[0], message=error.message, details=details)


@dataclasses.dataclass
class RemoteError(Exception):
    """What a call to another service answered instead of a result."""

    code: grpc.StatusCode
    reason: str
    message: str
    field: str = ""
    resident_text: str = LouyuError.resident_text
    retry_after_seconds: float | None = None
    metadata: Mapping[str, str] = dataclasses.field(default_factory=dict)
    violations: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return f"{self.code.name} {self.reason}: {self.message}"


def from_rpc_error(error: grpc.RpcError) -> RemoteError:
    """Return what a failed call said, with whatever details it carried."""
    code = error.code() if isinstance(error, grpc.Call | grpc.aio.AioRpcError) else grpc.StatusCode.UNKNOWN
    message = (error.details() if isinstance(error, grpc.Call | grpc.aio.AioRpcError) else str(error)) or ""
    reason, field_path, text, retry_after = code.name, "", _default_text(code), None
    metadata: dict[str, str] = {}
    violations: tuple[tuple[str, str], ...] = ()
    status = _status_of(error)
    for packed in status.details if status is not None else ():
        info = error_details_pb2.ErrorInfo()
        bad = error_details_pb2.BadRequest()
        retry = error_details_pb2.RetryInfo()
        local = error_details_pb2.LocalizedMessage()
        if packed.Unpack(info):
            reason, metadata = info.reason, dict(info.metadata)
        elif packed.Unpack(bad):
            violations = tuple((violation.field, violation.description) for violation in bad.field_violations)
            field_path = violations[0][0] if violations else ""
        elif packed.Unpack(retry):
            retry_after = retry.retry_delay.ToMilliseconds() / 1000
        elif packed.Unpack(local):
            text = local.message
    return RemoteError(code, reason, message, field_path, text, retry_after, metadata, violations)


def _default_text(code: grpc.StatusCode) -> str:
    for kind in LouyuError.__subclasses__():
        if kind.code is code:
            return kind.resident_text
    return LouyuError.resident_text


def _status_of(error: grpc.RpcError) -> status_pb2.Status | None:
    if not isinstance(error, grpc.aio.AioRpcError):
        return None
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin" and isinstance(value, bytes):
            return status_pb2.Status.FromString(value)
    return None


def abort_arguments(status: status_pb2.Status) -> tuple[grpc.StatusCode, str, tuple[tuple[str, bytes], ...]]:
    """Return code, message and trailing metadata for `context.abort`."""
    plain = rpc_status.to_status(status)
    return plain.code, plain.details, tuple(plain.trailing_metadata)
