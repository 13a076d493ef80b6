"""/api/v1/announcements: what must be known, and the ledger of who knows it."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from louyu.notify.v1 import announcement_pb2
from louyu.notify.v1 import notify_service_pb2 as notify

from louyu_gateway.api import answers, models
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
from louyu_gateway.wire import reach_from_word, timestamp, urgency_from_word, visit_from_word


def announcement_routes(gateway: Gateway) -> APIRouter:
    """Return the routes of announcements."""
    router = APIRouter(prefix="/announcements", tags=["announcements"], dependencies=SIGNED, responses=ERRORS)

    @router.get("")
    async def list_announcements(
        request: Request, community: Community = None, limit: Limit = 100, page: Page = ""
    ) -> models.Announcements:
        """List announcements that you may see, newest first."""
        viewer = await reader(gateway, request)
        found: notify.ListAnnouncementsResponse = await viewer.ask.notify(
            notify.ListAnnouncementsRequest(
                community_id=await community_of(viewer, community), page_size=limit, page_token=page
            )
        )
        return models.Announcements(
            announcements=[answers.announcement(announcement) for announcement in found.announcements],
            next_page=found.next_page_token or None,
        )

    @router.post("", status_code=201)
    async def publish(
        request: Request,
        response: Response,
        announcement: models.NewAnnouncement,
        idempotency_key: IdempotencyKey = None,
    ) -> models.Announcement:
        """Publish an announcement; answered when it is durable, delivery follows."""
        viewer = await writer(gateway, request)
        created: notify.CreateAnnouncementResponse = await viewer.ask.notify(
            notify.CreateAnnouncementRequest(
                community_id=await community_of(viewer, announcement.community),
                announcement=_to_proto(announcement),
                idempotency_key=key_or_new(idempotency_key),
            )
        )
        response.headers["Location"] = f"/api/v1/announcements/{created.announcement.id}"
        return answers.announcement(created.announcement)

    @router.post("/preview")
    async def preview(request: Request, announcement: models.NewAnnouncement) -> models.Preview:
        """Say how it would be published, and how many households it must reach. Nothing is sent."""
        viewer = await writer(gateway, request)
        found: notify.PreviewAnnouncementResponse = await viewer.ask.notify(
            notify.PreviewAnnouncementRequest(
                community_id=await community_of(viewer, announcement.community), announcement=_to_proto(announcement)
            )
        )
        return models.Preview(
            households=found.household_count,
            title=found.published_title,
            text=found.published_text,
            warnings=list(found.warnings),
        )

    async def read(request: Request, announcement: str, community: str | None) -> announcement_pb2.Announcement:
        viewer = await reader(gateway, request)
        found: notify.GetAnnouncementResponse = await viewer.ask.notify(
            notify.GetAnnouncementRequest(
                community_id=await community_of(viewer, community),
                announcement_id=checked_id(announcement, "announcement"),
            )
        )
        return found.announcement

    @router.get("/{announcement}")
    async def get_announcement(request: Request, announcement: str, community: Community = None) -> models.Announcement:
        """Return one announcement."""
        return answers.announcement(await read(request, announcement, community))

    @router.get("/{announcement}/reach")
    async def reach(
        request: Request,
        announcement: str,
        community: Community = None,
        state: Annotated[list[models.Reach] | None, Query(description="Only these; repeat it for several.")] = None,
        limit: Limit = 500,
        page: Page = "",
    ) -> models.Ledger:
        """Return the ledger: counts of all households, and a page of them, those not reached first."""
        viewer = await reader(gateway, request)
        summary = await read(request, announcement, community)
        found: notify.ListReachResponse = await viewer.ask.notify(
            notify.ListReachRequest(
                community_id=await community_of(viewer, community),
                announcement_id=announcement,
                states=[reach_from_word(word) for word in state or ()],
                page_size=limit,
                page_token=page,
            )
        )
        households = [answers.household(household) for household in found.households]
        return models.Ledger(
            announcement=announcement,
            counts=answers.counts(summary),
            households=households,
            not_reached=[household for household in households if household.state != "reached"],
            next_page=found.next_page_token or None,
        )

    @router.post("/{announcement}/visits", status_code=201)
    async def record_visit(
        request: Request,
        announcement: str,
        visit: models.NewVisit,
        community: Community = None,
        idempotency_key: IdempotencyKey = None,
    ) -> models.HouseholdReach:
        """Record a knock on the door."""
        viewer = await writer(gateway, request)
        recorded: notify.RecordVisitResponse = await viewer.ask.notify(
            notify.RecordVisitRequest(
                community_id=await community_of(viewer, community),
                announcement_id=checked_id(announcement, "announcement"),
                household_id=checked_id(visit.household, "household"),
                result=visit_from_word(visit.result),
                idempotency_key=key_or_new(idempotency_key),
            )
        )
        return answers.household(recorded.household)

    return router


def _to_proto(given: models.NewAnnouncement) -> announcement_pb2.NewAnnouncement:
    return announcement_pb2.NewAnnouncement(
        title=given.title,
        text=given.text,
        urgency=urgency_from_word(given.urgency),
        group_ids=[checked_id(group, "groups") for group in given.groups],
        channels=given.channels,
        valid_until=timestamp(given.valid_until) if given.valid_until else None,
        source=given.source,
    )
