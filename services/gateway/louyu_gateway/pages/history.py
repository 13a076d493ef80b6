"""The history of groups on pages: what was found by its words, each line leading to the message in its place."""

from dataclasses import dataclass
from datetime import datetime

from louyu.messaging.v1 import conversation_service_pb2 as conversation
from louyu_runtime.errors import RemoteError
from starlette.requests import Request

from louyu_gateway.gateway import Gateway, Viewer
from louyu_gateway.pages.message_views import AROUND, sender_of
from louyu_gateway.wire import moment

LONGEST_QUERY = 100


@dataclass(frozen=True, slots=True)
class Found:
    """A message that was found; the snippet is pieces of words, each with whether it is what was looked for."""

    href: str
    group_name: str
    sender: str
    at: datetime
    snippet: list[tuple[str, bool]]


@dataclass(frozen=True, slots=True)
class History:
    """What was looked for and found; `problem` says what is wrong with the words."""

    words: str
    found: list[Found]
    next_page: str = ""
    problem: str = ""


async def read_history(
    gateway: Gateway, viewer: Viewer, request: Request, group_names: dict[str, str], group_id: str = ""
) -> History:
    """Return what the query of the request finds in a group, or without one in all groups that the viewer may read."""
    words = request.query_params.get("q", "").strip()
    if not words:
        return History("", [])
    texts = gateway.pages.texts(request)
    try:
        answer: conversation.SearchMessagesResponse = await viewer.ask.conversation(
            conversation.SearchMessagesRequest(
                community_id=viewer.community(),
                group_id=group_id,
                query=words[: LONGEST_QUERY + 1],
                page_token=request.query_params.get("page", ""),
            )
        )
    except RemoteError as error:
        if error.reason != "QUERY_FAULTY":
            raise
        return History(words, [], problem=texts("请输入要找的词，一到八个词，最多100个字。"))
    found = [
        Found(
            href=f"/app/groups/{hit.group_id}?before={hit.message.seq + AROUND}#m{hit.message.seq}",
            group_name=group_names.get(hit.group_id, ""),
            sender=sender_of(hit.message, texts),
            at=moment(hit.message, "posted_at") or gateway.now(),
            snippet=[(part.text, part.is_hit) for part in hit.snippet],
        )
        for hit in answer.hits
    ]
    return History(words, found, next_page=answer.next_page_token)
