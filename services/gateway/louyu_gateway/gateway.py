"""What every route works with: the services, who asks, the pages, the live updates, the clock."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from louyu.routing.v1 import question_pb2
from louyu_runtime.channels_file import Channels
from louyu_runtime.errors import InvalidArgument
from louyu_runtime.identity import Principal
from louyu_runtime.ids import community_id_of
from starlette.requests import Request

from louyu_gateway.bounds import checked_text
from louyu_gateway.live import Live
from louyu_gateway.names import Names
from louyu_gateway.own_forms import check_own_form
from louyu_gateway.pace import Pace
from louyu_gateway.pages.render import Pages
from louyu_gateway.people import People, bearer_token
from louyu_gateway.redacting import as_neighbours_see, reads_as_written
from louyu_gateway.services import Calls, Services
from louyu_gateway.sessions import Sessions
from louyu_gateway.settings import GatewaySettings
from louyu_gateway.sharing import SharedStreams

COMMUNITY_COOKIE = "louyu_community"


@dataclass(frozen=True)
class Gateway:
    """The parts of the edge, wired once at the start."""

    settings: GatewaySettings
    services: Services
    sessions: Sessions
    people: People
    names: Names
    pages: Pages
    live: Live
    shared: SharedStreams
    pace: Pace
    channels: Channels
    now: Callable[[], datetime]

    async def viewer(self, request: Request) -> "Viewer":
        """Return who asks, with the services as they reach them. Raises Unauthenticated.

        An operator belongs to no community: in a browser they look at the one that they have chosen.
        """
        principal = await self.people.of(request)
        chosen = request.cookies.get(COMMUNITY_COOKIE, "")
        if principal.is_operator and not principal.community_id and chosen and bearer_token(request) is None:
            principal = replace(principal, community_id=chosen)
        return Viewer(principal, self.services.calls(principal), self.names)

    async def writer(self, request: Request) -> tuple["Viewer", dict[str, str]]:
        """Return who writes with a form of our own, and the form's fields. Raises PermissionDenied for a foreign form."""
        fields = await form_fields(request)
        check_own_form(request, fields.get("csrf", ""))
        return await self.viewer(request), fields

    def keep_pace(self, request: Request, viewer: "Viewer") -> None:
        """Count something that is written for others to read. Raises ResourceExhausted for a browser that is too fast."""
        if bearer_token(request) is None:
            self.pace.keep(viewer.principal.id)

    def public_url(self, path: str) -> str:
        """Return a path of ours as people reach it."""
        return self.settings.public_url.rstrip("/") + path


@dataclass(frozen=True)
class Viewer:
    """Somebody who asks, and `ask`, the services as they reach them within this request."""

    principal: Principal
    ask: Calls
    names: Names

    async def shown(self, question: question_pb2.Question) -> question_pb2.Question:
        """Return a question as the viewer may read it."""
        if reads_as_written(self.principal, question):
            return question
        return as_neighbours_see(question, await self.names.of(question.community_id))

    def community(self, given: str | None = None) -> str:
        """Return the community's UUID: the one named by key or UUID, else the viewer's own."""
        if given:
            return community_id_of(given)
        if not self.principal.community_id:
            raise InvalidArgument("name the community by key or UUID: your token belongs to none", field="community")
        return self.principal.community_id


async def form_items(request: Request) -> list[tuple[str, str]]:
    """Return the text fields of a form in their order. Files are left out. Raises InvalidArgument naming a field."""
    async with request.form(max_files=0, max_fields=700, max_part_size=64 * 1024) as form:
        return [(name, checked_text(name, value)) for name, value in form.multi_items() if isinstance(value, str)]


async def form_fields(request: Request) -> dict[str, str]:
    """Return the text fields of a form; of several with one name the last."""
    return dict(await form_items(request))
