"""Reading what a group's posters need. Only those who look after the group learn its units and its join code."""

from dataclasses import dataclass

from louyu.messaging.v1 import membership_service_pb2 as membership
from louyu.messaging.v1 import messaging_service_pb2 as messaging
from louyu_runtime.errors import FailedPrecondition

from louyu_gateway.gateway import Gateway, Viewer
from louyu_gateway.pages import words
from louyu_gateway.pages.order import natural
from louyu_gateway.posters.poster import House, Imprint, houses_of


@dataclass(frozen=True, slots=True)
class PosterData:
    """A group as its posters show it."""

    imprint: Imprint
    houses: list[House]


async def read_posters(gateway: Gateway, viewer: Viewer, community_id: str, group_id: str) -> PosterData:
    """Return it. Raises RemoteError for a foreign group and for those who do not look after it."""
    seen: membership.GetCoverageResponse = await viewer.ask.membership(
        membership.GetCoverageRequest(community_id=community_id, group_id=group_id)
    )
    answer: messaging.GetGroupResponse = await viewer.ask.messaging(
        messaging.GetGroupRequest(community_id=community_id, group_id=group_id)
    )
    named: messaging.GetCommunityResponse = await viewer.ask.messaging(
        messaging.GetCommunityRequest(community=community_id)
    )
    group = answer.group
    if not group.join_code:
        raise FailedPrecondition("this group has no join code that works", resident_text="这个群现在没有可用的二维码。")
    role = words.leading_role(viewer.principal.roles)
    by = "" if viewer.principal.is_operator or not role else f"，{words.ROLES[role]} {viewer.principal.name}".rstrip()
    imprint = Imprint(
        named.community.name,
        group.join_code,
        gateway.public_url(f"/join/{group.join_code}"),
        f"{named.community.name}居委会{by}",
    )
    buildings = sorted(group.buildings, key=lambda building: natural(building.name))
    units = {each.building_id: [unit.unit for unit in each.units] for each in seen.coverage.buildings}
    return PosterData(imprint, houses_of([(each.id, each.key, each.name) for each in buildings], units))
