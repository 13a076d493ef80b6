"""The operators' page: events put aside, plugins, screens; and the choice of the community that an operator looks at.

It needs no community: only the list of screens waits until one is chosen.
"""

import asyncio
from datetime import timedelta
from types import SimpleNamespace

from fastapi import APIRouter
from louyu.events.v1 import events_service_pb2 as events
from louyu.messaging.v1 import media_service_pb2 as media
from louyu.messaging.v1 import messaging_service_pb2 as messaging
from louyu.notify.v1 import notify_service_pb2 as notify
from louyu.notify.v1 import screen_pb2
from louyu.routing.v1 import plan_pb2
from louyu.routing.v1 import routing_service_pb2 as routing
from louyu_runtime.errors import NotFound, PermissionDenied, RemoteError
from louyu_runtime.ids import community_id_of, is_uuid
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from louyu_gateway.gateway import COMMUNITY_COOKIE, Gateway, Viewer
from louyu_gateway.pages import words
from louyu_gateway.pages.console import console_viewer, render_console
from louyu_gateway.pages.texts import Texts
from louyu_gateway.wire import moment

AT = "/console/system"
SCREEN_LATE = timedelta(minutes=10)


def console_system_pages(gateway: Gateway) -> APIRouter:
    """Return the routes under /console/system, and the choice of community."""
    router = APIRouter(prefix="/console", include_in_schema=False)
    pages = gateway.pages

    async def operator(request: Request) -> Viewer:
        viewer = await console_viewer(gateway, request)
        if not viewer.principal.is_operator:
            raise PermissionDenied("this page is for operators")
        return viewer

    @router.get("/system")
    async def system(request: Request) -> Response:
        viewer = await operator(request)
        community_id = viewer.principal.community_id
        texts, now = pages.texts(request), gateway.now()
        parked, unreachable = await _read_parked(viewer)
        plugins: list[SimpleNamespace] = []
        screens: list[SimpleNamespace] = []
        for service, listing in (
            ("routing", viewer.ask.routing(routing.ListPluginsRequest())),
            ("notify", viewer.ask.notify(notify.ListPluginsRequest())),
            ("messaging", viewer.ask.media(media.ListPluginsRequest())),
        ):
            try:
                plugins += [_plugin(service, plugin, texts) for plugin in (await listing).plugins]
            except RemoteError:
                unreachable.add(service)
        if community_id:
            try:
                listed: notify.ListScreensResponse = await viewer.ask.notify(
                    notify.ListScreensRequest(community_id=community_id)
                )
                screens = [_screen(gateway, screen, texts) for screen in listed.screens]
            except RemoteError:
                unreachable.add("notify")
        return await render_console(
            gateway,
            request,
            viewer,
            "console/system.html",
            at=AT,
            unreachable=sorted(unreachable),
            parked=sorted(parked, key=lambda event: event.at or now, reverse=True),
            plugins=plugins,
            screens=screens,
            has_community=bool(community_id),
        )

    @router.post("/system/parked/{community_id}/{service}/{event_id}")
    async def retry(request: Request, community_id: str, service: str, event_id: str) -> Response:
        _, _ = await gateway.writer(request)
        viewer = await operator(request)
        if service not in gateway.services.events or not is_uuid(community_id):
            raise NotFound("no such parked event")
        await viewer.ask.events(service, events.RetryParkedEventRequest(community_id=community_id, event_id=event_id))
        return RedirectResponse(AT, status_code=303)

    @router.post("/community")
    async def choose(request: Request) -> Response:
        _, fields = await gateway.writer(request)
        viewer = await operator(request)
        chosen = community_id_of(fields.get("community", "").strip())
        try:
            await viewer.ask.messaging(messaging.GetCommunityRequest(community=chosen))
        except RemoteError as error:
            return await render_console(
                gateway,
                request,
                viewer,
                "console/choose.html",
                at="/console/",
                status=404,
                problem=pages.texts(request)(error.resident_text),
            )
        response = RedirectResponse("/console/", status_code=303)
        gateway.sessions.keep(response, COMMUNITY_COOKIE, chosen)
        return response

    return router


async def _read_parked(viewer: Viewer) -> tuple[list[SimpleNamespace], set[str]]:
    """Return what the services have put aside, of all communities, and the services that cannot be asked."""
    parked: list[SimpleNamespace] = []
    unreachable: set[str] = set()
    asked = {service: viewer.ask.events(service, events.ListParkedEventsRequest()) for service in ("routing", "notify")}
    for service, answer in zip(asked, await asyncio.gather(*asked.values(), return_exceptions=True), strict=True):
        if isinstance(answer, RemoteError):
            unreachable.add(service)
        elif isinstance(answer, BaseException):
            raise answer
        else:
            parked += [_parked(service, event) for event in answer.parked_events]
    names = await _community_names(viewer, {event.community_id for event in parked})
    for event in parked:
        event.community = names.get(event.community_id, event.community_id)
    return parked, unreachable


async def _community_names(viewer: Viewer, community_ids: set[str]) -> dict[str, str]:
    """Return the names of these communities by UUID, as far as messaging tells them."""
    asked = [viewer.ask.messaging(messaging.GetCommunityRequest(community=one)) for one in sorted(community_ids)]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    return {
        answer.community.id: answer.community.name
        for answer in answers
        if isinstance(answer, messaging.GetCommunityResponse)
    }


def _parked(service: str, event: events.ParkedEvent) -> SimpleNamespace:
    return SimpleNamespace(
        service=service,
        community_id=event.community_id,
        id=event.event_id,
        type=event.type,
        error=event.error,
        attempts=event.attempt_count,
        at=moment(event, "parked_at"),
    )


def _plugin(service: str, plugin: plan_pb2.PluginState, texts: Texts) -> SimpleNamespace:
    label, tone = words.PLUGIN_STATES.get(plugin.state, (plugin.state, "calm"))
    return SimpleNamespace(
        name=plugin.name,
        version=plugin.version,
        service=service,
        failures=plugin.failure_count,
        last_failure=plugin.last_failure,
        state_label=texts(label),
        tone=tone,
        fault=plugin.fault,
        since=moment(plugin, "since"),
    )


def _screen(gateway: Gateway, screen: screen_pb2.Screen, texts: Texts) -> SimpleNamespace:
    seen_at = moment(screen, "last_seen_at")
    label, tone = ("从未报到", "alarm") if seen_at is None else ("亮着", "done")
    if seen_at is not None and gateway.now() - seen_at > SCREEN_LATE:
        label, tone = "失联", "alarm"
    return SimpleNamespace(
        group_name=screen.group_name,
        place=screen.place,
        code=screen.code,
        state_label=texts(label),
        tone=tone,
        at=seen_at,
    )
