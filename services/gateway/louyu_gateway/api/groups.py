"""/api/v1/groups: groups and what is said in them."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from louyu.messaging.v1 import membership_service_pb2 as membership
from louyu.messaging.v1 import message_pb2
from louyu.messaging.v1 import messaging_service_pb2 as messaging
from louyu.routing.v1 import question_pb2
from louyu.routing.v1 import routing_service_pb2 as routing
from louyu_runtime.errors import InvalidArgument, RemoteError

from louyu_gateway.api import answers, models
from louyu_gateway.api.asking import (
    ERRORS,
    SIGNED,
    Community,
    IdempotencyKey,
    Limit,
    Page,
    checked_id,
    community_of,
    key_or_new,
    reader,
    speaker,
)
from louyu_gateway.bounds import LARGEST
from louyu_gateway.gateway import Gateway, Viewer
from louyu_gateway.wire import moment, via_from_word


def group_routes(gateway: Gateway) -> APIRouter:
    """Return the routes of groups and messages."""
    router = APIRouter(prefix="/groups", tags=["groups"], dependencies=SIGNED, responses=ERRORS)

    @router.get("")
    async def list_groups(
        request: Request, community: Community = None, limit: Limit = 100, page: Page = ""
    ) -> models.Groups:
        """List the groups of a community that you may see, by name."""
        viewer = await reader(gateway, request)
        found: messaging.ListGroupsResponse = await viewer.ask.messaging(
            messaging.ListGroupsRequest(
                community_id=await community_of(viewer, community), page_size=limit, page_token=page
            )
        )
        return models.Groups(
            groups=[answers.group(group) for group in found.groups], next_page=found.next_page_token or None
        )

    @router.get("/{group}")
    async def get_group(request: Request, group: str, community: Community = None) -> models.Group:
        """Return one group."""
        viewer = await reader(gateway, request)
        found: messaging.GetGroupResponse = await viewer.ask.messaging(
            messaging.GetGroupRequest(
                community_id=await community_of(viewer, community), group_id=checked_id(group, "group")
            )
        )
        return answers.group(found.group)

    @router.get("/{group}/coverage")
    async def get_coverage(request: Request, group: str, community: Community = None) -> models.Coverage:
        """Tell which households have nobody in the group, by building and unit. For those who look after it."""
        viewer = await reader(gateway, request)
        found: membership.GetCoverageResponse = await viewer.ask.membership(
            membership.GetCoverageRequest(community_id=viewer.community(community), group_id=checked_id(group, "group"))
        )
        return answers.coverage(found.coverage)

    @router.get("/{group}/messages")
    async def list_messages(
        request: Request,
        group: str,
        community: Community = None,
        after_seq: Annotated[int | None, Query(ge=0, le=LARGEST, description="Messages after this position.")] = None,
        before_seq: Annotated[int | None, Query(ge=1, le=LARGEST, description="The nearest before it.")] = None,
        limit: Limit = 100,
    ) -> models.Messages:
        """List messages in their order, from the beginning or around a position. Page on with the last `seq`."""
        if after_seq is not None and before_seq is not None:
            raise InvalidArgument("give after_seq or before_seq, not both", field="before_seq")
        viewer = await reader(gateway, request)
        community_id = await community_of(viewer, community)
        found: messaging.ListMessagesResponse = await viewer.ask.messaging(
            messaging.ListMessagesRequest(
                community_id=community_id,
                group_id=checked_id(group, "group"),
                after_seq=after_seq or 0,
                before_seq=before_seq or 0,
                page_size=limit,
            )
        )
        outcomes = await _outcomes(viewer, community_id, group, list(found.messages))
        return models.Messages(
            messages=[answers.message(group, message, outcomes.get(message.seq)) for message in found.messages],
            last_seq=found.last_seq,
        )

    @router.post("/{group}/messages", status_code=201)
    async def post_message(
        request: Request,
        response: Response,
        group: str,
        message: models.NewMessage,
        community: Community = None,
        idempotency_key: IdempotencyKey = None,
    ) -> models.PostedMessage:
        """Post a message as yourself; answered when it is durable."""
        viewer = await speaker(gateway, request)
        gateway.keep_pace(request, viewer)
        posted: messaging.PostMessageResponse = await viewer.ask.messaging(
            messaging.PostMessageRequest(
                community_id=await community_of(viewer, community),
                group_id=checked_id(group, "group"),
                message=message_pb2.NewMessage(
                    text=message.text,
                    via=via_from_word(message.via),
                    media_ids=[each.rstrip("/").rsplit("/", 1)[-1] for each in message.media],
                    reply_to_seq=message.reply_to or 0,
                    idempotency_key=key_or_new(idempotency_key),
                ),
            )
        )
        response.headers["Location"] = f"/api/v1/groups/{group}/messages?after_seq={posted.seq - 1}"
        return models.PostedMessage(
            seq=posted.seq, id=posted.message_id, at=moment(posted, "posted_at") or gateway.now()
        )

    return router


async def _outcomes(
    viewer: Viewer, community_id: str, group_id: str, messages: list[message_pb2.Message]
) -> dict[int, question_pb2.MessageOutcome]:
    """Return what routing made of the messages; nothing while it is away, for messages can be read without it."""
    if not messages:
        return {}
    try:
        found: routing.ListMessageOutcomesResponse = await viewer.ask.routing(
            routing.ListMessageOutcomesRequest(
                community_id=community_id, group_id=group_id, first_seq=messages[0].seq, last_seq=messages[-1].seq
            )
        )
    except RemoteError as error:
        if error.code.name not in ("UNAVAILABLE", "DEADLINE_EXCEEDED"):
            raise
        return {}
    return {outcome.seq: outcome for outcome in found.outcomes}
