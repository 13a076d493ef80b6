"""Faults as answers: one table from status codes to HTTP, plain words for people, named fields for programs.

A program gets `{code, field, message, mend, incident}`; a person gets a page. What is nobody's fault but ours has an
`incident`, which stands in the log beside the cause; the answer never holds the cause.
"""

import logging
import re
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from urllib.parse import urlencode

import grpc
from fastapi import FastAPI, HTTPException
from fastapi.exceptions import RequestValidationError
from louyu_runtime.channels_file import Channels
from louyu_runtime.errors import LouyuError, RemoteError
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from louyu_gateway.own_forms import HEADER
from louyu_gateway.pages.render import Pages
from louyu_gateway.pages.texts import Texts
from louyu_gateway.pages.views import Link

logger = logging.getLogger(__name__)

STATUS = {
    grpc.StatusCode.INVALID_ARGUMENT: 422,
    grpc.StatusCode.OUT_OF_RANGE: 422,
    grpc.StatusCode.UNAUTHENTICATED: 401,
    grpc.StatusCode.PERMISSION_DENIED: 403,
    grpc.StatusCode.NOT_FOUND: 404,
    grpc.StatusCode.ALREADY_EXISTS: 409,
    grpc.StatusCode.FAILED_PRECONDITION: 409,
    grpc.StatusCode.ABORTED: 409,
    grpc.StatusCode.RESOURCE_EXHAUSTED: 429,
    grpc.StatusCode.UNAVAILABLE: 503,
    grpc.StatusCode.DEADLINE_EXCEEDED: 504,
}
MENDS = {
    400: "send a body that is complete: JSON in UTF-8, or a form, as the address takes it",
    401: "send a valid token as `Authorization: Bearer <token>`, or sign in",
    403: "ask somebody who holds the role",
    404: "check the address and the ids in it",
    405: "use a method that the address knows",
    408: "send the body at once",
    409: "read the present state and decide anew",
    413: "send less at once",
    415: "send application/json",
    422: "correct the named field and send again",
    429: "wait as long as Retry-After says, then send the same again",
    500: "report the incident's number to the operator",
    503: "send the same again in a moment",
    504: "send the same again in a moment; with the same idempotency key nothing happens twice",
}
MENDS_OF_CODES = {
    "COMMUNITY_NOT_FOUND": "check the key or UUID given as community",
    "FORM_NOT_OURS": "load the page again; a program sends a bearer token instead of a cookie",
    "IDEMPOTENCY_KEY_REUSED": "use a new key for a new request",
    "NOT_A_PERSON": "take the token of a person: louyu token --role ROLE --community KEY --person KEY",
}
# Fields that have another name here than in the services' messages.
FIELDS = {
    "community_id": "community",
    "group_id": "group",
    "group_ids": "groups",
    "question_id": "question",
    "announcement_id": "announcement",
    "household_id": "household",
    "entry_id": "entry",
    "media_ids": "media",
    "media_id": "media",
    "chunk": "file",
    "reply_to_seq": "reply_to",
    "promised_within": "promised_within_minutes",
    "idempotency_key": "Idempotency-Key",
    "query": "q",
    "page_token": "page",
    "delivery_id": "delivery",
}
_FIELD_IN_WORDS = re.compile(rf"\b(?:[a-z]+\.)?({'|'.join(FIELDS)})\b")
_PARENT_IN_WORDS = re.compile(r"\b(?:announcement|message)\.(?=[a-z])")
# What pydantic says in words that help nobody who sends JSON.
_PLAINER = {
    "model_attributes_type": "it must be a JSON object, sent with Content-Type: application/json",
    "model_type": "it must be a JSON object, sent with Content-Type: application/json",
    "missing": "it is missing",
    "extra_forbidden": "there is no such field",
}
# Words for people, where the service has given none of its own.
WORDS = {
    401: "请先登录。",
    403: "您没有这项权限。",
    404: "没有找到这个页面。",
    413: "内容太大了。",
    500: "系统出了点问题。",
    503: "系统正在恢复，请稍后再试。",
    504: "系统有点慢，请稍后再试。",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault as a program reads it. `field` is a path such as "title", empty when no field is to blame."""

    code: str
    field: str
    message: str
    mend: str
    incident: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A fault with its HTTP status and the words for people."""

    status: int
    fault: Fault
    words: str
    retry_after_seconds: float | None = None


def answer_to(error: Exception) -> Answer:
    """Return what to say about an error. Logs what is ours to mend."""
    if isinstance(error, RemoteError | LouyuError):
        status = STATUS.get(error.code, 500)
        if status < 500:
            return _answer(
                status, error.reason, words_here(error.message), field_here(error.field), error.resident_text, error
            )
        if status in (503, 504):
            logger.warning("a service did not answer", extra={"reason": error.reason, "code": error.code.name})
            return _answer(status, error.reason, "a service that is needed does not answer", "", WORDS[status], error)
    elif isinstance(error, RequestValidationError):
        field, message = _first_fault(error)
        return _answer(422, "INVALID_ARGUMENT", message, field, "填写的内容有误，请改一下再试。")
    elif isinstance(error, StarletteHTTPException):
        field = "body" if error.status_code in (400, 408, 413) else ""
        return _answer(error.status_code, f"HTTP_{error.status_code}", str(error.detail), field, "")
    incident = uuid.uuid4().hex[:12]
    logger.error("request failed", exc_info=error, extra={"incident": incident})
    fault = Fault("INTERNAL", "", "an error of ours; it is in the log", MENDS[500], incident)
    return Answer(500, fault, WORDS[500])


def field_here(field: str) -> str:
    """Return the name here of a field that a service names by its path.

    >>> field_here("announcement.group_ids[2]")
    'groups'
    """
    name = field.rsplit(".", 1)[-1].split("[", 1)[0]
    return FIELDS.get(name, name)


def words_here(message: str) -> str:
    """Return a service's message with the names that its fields have here.

    >>> words_here("page_token is not one that was given out")
    'page is not one that was given out'
    >>> words_here("announcement.valid_until must lie in the future")
    'valid_until must lie in the future'
    """
    renamed = _FIELD_IN_WORDS.sub(lambda found: FIELDS[found[1]], message)
    return _PARENT_IN_WORDS.sub("", renamed)


def _first_fault(error: RequestValidationError) -> tuple[str, str]:
    """Return the field and the fault of the first that is wrong with a request."""
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        return "body", f"it is not JSON: {first.get('ctx', {}).get('error', 'it ends too early')}"
    path = ".".join(part for part in first["loc"][1:] if isinstance(part, str))
    message = _PLAINER.get(first["type"]) or str(first["msg"]).removeprefix("Value error, ")
    return path or "body", message


def _answer(
    status: int, code: str, message: str, field: str, words: str, error: RemoteError | LouyuError | None = None
) -> Answer:
    mend = MENDS_OF_CODES.get(code) or MENDS.get(status, "")
    fault = Fault(code, field, message, mend, "")
    retry = error.retry_after_seconds if error is not None else None
    if retry is None and status in (429, 503):
        retry = 1.0
    return Answer(status, fault, words or WORDS.get(status, "这个请求处理不了。"), retry)


def as_json(answer: Answer) -> JSONResponse:
    """Return the answer for a program."""
    response = JSONResponse(asdict(answer.fault), status_code=answer.status)
    _with_retry(response, answer)
    if answer.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def wants_page(request: Request) -> bool:
    """Whether a person in a browser is asking, not a program or a script of ours."""
    return not request.url.path.startswith("/api/") and "text/html" in request.headers.get("accept", "")


def is_own_script(request: Request) -> bool:
    """Whether a script of our pages is asking, which shows people the fault's message as it is."""
    return request.url.path.startswith("/app/") or HEADER in request.headers


def _for_people(answer: Answer, texts: Texts) -> Answer:
    return replace(answer, fault=replace(answer.fault, message=texts(answer.words.rstrip("。"))))


def answering(pages: Pages, channels: Channels) -> Callable[[Request, Exception], Response]:
    """Return what turns an error into an answer, as page or JSON."""

    def answer_request(request: Request, error: Exception) -> Response:
        answer = answer_to(error)
        if not wants_page(request):
            return as_json(_for_people(answer, pages.texts(request)) if is_own_script(request) else answer)
        if answer.status == 401:
            return RedirectResponse(_way_in(request, channels), status_code=303)
        texts = pages.texts(request)
        response = pages.render(
            request,
            "app/plain.html",
            status=answer.status,
            heading=texts(answer.words.rstrip("。")),
            words=texts(_explanation(answer.status)),
            mend="",
            incident=answer.fault.incident,
            sign="building" if answer.status == 404 else "alarm",
            actions=[Link("/app/", texts("回到我的群"))],
        )
        _with_retry(response, answer)
        return response

    return answer_request


def _way_in(request: Request, channels: Channels) -> str:
    """Return where to sign in: inside WeChat silently by the account, if there is just one; elsewhere at the door."""
    accounts = list(channels.wechat_official_accounts)
    if len(accounts) == 1 and "MicroMessenger" in request.headers.get("user-agent", ""):
        return f"/app/oauth/{accounts[0]}?" + urlencode({"next": request.url.path})
    return "/signin"


def install(app: FastAPI, answer_request: Callable[[Request, Exception], Response]) -> None:
    """Answer the errors that are meant; any other rises to the edge."""

    async def handle(request: Request, error: Exception) -> Response:
        return answer_request(request, error)

    for kind in (LouyuError, RemoteError, RequestValidationError, HTTPException, StarletteHTTPException):
        app.add_exception_handler(kind, handle)


def _explanation(status: int) -> str:
    if status == 404:
        return "地址可能写错了，或者内容已经撤下。"
    if status in (500, 503, 504, 429):
        return "请过一会儿再试一次。"
    return "如果需要帮忙，请联系楼长或社区居委会。"


def _with_retry(response: Response, answer: Answer) -> None:
    if answer.retry_after_seconds is not None:
        response.headers["Retry-After"] = str(max(1, round(answer.retry_after_seconds)))
