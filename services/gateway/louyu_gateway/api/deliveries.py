"""/api/v1/deliveries: what did not surely arrive, and sending it once more."""

from typing import Literal

from fastapi import APIRouter, Request
from louyu.notify.v1 import delivery_pb2
from louyu.notify.v1 import notify_service_pb2 as notify

from louyu_gateway.api import models
from louyu_gateway.api.asking import (
    ERRORS,
    SIGNED,
    Community,
    IdempotencyKey,
    Limit,
    Page,
    checked_id,
    community_of,
    key_or_new,
    reader,
    writer,
)
from louyu_gateway.gateway import Gateway
from louyu_gateway.undelivered import reason_of, state_from_word, state_word
from louyu_gateway.wire import moment


def delivery_routes(gateway: Gateway) -> APIRouter:
    """Return the routes of deliveries."""
    router = APIRouter(prefix="/deliveries", tags=["deliveries"], dependencies=SIGNED, responses=ERRORS)

    @router.get("")
    async def list_undelivered(
        request: Request,
        community: Community = None,
        state: Literal["failed", "unknown"] | None = None,
        limit: Limit = 100,
        page: Page = "",
    ) -> models.Undelivered:
        """List what failed or is unknown and nothing else took over, the latest first."""
        viewer = await reader(gateway, request)
        found: notify.ListUndeliveredResponse = await viewer.ask.notify(
            notify.ListUndeliveredRequest(
                community_id=await community_of(viewer, community),
                state=state_from_word(state or ""),
                page_size=limit,
                page_token=page,
            )
        )
        return models.Undelivered(
            deliveries=[_answer(delivery) for delivery in found.deliveries], next_page=found.next_page_token or None
        )

    @router.post("/{delivery}/retry", status_code=202)
    async def retry(
        request: Request, delivery: str, community: Community = None, idempotency_key: IdempotencyKey = None
    ) -> None:
        """Send it once more, on the same channel; what becomes of it is seen in the list."""
        viewer = await writer(gateway, request)
        await viewer.ask.notify(
            notify.RetryDeliveryRequest(
                community_id=await community_of(viewer, community),
                delivery_id=checked_id(delivery, "delivery"),
                idempotency_key=key_or_new(idempotency_key),
            )
        )

    return router


def _answer(delivery: delivery_pb2.UndeliveredDelivery) -> models.UndeliveredDelivery:
    return models.UndeliveredDelivery.model_validate(
        {
            "id": delivery.id,
            "channel": delivery.channel,
            "state": state_word(delivery),
            "recipient_kind": delivery.recipient_kind,
            "recipient": delivery.recipient_id,
            "flat": delivery.flat or None,
            "purpose": delivery.purpose,
            "question": delivery.question_id or None,
            "question_number": delivery.question_number or None,
            "announcement": delivery.announcement_id or None,
            "reason": reason_of(delivery),
            "reason_class": delivery.reason_class,
            "reason_code": delivery.reason_code,
            "tries": delivery.try_count,
            "at": moment(delivery, "ended_at"),
            "can_retry": delivery.can_retry,
            "can_visit": delivery.can_visit,
        }
    )
