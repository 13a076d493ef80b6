"""/api/v1/questions: questions, and what can be done about one."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from louyu.routing.v1 import question_pb2
from louyu.routing.v1 import routing_service_pb2 as routing
from louyu_runtime.errors import InvalidArgument
from louyu_runtime.ids import is_uuid

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
    writer,
)
from louyu_gateway.gateway import Gateway, Viewer
from louyu_gateway.wire import state_from_word

NO_WORDS = models.OptionalWords()
NO_PROMISE = models.Acknowledgement()


def question_routes(gateway: Gateway) -> APIRouter:
    """Return the routes of questions."""
    router = APIRouter(prefix="/questions", tags=["questions"], dependencies=SIGNED, responses=ERRORS)

    @router.get("")
    async def list_questions(
        request: Request,
        community: Community = None,
        state: Annotated[
            list[models.State] | None,
            Query(description="Repeat it for several; without it all that are neither resolved nor closed."),
        ] = None,
        group: Annotated[str | None, Query(max_length=64)] = None,
        responder_type: Annotated[str, Query(max_length=64)] = "",
        limit: Limit = 100,
        page: Page = "",
    ) -> models.Questions:
        """List questions that you may see, the most urgent and longest waiting first."""
        viewer = await reader(gateway, request)
        found: routing.ListQuestionsResponse = await viewer.ask.routing(
            routing.ListQuestionsRequest(
                community_id=await community_of(viewer, community),
                group_id=checked_id(group, "group") if group else "",
                states=[state_from_word(word) for word in state or ()],
                responder_type=responder_type,
                page_size=limit,
                page_token=page,
            )
        )
        return models.Questions(
            questions=[answers.question(await viewer.shown(question), whole=False) for question in found.questions],
            next_page=found.next_page_token or None,
        )

    @router.get("/{question}")
    async def get_question(request: Request, question: str, community: Community = None) -> models.Question:
        """Return a question by id or number, with its timeline and plan."""
        viewer = await reader(gateway, request)
        found = await _find(viewer, await community_of(viewer, community), question)
        return answers.question(await viewer.shown(found), whole=True)

    async def act(request: Request, action: Message) -> models.Question:
        viewer = await writer(gateway, request)
        gateway.keep_pace(request, viewer)
        answer: routing.AnswerQuestionResponse = await viewer.ask.routing(action)
        return answers.question(await viewer.shown(answer.question), whole=True)

    async def of(request: Request, question: str, community: str | None, key: str | None) -> dict[str, str]:
        viewer = await writer(gateway, request)
        community_id = await community_of(viewer, community)
        question_id = question if is_uuid(question) else (await _find(viewer, community_id, question)).id
        return {"community_id": community_id, "question_id": question_id, "idempotency_key": key_or_new(key)}

    @router.post("/{question}/acknowledge")
    async def acknowledge(
        request: Request,
        question: str,
        body: models.Acknowledgement = NO_PROMISE,
        community: Community = None,
        idempotency_key: IdempotencyKey = None,
    ) -> models.Question:
        """Take it on: what is pending is cancelled, and a follow-up clock starts."""
        minutes = body.promised_within_minutes
        fields = await of(request, question, community, idempotency_key)
        return await act(
            request,
            routing.AcknowledgeQuestionRequest(
                **fields,
                text=body.text,
                promised_within=Duration(seconds=60 * minutes) if minutes else None,
                expected_version=body.expected_version,
            ),
        )

    @router.post("/{question}/answer")
    async def answer(
        request: Request,
        question: str,
        body: models.Words,
        community: Community = None,
        idempotency_key: IdempotencyKey = None,
    ) -> models.Question:
        """Answer it: the clock stops, the group and the asker are told."""
        fields = await of(request, question, community, idempotency_key)
        return await act(
            request,
            routing.AnswerQuestionRequest(**fields, text=body.text, expected_version=body.expected_version),
        )

    @router.post("/{question}/ask-back")
    async def ask_back(
        request: Request,
        question: str,
        body: models.Words,
        community: Community = None,
        idempotency_key: IdempotencyKey = None,
    ) -> models.Question:
        """Ask the asker for something: the clock rests."""
        fields = await of(request, question, community, idempotency_key)
        return await act(
            request, routing.AskBackRequest(**fields, text=body.text, expected_version=body.expected_version)
        )

    @router.post("/{question}/resolve")
    async def resolve(
        request: Request,
        question: str,
        body: models.OptionalWords = NO_WORDS,
        community: Community = None,
        idempotency_key: IdempotencyKey = None,
    ) -> models.Question:
        """Say that it is settled."""
        fields = await of(request, question, community, idempotency_key)
        return await act(
            request,
            routing.ResolveQuestionRequest(**fields, text=body.text, expected_version=body.expected_version),
        )

    @router.post("/{question}/reopen")
    async def reopen(
        request: Request,
        question: str,
        body: models.OptionalWords = NO_WORDS,
        community: Community = None,
        idempotency_key: IdempotencyKey = None,
    ) -> models.Question:
        """Say that it is not settled: the chase begins anew."""
        fields = await of(request, question, community, idempotency_key)
        return await act(
            request,
            routing.ReopenQuestionRequest(**fields, text=body.text, expected_version=body.expected_version),
        )

    @router.post("/{question}/close")
    async def close(
        request: Request,
        question: str,
        body: models.Words,
        community: Community = None,
        idempotency_key: IdempotencyKey = None,
    ) -> models.Question:
        """End it without a solution; the text is the reason and is published."""
        fields = await of(request, question, community, idempotency_key)
        return await act(
            request,
            routing.CloseQuestionRequest(**fields, reason=body.text, expected_version=body.expected_version),
        )

    @router.post("/{question}/undo")
    async def undo(
        request: Request,
        question: str,
        body: models.Undoing,
        community: Community = None,
        idempotency_key: IdempotencyKey = None,
    ) -> models.Question:
        """Take back a guess."""
        fields = await of(request, question, community, idempotency_key)
        return await act(request, routing.UndoGuessRequest(**fields, entry_id=body.entry))

    return router


async def _find(viewer: Viewer, community_id: str, question: str) -> question_pb2.Question:
    """Return a question by id or number. Raises InvalidArgument for what is neither."""
    if not is_uuid(question) and not (question.isdecimal() and len(question) < 16):
        raise InvalidArgument("question must be a UUID or a number", field="question")
    found: routing.GetQuestionResponse = await viewer.ask.routing(
        routing.GetQuestionRequest(community_id=community_id, question=question)
    )
    return found.question
