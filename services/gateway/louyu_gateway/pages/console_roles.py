"""Who holds which role: an overview with what is missing, and giving and taking roles in one group."""

import asyncio
import uuid
from types import SimpleNamespace

from fastapi import APIRouter
from louyu.messaging.v1 import membership_pb2
from louyu.messaging.v1 import membership_service_pb2 as membership
from louyu_runtime.errors import RemoteError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from louyu_gateway.gateway import Gateway, Viewer
from louyu_gateway.pages.console import console_viewer, render_console
from louyu_gateway.pages.console_coverage import STEWARDS
from louyu_gateway.pages.role_views import (
    AT,
    held_view,
    people_with_roles,
    read_responder_names,
    read_roles,
    role_label,
    tabs,
)
from louyu_gateway.pages.views import Choice

MOST_FOUND = 30


def console_role_pages(gateway: Gateway) -> APIRouter:
    """Return the routes under /console/roles."""
    router = APIRouter(prefix=AT, include_in_schema=False)
    pages = gateway.pages

    @router.get("")
    async def overview(request: Request) -> Response:
        viewer = await console_viewer(gateway, request)
        texts = pages.texts(request)
        groups = await read_roles(viewer)
        rows = [
            SimpleNamespace(
                id=group.group_id,
                name=group.group_name,
                heads=[held_view(each, (), texts, {}) for each in group.held if each.role == "building_head"],
                liaisons=[held_view(each, (), texts, {}) for each in group.held if each.role == "liaison"],
                others=[
                    held_view(each, (), texts, {})
                    for each in group.held
                    if each.role not in ("building_head", "liaison")
                ],
                missing=[role_label(each, texts) for each in group.missing],
                may_grant=bool(group.may_grant),
            )
            for group in groups
        ]
        return await render_console(
            gateway,
            request,
            viewer,
            "console/roles.html",
            at=AT,
            tabs=tabs(viewer, texts, AT),
            rows=rows,
            without_head=[
                row.name for row, group in zip(rows, groups, strict=True) if "building_head" in group.missing
            ],
            without_second=[row.name for row, group in zip(rows, groups, strict=True) if "second" in group.missing],
        )

    @router.get("/{group_id}")
    async def group(request: Request, group_id: str, who: str = "") -> Response:
        viewer = await console_viewer(gateway, request)
        return await _page(viewer, request, group_id, who=who)

    @router.post("/{group_id}/grant")
    async def grant(request: Request, group_id: str) -> Response:
        viewer, fields = await gateway.writer(request)
        role = fields.get("role", "")
        return await _do(
            viewer,
            request,
            group_id,
            membership.GrantRoleRequest(
                community_id=viewer.community(),
                group_ids=[group_id],
                person_id=fields.get("person", ""),
                role="building_head" if role == "second" else role,
                is_second=role == "second",
                responder_key=fields.get("responder", "") if role == "staff" else "",
                idempotency_key=fields.get("key") or uuid.uuid4().hex,
            ),
            who=fields.get("who", ""),
        )

    @router.post("/{group_id}/withdraw")
    async def withdraw(request: Request, group_id: str) -> Response:
        viewer, fields = await gateway.writer(request)
        return await _do(
            viewer,
            request,
            group_id,
            membership.WithdrawRoleRequest(
                community_id=viewer.community(),
                group_id=group_id,
                person_id=fields.get("person", ""),
                role=fields.get("role", ""),
                responder_key=fields.get("responder", ""),
                successor_id=fields.get("successor", ""),
                accepts_vacancy=fields.get("vacant") == "yes",
                idempotency_key=fields.get("key") or uuid.uuid4().hex,
            ),
        )

    async def _do(
        viewer: Viewer,
        request: Request,
        group_id: str,
        wanted: membership.GrantRoleRequest | membership.WithdrawRoleRequest,
        *,
        who: str = "",
    ) -> Response:
        try:
            await viewer.ask.membership(wanted)
        except RemoteError as error:
            if error.code.name not in ("INVALID_ARGUMENT", "FAILED_PRECONDITION", "PERMISSION_DENIED"):
                raise
            problem = "请先选一位。" if error.field == "person_id" else error.resident_text
            return await _page(viewer, request, group_id, who=who, problem=problem, status=409)
        gateway.people.forget(viewer.principal)
        return RedirectResponse(f"{AT}/{group_id}", status_code=303)

    async def _page(
        viewer: Viewer, request: Request, group_id: str, *, who: str, problem: str = "", status: int = 200
    ) -> Response:
        texts = pages.texts(request)
        groups, (own,), names = await asyncio.gather(
            read_roles(viewer), read_roles(viewer, group_id), read_responder_names(viewer)
        )
        everybody = people_with_roles(groups, texts)
        held_keys = {each.responder_key for group in groups for each in group.held if each.responder_key}
        keys = names or {key: key for key in sorted(held_keys)}
        may_grant = [each for each in own.may_grant if each != "staff" or keys]
        return await render_console(
            gateway,
            request,
            viewer,
            "console/role_group.html",
            at=AT,
            status=status,
            group=own,
            held=[held_view(each, own.may_grant, texts, names) for each in own.held],
            missing=[role_label(each, texts) for each in own.missing],
            may_grant=[Choice(each, role_label(each, texts)) for each in may_grant],
            responders=[Choice(key, name) for key, name in keys.items()],
            found=await _found(viewer, own, everybody, who),
            everybody=everybody,
            who=who,
            problem=texts(problem.rstrip("。")) if problem else "",
        )

    async def _found(viewer: Viewer, own: membership_pb2.GroupRoles, everybody: list[Choice], who: str) -> list[Choice]:
        """Return whom the words find: neighbours of the group with their flats, and everybody with a role."""
        words = who.strip()[:40]
        if not words or not own.may_grant:
            return []
        found = [each for each in everybody if words.casefold() in each.label.casefold()]
        if viewer.principal.roles & STEWARDS or viewer.principal.is_operator:
            answer: membership.ListResidentsResponse = await viewer.ask.membership(
                membership.ListResidentsRequest(
                    community_id=viewer.community(), group_id=own.group_id, search=words, page_size=MOST_FOUND
                )
            )
            known = {each.value for each in found}
            found += [
                Choice(each.person_id, " · ".join(part for part in (each.name, each.building_name, each.flat) if part))
                for each in answer.residents
                if each.person_id not in known
            ]
        return found[:MOST_FOUND]

    return router
