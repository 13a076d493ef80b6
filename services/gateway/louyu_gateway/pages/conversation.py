"""Reading a group's conversation for a page: messages, what they did to questions, and the questions' cards."""

import asyncio
from dataclasses import dataclass

from louyu.messaging.v1 import community_pb2, message_pb2
from louyu.messaging.v1 import conversation_service_pb2 as conversation
from louyu.messaging.v1 import messaging_service_pb2 as messaging
from louyu.routing.v1 import question_pb2
from louyu.routing.v1 import routing_service_pb2 as routing
from louyu_runtime.errors import RemoteError
from starlette.requests import Request

from louyu_gateway.bounds import LARGEST
from louyu_gateway.gateway import Gateway, Viewer
from louyu_gateway.pages.message_views import message_views, note_of, quote_of
from louyu_gateway.pages.order import natural
from louyu_gateway.pages.question_views import question_view
from louyu_gateway.pages.views import Mark, MessageView, QuestionView, Quote

PAGE_SIZE = 60
MOST_CARDS = 30


@dataclass(frozen=True, slots=True)
class Conversation:
    """A stretch of a conversation. `earlier` is the position before which more can be read, 0 if there is none; `later`
    is the one before which the next stretch ends, 0 if this is the newest.

    `last_change` is the number of the newest change that the entries show.
    """

    entries: list[MessageView]
    last_seq: int
    earlier: int
    later: int
    last_change: int


async def read_group(viewer: Viewer, group_id: str) -> community_pb2.Group:
    """Return a group. Raises RemoteError NOT_FOUND for a foreign one."""
    answer: messaging.GetGroupResponse = await viewer.ask.messaging(
        messaging.GetGroupRequest(community_id=viewer.community(), group_id=group_id)
    )
    return answer.group


async def read_groups(viewer: Viewer) -> list[community_pb2.Group]:
    """Return the groups that the viewer may see, and their buildings, in the order of their numbers."""
    answer: messaging.ListGroupsResponse = await viewer.ask.messaging(
        messaging.ListGroupsRequest(community_id=viewer.community(), page_size=500)
    )
    groups = sorted(answer.groups, key=lambda group: natural(group.name))
    for group in groups:
        group.buildings.sort(key=lambda building: natural(building.name))
    return groups


async def read_community_name(viewer: Viewer) -> str:
    """Return the name of the viewer's community."""
    answer: messaging.GetCommunityResponse = await viewer.ask.messaging(
        messaging.GetCommunityRequest(community=viewer.community())
    )
    return answer.community.name


async def read_conversation(
    gateway: Gateway,
    viewer: Viewer,
    request: Request,
    group_id: str,
    *,
    after_seq: int = 0,
    before_seq: int = 0,
) -> Conversation:
    """Return messages after a position, or the nearest ones before it; without either the newest."""
    community_id = viewer.community()
    if not after_seq and not before_seq:
        before_seq = LARGEST
    answer: messaging.ListMessagesResponse = await viewer.ask.messaging(
        messaging.ListMessagesRequest(
            community_id=community_id,
            group_id=group_id,
            after_seq=after_seq,
            before_seq=before_seq,
            page_size=PAGE_SIZE,
        )
    )
    messages = list(answer.messages)
    views = await _views(gateway, viewer, request, group_id, messages)
    # less than a page: what was before is no longer kept
    earlier = messages[0].seq if before_seq and len(messages) == PAGE_SIZE and messages[0].seq > 1 else 0
    later = messages[-1].seq + PAGE_SIZE + 1 if before_seq and messages and messages[-1].seq < answer.last_seq else 0
    return Conversation(views, answer.last_seq, earlier, later, answer.last_change)


async def read_changed(
    gateway: Gateway, viewer: Viewer, request: Request, group_id: str, after_change: int
) -> tuple[list[MessageView], int]:
    """Return messages that have changed since, as they are now, and up to which change; more may have."""
    answer: conversation.ListChangedMessagesResponse = await viewer.ask.conversation(
        conversation.ListChangedMessagesRequest(
            community_id=viewer.community(), group_id=group_id, after_change=after_change, page_size=PAGE_SIZE
        )
    )
    return await _views(gateway, viewer, request, group_id, list(answer.messages)), answer.last_change


async def read_pinned(gateway: Gateway, viewer: Viewer, request: Request, group_id: str) -> list[Quote]:
    """Return the pinned messages of a group, each in one line, the latest pinned first."""
    answer: conversation.ListPinnedMessagesResponse = await viewer.ask.conversation(
        conversation.ListPinnedMessagesRequest(community_id=viewer.community(), group_id=group_id)
    )
    texts = gateway.pages.texts(request)
    return [quote_of(message, group_id, texts) for message in answer.messages]


