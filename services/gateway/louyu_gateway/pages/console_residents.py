"""The members of a group with flat and kind: those who wait are confirmed with one tap, or doubted with a reason."""

import uuid
from types import SimpleNamespace
from urllib.parse import urlencode

from fastapi import APIRouter
from louyu.messaging.v1 import membership_pb2
from louyu.messaging.v1 import membership_service_pb2 as membership
from louyu_runtime.errors import NotFound, RemoteError
from louyu_runtime.permissions import LEADERS
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from louyu_gateway.gateway import Gateway, Viewer
from louyu_gateway.pages import words
from louyu_gateway.pages.console import console_viewer, render_console
from louyu_gateway.pages.conversation import read_group
from louyu_gateway.pages.texts import Texts
from louyu_gateway.pages.views import Choice, Filter
from louyu_gateway.wire import kind_from_word, kind_word, moment, residency_from_word, residency_word

AT = "/console/groups"
SHOWN = {"unconfirmed": "待核对", "doubted": "存疑", "all": "全部"}
PAGE_SIZE = 100


def console_resident_pages(gateway: Gateway) -> APIRouter:
    """Return the routes under /console/groups/{group}/residents."""
    router = APIRouter(prefix=AT, include_in_schema=False)
    pages = gateway.pages

    @router.get("/{group_id}/residents")
    async def residents(request: Request, group_id: str, show: str = "all", who: str = "", page: str = "") -> Response:
        viewer = await console_viewer(gateway, request)
        return await _page(viewer, request, group_id, show=show, who=who, page=page)

    @router.post("/{group_id}/residents/{person_id}/{action}")
    async def act(request: Request, group_id: str, person_id: str, action: str) -> Response:
        viewer, fields = await gateway.writer(request)
        show, who = fields.get("show", "all"), fields.get("who", "")
        key = fields.get("key") or uuid.uuid4().hex
        community_id = viewer.community()
        wanted: membership.DecideResidencyRequest | membership.SetMemberKindRequest
        if action in ("confirmed", "doubted"):
            wanted = membership.DecideResidencyRequest(
                community_id=community_id,
                person_id=person_id,
                state=residency_from_word(action),
                reason=fields.get("reason", ""),
                idempotency_key=key,
            )
        elif action == "kind" and fields.get("kind") in words.MEMBER_KINDS:
            kind = kind_from_word(fields["kind"])
            wanted = membership.SetMemberKindRequest(
                community_id=community_id, person_id=person_id, kind=kind, idempotency_key=key
            )
        else:
            raise NotFound(f"no such action: {action[:20]}")
        try:
            await viewer.ask.membership(wanted)
        except RemoteError as error:
            if error.code.name not in ("INVALID_ARGUMENT", "FAILED_PRECONDITION", "PERMISSION_DENIED"):
                raise
            return await _page(viewer, request, group_id, show=show, who=who, problem=error.resident_text, status=409)
        return RedirectResponse(_address(group_id, show, who), status_code=303)

    async def _page(
        viewer: Viewer,
        request: Request,
        group_id: str,
        *,
        show: str,
        who: str,
        page: str = "",
        problem: str = "",
        status: int = 200,
    ) -> Response:
        group = await read_group(viewer, group_id)
        texts = pages.texts(request)
        show = show if show in SHOWN else "all"
        found: membership.ListResidentsResponse = await viewer.ask.membership(
            membership.ListResidentsRequest(
                community_id=viewer.community(),
                group_id=group_id,
                state=residency_from_word("unspecified" if show == "all" else show),
                search=who.strip()[:40],
                page_size=PAGE_SIZE,
                page_token=page,
            )
        )
        more = ""
        if found.next_page_token:
            more = _address(group_id, show, who) + "&" + urlencode({"page": found.next_page_token})
        return await render_console(
            gateway,
            request,
            viewer,
            "console/residents.html",
            at=AT,
            status=status,
            group=group,
            residents=[resident_view(each, texts) for each in found.residents],
            wanted=found.is_confirmation_wanted,
            may_decide=bool(viewer.principal.roles & LEADERS) or viewer.principal.is_operator,
            filters=[Filter(texts(SHOWN[key]), _address(group_id, key, who), key == show) for key in SHOWN],
            kinds=[Choice(key, texts(label)) for key, label in words.MEMBER_KINDS.items() if key != "unspecified"],
            show=show,
            who=who,
            more=more,
            problem=texts(problem.rstrip("。")) if problem else "",
        )

    return router


def _address(group_id: str, show: str, who: str) -> str:
    return f"{AT}/{group_id}/residents?" + urlencode({"show": show, "who": who} if who else {"show": show})


def resident_view(found: membership_pb2.Residency, texts: Texts) -> SimpleNamespace:
    """Return a member as the list shows them."""
    state = residency_word(found.state)
    label, tone = words.RESIDENCIES[state]
    kind = kind_word(found.kind)
    role = words.leading_role(list(found.roles))
    return SimpleNamespace(
        id=found.person_id,
        name=found.name,
        place=" ".join(part for part in (found.building_name, found.flat) if part),
        kind=kind,
        kind_label=texts(words.MEMBER_KINDS[kind]),
        state=state,
        state_label=texts(label),
        tone=tone,
        role=texts(words.ROLES[role]) if role else "",
        since=moment(found, "since"),
        by=found.decided_by_name,
        reason=found.reason,
    )
