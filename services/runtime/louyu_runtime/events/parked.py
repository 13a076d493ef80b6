"""Parked events for operators: the gRPC service that every consuming service offers."""

from __future__ import annotations

from typing import Any

from louyu.events.v1 import envelope_pb2, events_service_pb2, events_service_pb2_grpc

from louyu_runtime.database import Database
from louyu_runtime.errors import InvalidArgument, NotFound
from louyu_runtime.events.consumer import Handlers, describe
from louyu_runtime.events.streams import open_envelope
from louyu_runtime.ids import is_uuid
from louyu_runtime.paging import decode_token, encode_token, page_size
from louyu_runtime.permissions import OPERATORS, Rule, persons

PERMISSIONS: dict[str, Rule] = {
    "ListParkedEvents": persons(OPERATORS),
    "RetryParkedEvent": persons(OPERATORS),
}


class ParkedEvents(events_service_pb2_grpc.EventsServiceServicer):
    """Lists what could not be handled, and tries it again on demand."""

    def __init__(self, database: Database, handlers: Handlers) -> None:
        self._database = database
        self._handlers = handlers

    async def ListParkedEvents(
        self, request: events_service_pb2.ListParkedEventsRequest, context: Any
    ) -> events_service_pb2.ListParkedEventsResponse:
        """List them, newest first; without a community those of all."""
        size = page_size(request.page_size)
        position = decode_token("ListParkedEvents", request.page_token, int) or [0]
        if request.community_id and not is_uuid(request.community_id):
            raise InvalidArgument("community_id is not a UUID", field="community_id")
        within = "parked_event ORDER BY parked_at DESC, event_id OFFSET :skip LIMIT :size"
        everywhere = "parked_everywhere(CAST(:skip AS int), CAST(:size AS int))"
        async with self._database.transaction(request.community_id) as tx:
            rows = await tx.rows(
                f"SELECT * FROM {within if request.community_id else everywhere}",
                skip=int(position[0]),
                size=size + 1,
            )
        response = events_service_pb2.ListParkedEventsResponse()
        for row in rows[:size]:
            parked = response.parked_events.add(
                event_id=str(row.event_id),
                community_id=str(row.community_id),
                type=row.type,
                subject=row.subject,
                error=row.error,
                attempt_count=row.attempt_count,
            )
            parked.parked_at.FromDatetime(row.parked_at)
        if len(rows) > size:
            response.next_page_token = encode_token("ListParkedEvents", [int(position[0]) + size])
        return response

    async def RetryParkedEvent(
        self, request: events_service_pb2.RetryParkedEventRequest, context: Any
    ) -> events_service_pb2.RetryParkedEventResponse:
        """Handle one again, in one transaction with its leaving the list."""
        if not is_uuid(request.event_id):
            raise NotFound("no such parked event", field="event_id")
        try:
            async with self._database.transaction(request.community_id) as tx:
                row = await tx.row(
                    "DELETE FROM parked_event WHERE event_id = CAST(:id AS uuid) RETURNING envelope",
                    id=request.event_id,
                )
                if row is None:
                    raise NotFound("no such parked event", field="event_id")
                envelope = envelope_pb2.Envelope.FromString(row.envelope)
                new = await tx.row(
                    "INSERT INTO consumed_event (community_id, event_id)"
                    " VALUES (CAST(:community AS uuid), CAST(:id AS uuid)) ON CONFLICT DO NOTHING RETURNING event_id",
                    community=request.community_id,
                    id=request.event_id,
                )
                if new is not None and envelope.type in self._handlers:
                    payload_class, handle = self._handlers[envelope.type]
                    await handle(tx, open_envelope(envelope, payload_class))
        except NotFound:
            raise
        except Exception as error:  # whatever the handler raises is the answer
            return events_service_pb2.RetryParkedEventResponse(is_handled=False, error=describe(error))
        return events_service_pb2.RetryParkedEventResponse(is_handled=True)
