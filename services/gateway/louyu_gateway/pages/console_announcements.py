"""The console's announcements: write, preview, publish, and the ledger of households."""

import asyncio
import uuid
from datetime import datetime
from types import SimpleNamespace

from fastapi import APIRouter
from louyu.notify.v1 import announcement_pb2
from louyu.notify.v1 import notify_service_pb2 as notify
from louyu_runtime.errors import InvalidArgument, LouyuError, RemoteError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from louyu_gateway.bounds import checked_moment
from louyu_gateway.gateway import Gateway, Viewer, form_items
from louyu_gateway.own_forms import check_own_form
from louyu_gateway.pages import moments, words
from louyu_gateway.pages.announcement_views import announcement_row, household_row
from louyu_gateway.pages.console import console_viewer, render_console
from louyu_gateway.pages.conversation import read_groups
from louyu_gateway.pages.views import Choice
from louyu_gateway.wire import reach_from_word, timestamp, urgency_from_word, visit_from_word, visit_word

AT = "/console/announcements"
VISITS = {announcement_pb2.VisitResult.ValueType(result): label for result, label in words.VISITS.items()}
NOT_REACHED = ("unreachable", "waiting", "sent")


def console_announcement_pages(gateway: Gateway) -> APIRouter:
    """Return the routes under /console/announcements."""
    router = APIRouter(prefix=AT, include_in_schema=False)
    pages = gateway.pages

    async def group_names(viewer: Viewer) -> dict[str, str]:
        return {group.id: group.name for group in await read_groups(viewer)}

    @router.get("")
    async def announcements(request: Request) -> Response:
        viewer = await console_viewer(gateway, request)
        found: notify.ListAnnouncementsResponse
        names: dict[str, str]
        found, names = await asyncio.gather(
            viewer.ask.notify(notify.ListAnnouncementsRequest(community_id=viewer.community(), page_size=100)),
            group_names(viewer),
        )
        texts, now = pages.texts(request), gateway.now()
        rows = [announcement_row(announcement, names, now, texts) for announcement in found.announcements]
        return await render_console(gateway, request, viewer, "console/announcements.html", at=AT, rows=rows)

    @router.get("/new")
    async def blank(request: Request) -> Response:
        viewer = await console_viewer(gateway, request)
        return await _form(viewer, request, Given())

    @router.post("/new")
    async def write(request: Request) -> Response:
        items = await form_items(request)
        fields = dict(items)
        given = Given(fields, [value for name, value in items if name == "group"])
        check_own_form(request, fields.get("csrf", ""))
        viewer = await console_viewer(gateway, request)
        if fields.get("step") == "write":
            return await _form(viewer, request, given)
        try:
            announcement = given.announcement()
            if fields.get("step") == "publish":
                created: notify.CreateAnnouncementResponse = await viewer.ask.notify(
                    notify.CreateAnnouncementRequest(
                        community_id=viewer.community(),
                        announcement=announcement,
                        idempotency_key=fields.get("key", ""),
                    )
                )
                return RedirectResponse(f"{AT}/{created.announcement.id}", status_code=303)
            preview: notify.PreviewAnnouncementResponse = await viewer.ask.notify(
                notify.PreviewAnnouncementRequest(community_id=viewer.community(), announcement=announcement)
            )
        except (RemoteError, LouyuError) as error:
            if error.code.name not in ("INVALID_ARGUMENT", "FAILED_PRECONDITION", "PERMISSION_DENIED"):
                raise
            return await _form(viewer, request, given, problem=error.resident_text, status=422)
        return await _form(viewer, request, given, preview=preview)

    async def _form(
        viewer: Viewer,
        request: Request,
        given: "Given",
        *,
        problem: str = "",
        status: int = 200,
        preview: notify.PreviewAnnouncementResponse | None = None,
    ) -> Response:
        texts = pages.texts(request)
        names = await group_names(viewer)
        shown = None
        if preview is not None:
            valid_until = given.moment()
            shown = SimpleNamespace(
                title=preview.published_title,
                text=preview.published_text,
                warnings=list(preview.warnings),
                audience="、".join(names.get(group, "") for group in given.groups) or texts("全社区"),
                households=preview.household_count,
                valid_until=valid_until.astimezone(moments.ZONE).strftime("%Y-%m-%d %H:%M")
                if valid_until
                else texts("7 天后"),
                urgency=texts(words.URGENCIES[given.urgency]),
                fields=given.fields(),
            )
        return await render_console(
            gateway,
            request,
            viewer,
            "console/announcement_new.html",
            at=AT,
            status=status,
            given=given,
            groups=[Choice(key, name) for key, name in names.items()],
            urgencies=[Choice(key, texts(label)) for key, label in words.URGENCIES.items()],
            preview=shown,
            problem=problem,
        )

    @router.get("/{announcement_id}")
    async def ledger(request: Request, announcement_id: str, page: str = "") -> Response:
        viewer = await console_viewer(gateway, request)
        of = {"community_id": viewer.community(), "announcement_id": announcement_id}
        found: notify.GetAnnouncementResponse
        reach: notify.ListReachResponse
        names: dict[str, str]
        found, reach, names = await asyncio.gather(
            viewer.ask.notify(notify.GetAnnouncementRequest(**of)),
            viewer.ask.notify(
                notify.ListReachRequest(
                    **of, states=[reach_from_word(word) for word in NOT_REACHED], page_size=200, page_token=page
                )
            ),
            group_names(viewer),
        )
        texts, now = pages.texts(request), gateway.now()
        return await render_console(
            gateway,
            request,
            viewer,
            "console/announcement.html",
            at=AT,
            row=announcement_row(found.announcement, names, now, texts),
            text=found.announcement.text,
            complete=found.announcement.is_ledger_complete,
            households=[household_row(household, texts) for household in reach.households],
            more=f"?page={reach.next_page_token}" if reach.next_page_token else "",
            visits=[Choice(visit_word(result), texts(label)) for result, label in VISITS.items()],
        )

    @router.post("/{announcement_id}/visits")
    async def record_visit(request: Request, announcement_id: str) -> Response:
        viewer, fields = await gateway.writer(request)
        try:
            result = visit_from_word(fields.get("result", ""))
        except ValueError:
            raise InvalidArgument("result must be told, not_at_home or slip_left", field="result") from None
        await viewer.ask.notify(
            notify.RecordVisitRequest(
                community_id=viewer.community(),
                announcement_id=announcement_id,
                household_id=fields.get("household", ""),
                result=result,
                idempotency_key=uuid.uuid4().hex,
            )
        )
        return RedirectResponse(f"{AT}/{announcement_id}", status_code=303)

    return router


