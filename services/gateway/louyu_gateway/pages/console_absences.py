"""Absences: those with a role enter the days on which they are away, and who answers meanwhile."""

import asyncio
import uuid
from datetime import date, datetime, timedelta
from types import SimpleNamespace

from fastapi import APIRouter
from louyu.messaging.v1 import membership_pb2
from louyu.messaging.v1 import membership_service_pb2 as membership
from louyu_runtime.errors import InvalidArgument, LouyuError, RemoteError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from louyu_gateway.gateway import Gateway, Viewer
from louyu_gateway.pages import moments
from louyu_gateway.pages.console import console_viewer, render_console
from louyu_gateway.pages.role_views import AT as RAIL
from louyu_gateway.pages.role_views import is_office, people_with_roles, read_roles, tabs
from louyu_gateway.pages.texts import Texts
from louyu_gateway.wire import moment, timestamp

AT = "/console/absences"


def console_absence_pages(gateway: Gateway) -> APIRouter:
    """Return the routes under /console/absences."""
    router = APIRouter(prefix=AT, include_in_schema=False)
    pages = gateway.pages

    @router.get("")
    async def absences(request: Request) -> Response:
        return await _page(await console_viewer(gateway, request), request, {})

    @router.post("")
    async def enter(request: Request) -> Response:
        viewer, fields = await gateway.writer(request)
        try:
            first, last = _day(fields, "first"), _day(fields, "last")
            await viewer.ask.membership(
                membership.SetAbsenceRequest(
                    community_id=viewer.community(),
                    person_id=fields.get("person") or viewer.principal.id,
                    starts_at=timestamp(_midnight(first)),
                    ends_at=timestamp(_midnight(last + timedelta(days=1))),
                    substitute_id=fields.get("substitute", ""),
                    idempotency_key=fields.get("key") or uuid.uuid4().hex,
                )
            )
        except (RemoteError, LouyuError) as error:
            if error.code.name not in ("INVALID_ARGUMENT", "FAILED_PRECONDITION", "PERMISSION_DENIED"):
                raise
            return await _page(viewer, request, fields, problem=error.resident_text, status=409)
        return RedirectResponse(AT, status_code=303)

    @router.post("/{absence_id}/end")
    async def end(request: Request, absence_id: str) -> Response:
        viewer, _ = await gateway.writer(request)
        await viewer.ask.membership(
            membership.EndAbsenceRequest(community_id=viewer.community(), absence_id=absence_id)
        )
        return RedirectResponse(AT, status_code=303)

    async def _page(
        viewer: Viewer, request: Request, given: dict[str, str], *, problem: str = "", status: int = 200
    ) -> Response:
        texts, now = pages.texts(request), gateway.now()
        found: membership.ListAbsencesResponse
        groups: list[membership_pb2.GroupRoles]
        found, groups = await asyncio.gather(
            viewer.ask.membership(membership.ListAbsencesRequest(community_id=viewer.community())), read_roles(viewer)
        )
        return await render_console(
            gateway,
            request,
            viewer,
            "console/absences.html",
            at=RAIL,
            status=status,
            tabs=tabs(viewer, texts, AT),
            absences=[_absence(each, now, texts) for each in found.absences],
            people=people_with_roles(groups, texts),
            is_office=is_office(viewer.principal),
            own_id=viewer.principal.id,
            today=now.astimezone(moments.ZONE).date().isoformat(),
            given=given,
            problem=texts(problem.rstrip("。")) if problem else "",
        )

    return router


def _day(fields: dict[str, str], name: str) -> date:
    try:
        day = date.fromisoformat(fields.get(name, ""))
    except ValueError as error:
        raise InvalidArgument(
            f"{name} must be a day such as 2026-02-17", field=name, resident_text="请填写离开和回来的日子。"
        ) from error
    if not 1 < day.year < 9999:
        raise InvalidArgument(f"{name} is too far away", field=name, resident_text="请填写离开和回来的日子。")
    return day


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=moments.ZONE)


def _absence(found: membership_pb2.Absence, now: datetime, texts: Texts) -> SimpleNamespace:
    starts_at, ends_at = moment(found, "starts_at") or now, moment(found, "ends_at") or now
    last = max(starts_at, ends_at - timedelta(seconds=1))
    first_day, last_day = moments.day_of(starts_at, now, texts), moments.day_of(last, now, texts)
    return SimpleNamespace(
        id=found.id,
        name=found.name,
        days=first_day if first_day == last_day else texts("{first} 到 {last}", first=first_day, last=last_day),
        is_now=starts_at <= now,
        substitute=found.substitute_name,
        is_substitute_away=found.is_substitute_away,
        may_end=found.may_end,
    )