async def _views(
    gateway: Gateway, viewer: Viewer, request: Request, group_id: str, messages: list[message_pb2.Message]
) -> list[MessageView]:
    """Return messages as the page shows them, with what they did to questions."""
    if not messages:
        return []
    positions = [message.seq for message in messages]
    outcomes = await read_outcomes(viewer, group_id, min(positions), max(positions))
    opened = [outcomes[seq].question_id for seq in positions if seq in outcomes and outcomes[seq].what == "opened"][
        -MOST_CARDS:
    ]
    cards = await asyncio.gather(*(read_card(gateway, viewer, request, question_id) for question_id in opened))
    questions = {card.id: card for card in cards if card is not None}
    quoted = await _quoted(viewer, group_id, messages)
    texts = gateway.pages.texts(request)
    return message_views(messages, quoted, outcomes, questions, group_id, viewer.principal, gateway.now(), texts)


async def _quoted(viewer: Viewer, group_id: str, messages: list[message_pb2.Message]) -> dict[int, message_pb2.Message]:
    """Return the messages that these reply to, by position: of these themselves, or read for it."""
    here = {message.seq: message for message in messages}
    wanted = sorted({message.reply_to_seq for message in messages if message.reply_to_seq} - here.keys())
    answers: list[messaging.ListMessagesResponse] = await asyncio.gather(
        *(
            viewer.ask.messaging(
                messaging.ListMessagesRequest(
                    community_id=viewer.community(), group_id=group_id, before_seq=seq + 1, page_size=1
                )
            )
            for seq in wanted
        )
    )
    return here | {message.seq: message for answer in answers for message in answer.messages}


async def read_marks(
    gateway: Gateway, viewer: Viewer, request: Request, group_id: str, first: int, last: int
) -> list[Mark]:
    """Return what messages did to questions, other than opening one."""
    texts = gateway.pages.texts(request)
    outcomes = await read_outcomes(viewer, group_id, first, last)
    marks = [Mark(seq, outcome.question_id, note_of(outcome, texts)) for seq, outcome in outcomes.items()]
    return [mark for mark in marks if mark.note]


async def read_outcomes(
    viewer: Viewer, group_id: str, first_seq: int, last_seq: int
) -> dict[int, question_pb2.MessageOutcome]:
    """Return outcomes by position; none while routing is away, for the conversation can be read without it."""
    try:
        answer: routing.ListMessageOutcomesResponse = await viewer.ask.routing(
            routing.ListMessageOutcomesRequest(
                community_id=viewer.community(), group_id=group_id, first_seq=first_seq, last_seq=last_seq
            )
        )
    except RemoteError:
        return {}
    return {outcome.seq: outcome for outcome in answer.outcomes}


async def read_flats(viewer: Viewer, question: question_pb2.Question) -> dict[str, str]:
    """Return the flats of those who asked, by person, as far as the viewer may see them; none while messaging is away."""
    wanted = {asker.person_id for asker in question.askers}
    flats: dict[str, str] = {}
    for group_id in {asker.group_id for asker in question.askers}:
        token = ""
        while wanted - flats.keys():
            try:
                answer: messaging.ListMembersResponse = await viewer.ask.messaging(
                    messaging.ListMembersRequest(
                        community_id=viewer.community(), group_id=group_id, page_size=500, page_token=token
                    )
                )
            except RemoteError:
                break
            flats |= {member.person_id: member.flat for member in answer.members if member.person_id in wanted}
            token = answer.next_page_token
            if not token:
                break
    return flats


async def read_card(gateway: Gateway, viewer: Viewer, request: Request, question_id: str) -> QuestionView | None:
    """Return the card of one question; None while routing cannot give it."""
    try:
        return question_view(
            await read_question(viewer, question_id), viewer.principal, gateway.now(), gateway.pages.texts(request)
        )
    except RemoteError:
        return None


async def read_question(viewer: Viewer, question_id: str) -> question_pb2.Question:
    """Return a question as the viewer may read it, by UUID or number. Raises RemoteError NOT_FOUND for a foreign one."""
    answer: routing.GetQuestionResponse = await viewer.ask.routing(
        routing.GetQuestionRequest(community_id=viewer.community(), question=question_id)
    )
    return await viewer.shown(answer.question)


async def read_questions(
    gateway: Gateway, viewer: Viewer, request: Request, group_id: str, states: tuple[str, ...] = (), most: int = 50
) -> list[QuestionView]:
    """Return cards of a group's questions in these states; without states those that are neither settled nor closed.

    Without a group those of every group that the viewer may see.
    """
    answer: routing.ListQuestionsResponse = await viewer.ask.routing(
        routing.ListQuestionsRequest(
            community_id=viewer.community(),
            group_id=group_id,
            states=[question_pb2.QuestionState.Value(f"QUESTION_STATE_{state.upper()}") for state in states],
            page_size=PAGE_SIZE,
        )
    )
    texts, now = gateway.pages.texts(request), gateway.now()
    seen = [await viewer.shown(question) for question in answer.questions]
    return [question_view(question, viewer.principal, now, texts) for question in seen]


async def read_open_questions(gateway: Gateway, viewer: Viewer, request: Request, group_id: str) -> list[QuestionView]:
    """Return what is still open in a group; nothing while routing is away."""
    try:
        return await read_questions(gateway, viewer, request, group_id, most=20)
    except RemoteError:
        return []
