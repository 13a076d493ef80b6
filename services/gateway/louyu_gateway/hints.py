"""Where hints come from: a group's messages, a community's questions, a screen's playlist."""

import asyncio

from louyu.messaging.v1 import messaging_service_pb2 as messaging
from louyu.notify.v1 import notify_service_pb2 as notify
from louyu.routing.v1 import routing_service_pb2 as routing
from louyu_runtime.identity import Principal

from louyu_gateway.gateway import Gateway
from louyu_gateway.live import Source, Tell
from louyu_gateway.services import OWN

JUDGED_SECONDS = 300.0
"""How often it is asked again whether somebody may still follow a conversation."""


def conversation_of(
    gateway: Gateway, principal: Principal, community_id: str, group_id: str, after_seq: int, after_change: int
) -> Source:
    """Return the source that tells a group's newest position, that earlier messages or questions have changed.

    All readers of a group share one stream of each service. Whether the person reads the group is asked as that person,
    at the beginning and every few minutes.
    """
    seen = {"messages": after_seq, "changes": after_change}

    async def read(tell: Tell) -> None:
        def tell_newer(kind: str, about: dict[str, str | int]) -> None:
            if kind in seen:
                position = int(about[_POSITIONS[kind]])
                if position <= seen[kind]:
                    return
                seen[kind] = position
            tell(kind, about)

        async def judged() -> messaging.ListMessagesResponse:
            ask = gateway.services.calls(await gateway.people.refreshed(principal))
            found: messaging.ListMessagesResponse = await ask.messaging(
                messaging.ListMessagesRequest(
                    community_id=community_id, group_id=group_id, after_seq=seen["messages"], page_size=1
                )
            )
            return found

        found = await judged()
        sources = (
            _messages_of(gateway, community_id, group_id, found.last_seq, found.last_change),
            questions_of(gateway, OWN, community_id, group_id),
        )
        with gateway.shared.joined((community_id, group_id), tell_newer, *sources):
            tell_newer("messages", {"last_seq": found.last_seq})
            tell_newer("changes", {"last_change": found.last_change})
            while True:
                await asyncio.sleep(JUDGED_SECONDS)
                await judged()

    return read


_POSITIONS = {"messages": "last_seq", "changes": "last_change"}


def _messages_of(gateway: Gateway, community_id: str, group_id: str, after_seq: int, after_change: int) -> Source:
    seen, seen_change = after_seq, after_change

    async def read(tell: Tell) -> None:
        nonlocal seen, seen_change
        request = messaging.SubscribeMessagesRequest(
            community_id=community_id, group_id=group_id, after_seq=seen, after_change=seen_change
        )
        async for answer in gateway.services.calls(OWN).stream(gateway.services.messaging, request):
            if answer.messages:
                seen = answer.messages[-1].seq
                tell("messages", {"last_seq": seen})
            if answer.last_change:
                seen_change = answer.last_change
                tell("changes", {"last_change": seen_change})

    return read


def questions_of(gateway: Gateway, principal: Principal, community_id: str, group_id: str = "") -> Source:
    """Return the source that tells which question has changed, in one group or in all that the person may see."""

    async def read(tell: Tell) -> None:
        ask = gateway.services.calls(await gateway.people.refreshed(principal))
        request = routing.WatchQuestionsRequest(community_id=community_id, group_id=group_id)
        async for answer in ask.stream(gateway.services.routing, request):
            if answer.question_id:
                tell("question", {"id": answer.question_id})

    return read


def screen_of(gateway: Gateway, code: str, version: int) -> Source:
    """Return the source that tells the newest playlist version of a screen."""
    known = version

    async def read(tell: Tell) -> None:
        nonlocal known
        ask = gateway.services.calls(None)
        request = notify.WatchScreenRequest(code=code, known_version=known)
        async for answer in ask.stream(gateway.services.notify, request):
            if answer.version != known:
                known = answer.version
                tell("screen", {"version": known})

    return read
