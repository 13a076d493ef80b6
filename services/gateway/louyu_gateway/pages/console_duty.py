"""The duty roster: who is on duty for a role or a responder, by days of the week or on one day."""

import asyncio
import uuid
from types import SimpleNamespace

from fastapi import APIRouter
from louyu.messaging.v1 import membership_pb2
from louyu.messaging.v1 import membership_service_pb2 as membership
from louyu_runtime.errors import RemoteError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from louyu_gateway.gateway import Gateway, Viewer, form_items
from louyu_gateway.own_forms import check_own_form
from louyu_gateway.pages import words
from louyu_gateway.pages.console import console_viewer, render_console
from louyu_gateway.pages.role_views import AT as RAIL
from louyu_gateway.pages.role_views import is_office, read_responder_names, read_roles, role_label, tabs
from louyu_gateway.pages.texts import Texts
from louyu_gateway.pages.views import Choice

AT = "/console/duty"
ROLES = ("liaison", "secretary", "harmony_promoter")
SEPARATOR = "/"
"""Between what somebody is on duty for and who it is, in the form's one choice."""


def console_duty_pages(gateway: Gateway) -> APIRouter:
    """Return the routes under /console/duty."""
    router = APIRouter(prefix=AT, include_in_schema=False)
    pages = gateway.pages

    @router.get("")
    async def roster(request: Request) -> Response:
        return await _page(await console_viewer(gateway, request), request, SimpleNamespace(fields={}, weekdays=[]))

    @router.post("")
    async def enter(request: Request) -> Response:
        items = await form_items(request)
        fields = dict(items)
        check_own_form(request, fields.get("csrf", ""))
        viewer = await console_viewer(gateway, request)
        weekdays = [
            value for name, value in items if name == "weekday" and value in ("1", "2", "3", "4", "5", "6", "7")
        ]
        kind, _, rest = fields.get("on_duty", "").partition(SEPARATOR)
        what, _, person_id = rest.rpartition(SEPARATOR)
        date = fields.get("date", "")
        try:
            await viewer.ask.membership(
                membership.AddDutyShiftRequest(
                    community_id=viewer.community(),
                    shift=membership_pb2.DutyShift(
                        person_id=person_id,
                        role=what if kind == "role" else "",
                        responder_key=what if kind == "responder" else "",
                        weekdays=[] if date else [int(day) for day in weekdays],
                        date=date,
                        from_time=fields.get("from", ""),
                        until_time=fields.get("until", ""),
                    ),
                    idempotency_key=fields.get("key") or uuid.uuid4().hex,
                )
            )
        except RemoteError as error:
            if error.code.name not in ("INVALID_ARGUMENT", "FAILED_PRECONDITION", "PERMISSION_DENIED"):
                raise
            given = SimpleNamespace(fields=fields, weekdays=weekdays)
            return await _page(viewer, request, given, problem=error.resident_text, status=409)
        return RedirectResponse(AT, status_code=303)

    @router.post("/{shift_id}/remove")
    async def remove(request: Request, shift_id: str) -> Response:
        viewer, _ = await gateway.writer(request)
        await viewer.ask.membership(
            membership.RemoveDutyShiftRequest(community_id=viewer.community(), shift_id=shift_id)
        )
        return RedirectResponse(AT, status_code=303)

    async def _page(
        viewer: Viewer, request: Request, given: SimpleNamespace, *, problem: str = "", status: int = 200
    ) -> Response:
        texts = pages.texts(request)
        found: membership.ListDutyShiftsResponse
        groups: list[membership_pb2.GroupRoles]
        names: dict[str, str]
        found, groups, names = await asyncio.gather(
            viewer.ask.membership(membership.ListDutyShiftsRequest(community_id=viewer.community())),
            read_roles(viewer),
            read_responder_names(viewer),
        )
        rosters: dict[str, list[SimpleNamespace]] = {}
        for each in found.shifts:
            label = role_label(each.role, texts) if each.role else names.get(each.responder_key, each.responder_key)
            rosters.setdefault(label, []).append(_shift(each, texts))
        return await render_console(
            gateway,
            request,
            viewer,
            "console/duty.html",
            at=RAIL,
            status=status,
            tabs=tabs(viewer, texts, AT),
            rosters=rosters,
            choices=_choices(viewer, groups, names, texts),
            weekdays=[Choice(str(key), texts(label)) for key, label in words.WEEKDAYS.items()],
            given=given,
            problem=texts(problem.rstrip("。")) if problem else "",
        )

    return router


def _choices(
    viewer: Viewer, groups: list[membership_pb2.GroupRoles], names: dict[str, str], texts: Texts
) -> list[Choice]:
    """Return whom the viewer may put on the roster, and for what: the office everybody, staff their own responder."""
    own = {held.responder_key for group in groups for held in group.held if held.person_id == viewer.principal.id}
    everything = is_office(viewer.principal)
    found: dict[str, str] = {}
    for group in groups:
        for held in group.held:
            if held.responder_key and (everything or held.responder_key in own):
                found[SEPARATOR.join(("responder", held.responder_key, held.person_id))] = (
                    f"{names.get(held.responder_key, held.responder_key)} · {held.name}"
                )
            elif held.role in ROLES and everything:
                found[SEPARATOR.join(("role", held.role, held.person_id))] = (
                    f"{role_label(held.role, texts)} · {held.name}"
                )
    return [Choice(value, label) for value, label in sorted(found.items(), key=lambda item: item[1])]


def _shift(found: membership_pb2.DutyShift, texts: Texts) -> SimpleNamespace:
    days = found.date or texts("、").join(texts(words.WEEKDAYS[day]) for day in found.weekdays)
    if list(found.weekdays) == [1, 2, 3, 4, 5, 6, 7]:
        days = texts("每天")
    until = texts("次日 {time}", time=found.until_time) if found.until_time <= found.from_time else found.until_time
    return SimpleNamespace(
        id=found.id, name=found.name, days=days, times=f"{found.from_time}–{until}", may_remove=found.may_remove
    )
