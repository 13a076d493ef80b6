"""/api/v1/messages/search and /api/v1/groups/{group}/messages/search: what was said, found by its words."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from louyu.messaging.v1 import conversation_service_pb2 as conversation

from louyu_gateway.api import answers, models
from louyu_gateway.api.asking import ERRORS, SIGNED, Community, checked_id, reader
from louyu_gateway.gateway import Gateway

Words = Annotated[
    str,
    Query(
        alias="q",
        min_length=1,
        max_length=100,
        description="The words, all of which a message must have: up to 8. Chinese is cut into words.",
    ),
]
Few = Annotated[int, Query(ge=1, le=100, description="At most so many.")]
Page = Annotated[str, Query(max_length=8192, description="`next_page` of the answer before.")]


def search_routes(gateway: Gateway) -> APIRouter:
    """Return the routes of searching."""
    router = APIRouter(tags=["groups"], dependencies=SIGNED, responses=ERRORS)

    async def search(request: Request, community: str | None, asked: conversation.SearchMessagesRequest) -> models.Hits:
        viewer = await reader(gateway, request)
        asked.community_id = viewer.community(community)
        found: conversation.SearchMessagesResponse = await viewer.ask.conversation(asked)
        return models.Hits(hits=[answers.hit(hit) for hit in found.hits], next_page=found.next_page_token or None)

    @router.get("/groups/{group}/messages/search")
    async def search_group(
        request: Request, group: str, words: Words, community: Community = None, limit: Few = 20, page: Page = ""
    ) -> models.Hits:
        """Find messages of a group by their words, the newest first."""
        asked = conversation.SearchMessagesRequest(
            group_id=checked_id(group, "group"), query=words, page_size=limit, page_token=page
        )
        return await search(request, community, asked)

    @router.get("/messages/search")
    async def search_messages(
        request: Request, words: Words, community: Community = None, limit: Few = 20, page: Page = ""
    ) -> models.Hits:
        """Find messages by their words in all groups of a community that you may read, the newest first."""
        asked = conversation.SearchMessagesRequest(query=words, page_size=limit, page_token=page)
        return await search(request, community, asked)

    return router
