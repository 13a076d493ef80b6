"""Where hints come from: a group's messages, a community's questions, a screen's playlist."""

from louyu.messaging.v1 import messaging_service_pb2 as messaging
from louyu.notify.v1 import notify_service_pb2 as notify
from louyu.routing.v1 import routing_service_pb2 as routing
from louyu_runtime.identity import Principal

from louyu_gateway.gateway import Gateway
from louyu_gateway.live import Source, Tell


def messages_of(
    gateway: Gateway, principal: Principal, community_id: str, group_id: str, after_seq: int, after_change: int
) -> Source:
    """Return the source that tells a group's newest position, and that earlier messages have changed."""
    seen, seen_change = after_seq, after_change

    async def read(tell: Tell) -> None:
        nonlocal seen, seen_change
        ask = gateway.services.calls(await gateway.people.refreshed(principal))
        request = messaging.SubscribeMessagesRequest(
            community_id=community_id, group_id=group_id, after_seq=seen, after_change=seen_change
        )
        async for answer in ask.stream(gateway.services.messaging, request):
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