class Given:
    """What the form of an announcement holds, as typed."""

    def __init__(self, fields: dict[str, str] | None = None, groups: list[str] | None = None) -> None:
        fields = fields or {}
        self.title = fields.get("title", "").strip()
        self.text = fields.get("text", "").strip()
        self.source = fields.get("source", "").strip()
        self.urgency = fields.get("urgency", "ordinary")
        self.valid_until = fields.get("valid_until", "")
        self.groups = groups or []

    def fields(self) -> list[tuple[str, str]]:
        """Return everything as hidden fields, so that the preview can be published or written further."""
        plain = ("title", "text", "source", "urgency", "valid_until")
        return [(name, str(getattr(self, name))) for name in plain] + [("group", group) for group in self.groups]

    def moment(self) -> datetime | None:
        """Return until when it is valid. Raises InvalidArgument for what is no moment."""
        if not self.valid_until:
            return None
        try:
            return checked_moment(datetime.fromisoformat(self.valid_until).replace(tzinfo=moments.ZONE))
        except ValueError:
            raise InvalidArgument(
                "valid_until is no moment", field="valid_until", resident_text="有效时间写得不对。"
            ) from None

    def announcement(self) -> announcement_pb2.NewAnnouncement:
        """Return the request's part. Raises InvalidArgument."""
        if self.urgency not in words.URGENCIES:
            raise InvalidArgument("urgency must be ordinary, important or emergency", field="urgency")
        valid_until = self.moment()
        return announcement_pb2.NewAnnouncement(
            title=self.title,
            text=self.text,
            urgency=urgency_from_word(self.urgency),
            group_ids=self.groups,
            valid_until=timestamp(valid_until) if valid_until else None,
            source=self.source,
        )
