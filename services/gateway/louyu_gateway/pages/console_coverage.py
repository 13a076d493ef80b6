"""Coverage of a group: how many households have somebody in it, and the list to take along when knocking at doors."""

from types import SimpleNamespace

from fastapi import APIRouter
from louyu.messaging.v1 import membership_pb2
from louyu.messaging.v1 import membership_service_pb2 as membership
from louyu_runtime.errors import RemoteError
from louyu_runtime.permissions import LEADERS
from starlette.requests import Request
from starlette.responses import Response

from louyu_gateway.gateway import Gateway, Viewer
from louyu_gateway.pages.console import console_viewer, render_console

AT = "/console/groups"
STEWARDS = LEADERS | {"harmony_promoter"}


def console_coverage_pages(gateway: Gateway) -> APIRouter:
    """Return the route /console/groups/{group}/coverage."""
    router = APIRouter(prefix=AT, include_in_schema=False)

    @router.get("/{group_id}/coverage")
    async def coverage(request: Request, group_id: str) -> Response:
        viewer = await console_viewer(gateway, request)
        found: membership.GetCoverageResponse = await viewer.ask.membership(
            membership.GetCoverageRequest(community_id=viewer.community(), group_id=group_id)
        )
        return await render_console(
            gateway,
            request,
            viewer,
            "console/coverage.html",
            at=AT,
            group=found.coverage,
            missing=found.coverage.household_count - found.coverage.covered_count,
            buildings=[_building(each) for each in found.coverage.buildings],
            today=gateway.now(),
        )

    return router


async def read_coverage(viewer: Viewer) -> dict[str, membership_pb2.GroupCoverage]:
    """Return the coverage of the groups that the viewer looks after, by group; nothing for others."""
    if not (viewer.principal.roles & STEWARDS or viewer.principal.is_operator):
        return {}
    try:
        found: membership.ListCoverageResponse = await viewer.ask.membership(
            membership.ListCoverageRequest(community_id=viewer.community())
        )
    except RemoteError:
        return {}
    return {each.group_id: each for each in found.groups}


def _building(found: membership_pb2.BuildingCoverage) -> SimpleNamespace:
    return SimpleNamespace(
        name=found.name,
        units=[
            SimpleNamespace(
                name=unit.unit,
                households=unit.household_count,
                covered=unit.covered_count,
                missing=list(unit.missing_flats),
                absent_owners=list(unit.absent_owner_flats),
            )
            for unit in found.units
        ],
    )
