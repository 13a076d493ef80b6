"""The console's list of what did not arrive: to whom, why, and what can be done about it."""

import asyncio
import uuid
from types import SimpleNamespace
from urllib.parse import urlencode

from fastapi import APIRouter
from louyu.messaging.v1 import community_pb2
from louyu.messaging.v1 import messaging_service_pb2 as messaging
from louyu.notify.v1 import delivery_pb2
from louyu.notify.v1 import notify_service_pb2 as notify
from louyu_runtime.errors import InvalidArgument, RemoteError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from louyu_gateway.gateway import Gateway, Viewer
from louyu_gateway.pages import words
from louyu_gateway.pages.console import console_viewer, render_console
from louyu_gateway.pages.conversation import read_groups
from louyu_gateway.pages.texts import Texts
from louyu_gateway.pages.views import Filter
from louyu_gateway.undelivered import purpose_of, reason_of, state_from_word, state_word
from louyu_gateway.wire import moment

AT = "/console/deliveries"
PAGE_SIZE = 50
LABELS = {"": "全部", "failed": "没送到", "unknown": "不确定"}
STATES = {"failed": ("没送到", "alarm"), "unknown": ("不确定", "wait")}


def console_delivery_pages(gateway: Gateway) -> APIRouter:
    """Return the routes under /console/deliveries."""
    router = APIRouter(prefix=AT, include_in_schema=False)
    pages = gateway.pages

    @router.get("")
    async def deliveries(request: Request, state: str = "", page: str = "") -> Response:
        return await _list(await console_viewer(gateway, request), request, state, page)

    @router.post("/{delivery_id}/retry")
    async def retry(request: Request, delivery_id: str) -> Response:
        viewer, fields = await gateway.writer(request)
        try:
            await viewer.ask.notify(
                notify.RetryDeliveryRequest(
                    community_id=viewer.community(),
                    delivery_id=delivery_id,
                    idempotency_key=fields.get("key") or uuid.uuid4().hex,
                )
            )
        except RemoteError as error:
            if error.code.name not in ("FAILED_PRECONDITION", "NOT_FOUND"):
                raise
            return await _list(viewer, request, "", "", problem=error.resident_text)
        return RedirectResponse(AT, status_code=303)

    async def _list(viewer: Viewer, request: Request, state: str, page: str, *, problem: str = "") -> Response:
        if state not in LABELS:
            raise InvalidArgument("state must be failed or unknown", field="state")
        found: notify.ListUndeliveredResponse
        groups: list[community_pb2.Group]
        found, groups = await asyncio.gather(
            viewer.ask.notify(
                notify.ListUndeliveredRequest(
                    community_id=viewer.community(), state=state_from_word(state), page_size=PAGE_SIZE, page_token=page
                )
            ),
            read_groups(viewer),
        )
        texts = pages.texts(request)
        names = {group.id: group.name for group in groups} | await _names(viewer, found)
        more = urlencode({"state": state, "page": found.next_page_token})
        return await render_console(
            gateway,
            request,
            viewer,
            "console/deliveries.html",
            at=AT,
            status=409 if problem else 200,
            problem=texts(problem.rstrip("。")) if problem else "",
            rows=[_row(delivery, names, texts) for delivery in found.deliveries],
            filters=[Filter(texts(label), f"{AT}?state={key}", key == state) for key, label in LABELS.items()],
            more=f"?{more}" if found.next_page_token else "",
        )

    return router


async def _names(viewer: Viewer, found: notify.ListUndeliveredResponse) -> dict[str, str]:
    """Return the names of persons who belong to no household: those with a role, mostly."""
    ids = sorted({one.recipient_id for one in found.deliveries if one.recipient_kind == "person" and not one.flat})
    requests = [messaging.GetPersonRequest(community_id=viewer.community(), person=one) for one in ids]
    answers = await asyncio.gather(*map(viewer.ask.messaging, requests), return_exceptions=True)
    return {
        person_id: answer.person.name
        for person_id, answer in zip(ids, answers, strict=True)
        if isinstance(answer, messaging.GetPersonResponse)
    }


def _row(delivery: delivery_pb2.UndeliveredDelivery, names: dict[str, str], texts: Texts) -> SimpleNamespace:
    label, tone = STATES[state_word(delivery)]
    kind = {"group": "楼群", "screen": "大屏"}.get(delivery.recipient_kind, "工作人员")
    if delivery.question_id:
        subject, link = f"#{delivery.question_number}", f"/console/questions/{delivery.question_id}"
    else:
        subject, link = delivery.announcement_title, f"/console/announcements/{delivery.announcement_id}"
    return SimpleNamespace(
        id=delivery.id,
        to=delivery.flat or names.get(delivery.recipient_id) or texts(kind),
        channel=texts(words.CHANNELS.get(delivery.channel, delivery.channel)),
        purpose=texts(purpose_of(delivery)),
        subject=subject,
        link=link,
        state_label=texts(label),
        tone=tone,
        reason=texts(reason_of(delivery)),
        code=delivery.reason_code,
        tries=delivery.try_count,
        at=moment(delivery, "ended_at"),
        can_retry=delivery.can_retry,
        visit=f"{link}" if delivery.can_visit else "",
    )
