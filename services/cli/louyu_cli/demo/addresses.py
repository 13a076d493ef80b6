"""What a person who has just started the demo community may open: the pages, each signed in as somebody."""

from __future__ import annotations

from louyu.messaging.v1 import messaging_service_pb2
from louyu.notify.v1 import notify_service_pb2
from louyu_runtime import ids

from louyu_cli import token
from louyu_cli.community.translating import Definitions
from louyu_cli.installation import Services

GROUP = "28"
PEOPLE = {"resident": "", "building head": "louzhang-28", "property": "wuye-zhao", "secretary": "shuji"}


async def demo_addresses(services: Services, found: Definitions, seconds: float) -> list[tuple[str, str]]:
    """Return names and addresses of the pages of the demo community."""
    community_id = ids.community_id(found.key)
    url = services.settings.public_url
    resident = next(p.key for p in found.community.people if p.building_key == GROUP and not p.memberships)
    lines = []
    for name, key in PEOPLE.items():
        answer = await services.messaging.call(
            "GetPerson", messaging_service_pb2.GetPersonRequest(community_id=community_id, person=key or resident)
        )
        link = token.sign_in_link(services, token.principal_of(answer.person), seconds)
        lines.append((f"{answer.person.name} ({name})", link))
    screens = await services.notify.call(
        "ListScreens", notify_service_pb2.ListScreensRequest(community_id=community_id)
    )
    code = next(screen.code for screen in screens.screens if screen.key == f"{GROUP}-1")
    group = await services.messaging.call(
        "GetGroup",
        messaging_service_pb2.GetGroupRequest(
            community_id=community_id, group_id=ids.named_id(community_id, "group", GROUP)
        ),
    )
    lines.append(("lobby screen", f"{url}/display/{code}"))
    lines.append(("what the QR code opens", f"{url}/join/{group.group.join_code}"))
    lines.append(("API", f"{url}/api/v1/openapi.json"))
    return lines
