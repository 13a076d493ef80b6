"""The console's frame: who may enter, and the rail of places."""

from contextlib import suppress
from dataclasses import dataclass

from louyu_runtime.errors import PermissionDenied, RemoteError
from louyu_runtime.permissions import LEADERS, STAFF
from starlette.requests import Request
from starlette.responses import Response

from louyu_gateway.gateway import Gateway, Viewer
from louyu_gateway.pages import words
from louyu_gateway.pages.conversation import read_community_name
from louyu_gateway.pages.render import name_of
from louyu_gateway.pages.texts import Texts
from louyu_gateway.pages.views import Place

WRITERS_OF_WORDS = LEADERS | {"harmony_promoter", "operator"}
"""Those who put recordings into words."""


@dataclass(frozen=True, slots=True)
class Me:
    """Who is signed in, as the rail shows them."""

    name: str
    role: str
    community_name: str


async def console_viewer(gateway: Gateway, request: Request) -> Viewer:
    """Return who is at the console. Raises PermissionDenied for residents."""
    viewer = await gateway.viewer(request)
    principal = viewer.principal
    if not principal.roles & STAFF:
        raise PermissionDenied(
            "the console is for building heads, committee, responders and operators",
            resident_text="这里是工作人员用的工作台。",
        )
    return viewer


async def render_console(
    gateway: Gateway, request: Request, viewer: Viewer, template: str, *, at: str, status: int = 200, **values: object
) -> Response:
    """Return a page of the console; `at` is the address of the place in the rail that it belongs to."""
    texts = gateway.pages.texts(request)
    community_name = ""
    if viewer.principal.community_id:
        with suppress(RemoteError):
            community_name = await read_community_name(viewer)
    me = Me(name_of(viewer.principal, texts), _role_text(viewer, texts), community_name)
    return gateway.pages.render(request, template, status=status, places=_places(viewer, texts, at), me=me, **values)


def _places(viewer: Viewer, texts: Texts, at: str) -> list[Place]:
    roles = viewer.principal.roles
    places = [("/console/", "list", texts("诉求"))]
    if roles & LEADERS or viewer.principal.is_operator:
        places.append(("/console/announcements", "horn", texts("通知")))
        places.append(("/console/deliveries", "send", texts("没送到")))
    if roles & WRITERS_OF_WORDS:
        places.append(("/console/recordings", "voice", texts("语音")))
    places.append(("/console/groups", "building", texts("楼群")))
    places.append(("/console/roles", "people", texts("人员")))
    if viewer.principal.is_operator:
        places.append(("/console/system", "gear", texts("运行")))
    return [Place(href, sign, label, href == at) for href, sign, label in places]


def _role_text(viewer: Viewer, texts: Texts) -> str:
    role = words.leading_role(viewer.principal.roles)
    return texts(words.ROLES[role]) if role else ""
