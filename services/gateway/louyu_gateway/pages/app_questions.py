"""The resident's questions: a group's list, one question with what happened, and "solved / still not"."""

from fastapi import APIRouter
from louyu.routing.v1 import routing_service_pb2 as routing
from louyu_runtime.errors import InvalidArgument
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from louyu_gateway import hints
from louyu_gateway.bounds import whole_number
from louyu_gateway.gateway import Gateway
from louyu_gateway.pages.conversation import read_card, read_group, read_question, read_questions
from louyu_gateway.pages.media_views import read_media
from louyu_gateway.pages.question_views import question_view, timeline_views


def app_question_pages(gateway: Gateway) -> APIRouter:
    """Return the routes of questions under /app/."""
    router = APIRouter(prefix="/app", include_in_schema=False)
    pages = gateway.pages

    @router.get("/groups/{group_id}/questions")
    async def questions(request: Request, group_id: str) -> Response:
        viewer = await gateway.viewer(request)
        return pages.render(
            request,
            "app/questions.html",
            group=await read_group(viewer, group_id),
            open_questions=await read_questions(gateway, viewer, request, group_id),
            settled=await read_questions(gateway, viewer, request, group_id, ("resolved", "closed")),
        )

    @router.get("/questions/{question_id}")
    async def question(request: Request, question_id: str) -> Response:
        viewer = await gateway.viewer(request)
        found = await read_question(viewer, question_id)
        texts, now = pages.texts(request), gateway.now()
        return pages.render(
            request,
            "app/question.html",
            question=question_view(found, viewer.principal, now, texts),
            timeline_entries=timeline_views(found, viewer.principal, now, texts),
            back=f"/app/groups/{found.group_id}#m{found.message_seq}",
            media=await read_media(viewer, found.group_id, found.message_seq, texts),
            live=f"/app/questions/{found.id}/live",
        )

    @router.get("/questions/{question_id}/card")
    async def card(request: Request, question_id: str) -> Response:
        viewer = await gateway.viewer(request)
        found = await read_card(gateway, viewer, request, question_id)
        if found is None:
            return Response(status_code=404)
        return pages.render(request, "app/pulled_card.html", question=found)

    @router.get("/questions/{question_id}/live")
    async def question_live(request: Request, question_id: str) -> Response:
        viewer = await gateway.viewer(request)
        found = await read_question(viewer, question_id)
        source = hints.questions_of(gateway, viewer.principal, viewer.community(), found.group_id)
        return gateway.live.stream(source, owner=viewer.principal.id)

    @router.post("/questions/{question_id}/verdict")
    async def verdict(request: Request, question_id: str) -> Response:
        viewer, fields = await gateway.writer(request)
        given = fields.get("verdict", "")
        community_id, key = viewer.community(), f"verdict-{question_id}-{whole_number(fields, 'version')}-{given}"
        if given == "solved":
            await viewer.ask.routing(
                routing.ResolveQuestionRequest(community_id=community_id, question_id=question_id, idempotency_key=key)
            )
        elif given == "still_not":
            await viewer.ask.routing(
                routing.ReopenQuestionRequest(community_id=community_id, question_id=question_id, idempotency_key=key)
            )
        else:
            raise InvalidArgument("verdict must be solved or still_not", field="verdict")
        return RedirectResponse(f"/app/questions/{question_id}", status_code=303)

    return router
