"""The channel `group`: a message in a building's group, in the platform's voice.

Messaging takes a message once for each idempotency key, and the key is the delivery's id, so repeats are safe. Messages
for one group are posted one after the other, in the order in which they became due.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

import grpc
from louyu.messaging.v1 import message_pb2, messaging_service_pb2
from louyu.messaging.v1.messaging_service_pb2_grpc import MessagingServiceStub
from louyu_runtime.errors import RemoteError
from louyu_runtime.rpc.client import Client, is_worth_repeating
from louyu_sdk import (
    ChannelCapabilities,
    Delivery,
    ErrorClass,
    Outcome,
    RecipientKind,
    SendError,
    SendResult,
)

CALL_SECONDS = 3.0


class GroupChannel:
    """Posts into groups."""

    key = "group"
    account = None
    name_zh = "楼群"
    name_en = "Building group"
    capabilities = ChannelCapabilities(
        recipients=RecipientKind.GROUP,
        batch_size=50,
        rate_per_second=None,
        receipts=False,
        works_at_night=True,
        needs_address=False,
        repeats_are_safe=True,
    )

    def __init__(self, messaging: Client[MessagingServiceStub]) -> None:
        self._messaging = messaging

    async def send(self, batch: Sequence[Delivery]) -> Sequence[SendResult]:
        """Post each message into its group."""
        by_group: defaultdict[str, list[Delivery]] = defaultdict(list)
        for delivery in batch:
            by_group[delivery.recipient.id].append(delivery)
        posted = await asyncio.gather(*(self._post_in_order(own) for own in by_group.values()))
        return [result for results in posted for result in results]

    async def _post_in_order(self, deliveries: Sequence[Delivery]) -> list[SendResult]:
        results: list[SendResult] = []
        for delivery in deliveries:
            results.append(await self._post(delivery))
            if results[-1].outcome is not Outcome.DELIVERED:
                later = [_not_yet(one) for one in deliveries[len(results) :]]
                return results + later
        return results

    async def _post(self, delivery: Delivery) -> SendResult:
        request = messaging_service_pb2.PostMessageRequest(
            community_id=delivery.community_id,
            group_id=delivery.recipient.id,
            message=message_pb2.NewMessage(
                text=delivery.text,
                via=message_pb2.VIA_TEXT,
                idempotency_key=f"delivery/{delivery.id}",
                is_platform=True,
                question_id=delivery.question_id or "",
            ),
        )
        try:
            answer: messaging_service_pb2.PostMessageResponse = await self._messaging.call(
                "PostMessage", request, timeout=CALL_SECONDS
            )
        except RemoteError as error:
            return _failed(delivery, error)
        return SendResult(delivery_id=delivery.id, outcome=Outcome.DELIVERED, provider_id=answer.message_id)


def _failed(delivery: Delivery, error: RemoteError) -> SendResult:
    wait = timedelta(seconds=error.retry_after_seconds) if error.retry_after_seconds else None
    is_passing = is_worth_repeating(error) or error.code in (grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN)
    return SendResult(
        delivery_id=delivery.id,
        outcome=Outcome.FAILED,
        error=SendError(
            error_class=ErrorClass.LATER if is_passing else ErrorClass.GIVE_UP,
            code=error.code.name,
            message=f"messaging answered {error.reason}",
            retry_after=wait,
        ),
    )


def _not_yet(delivery: Delivery) -> SendResult:
    error = SendError(
        error_class=ErrorClass.LATER, code="earlier_one_failed", message="an earlier message for the group comes first"
    )
    return SendResult(delivery_id=delivery.id, outcome=Outcome.FAILED, error=error)
