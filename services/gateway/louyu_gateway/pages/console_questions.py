"""The console's work list, and one question with its timeline and actions."""

import asyncio
import uuid
from collections.abc import Callable
from typing import TypedDict
from urllib.parse import urlencode

from fastapi import APIRouter
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from louyu.routing.v1 import routing_service_pb2 as routing
from louyu_runtime.errors import InvalidArgument, NotFound, RemoteError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from louyu_gateway import hints
from louyu_gateway.bounds import whole_number
from louyu_gateway.gateway import Gateway, Viewer, form_fields
from louyu_gateway.own_forms import check_own_form
from louyu_gateway.pages.console import console_viewer, render_console
from louyu_gateway.pages.conversation import read_flats, read_groups, read_question
from louyu_gateway.pages.media_views import read_media
from louyu_gateway.pages.question_views import actions_for, asker_names, question_view, timeline_views
from louyu_gateway.pages.texts import Texts
from louyu_gateway.pages.views import Choice, Figure, Filter, QuestionView
from louyu_gateway.wire import state_from_word

# What each filter lists: states to ask routing for; () means all that are neither settled nor closed.
SHOWN = {
    "active": (),
    "overdue": (),
    "mine": (),
    "answered": ("answered",),
    "ended": ("resolved", "closed"),
}
LABELS = {"active": "在办", "overdue": "逾期", "mine": "等我答复", "answered": "已答复", "ended": "已办结"}
MOST = 500


def console_question_pages(gateway: Gateway) -> APIRouter:
    """Return the routes of the work list and of single questions."""
    router = APIRouter(prefix="/console", include_in_schema=False)
    pages = gateway.pages

    async def listed(
        viewer: Viewer, request: Request, *, group_id: str, states: tuple[str, ...] = (), mine: bool = False
    ) -> list[QuestionView]:
        answer: routing.ListQuestionsResponse = await viewer.ask.routing(
            routing.ListQuestionsRequest(
                community_id=viewer.community(),
                group_id=group_id,
                states=[state_from_word(state) for state in states],
                waiting_for_person_id=viewer.principal.id if mine else "",
                page_size=MOST,
            )
        )
        texts, now = pages.texts(request), gateway.now()
        return [question_view(question, viewer.principal, now, texts) for question in answer.questions]

    @router.get("/")
    async def work(request: Request, show: str = "active", group: str = "") -> Response:
        viewer = await console_viewer(gateway, request)
        if not viewer.principal.community_id:
            return await render_console(gateway, request, viewer, "console/choose.html", at="/console/", problem="")
        if show not in SHOWN:
            raise InvalidArgument(f"show must be one of {', '.join(SHOWN)}", field="show")
        active, groups = await asyncio.gather(
            listed(viewer, request, group_id=group),
            read_groups(viewer),
        )
        if show == "active":
            questions = active
        elif show == "overdue":
            questions = [question for question in active if question.overdue]
        else:
            questions = await listed(viewer, request, group_id=group, states=SHOWN[show], mine=show == "mine")
        texts = pages.texts(request)
        return await render_console(
            gateway,
            request,
            viewer,
            "console/work.html",
            at="/console/",
            figures=_figures(active, texts),
            filters=[Filter(texts(LABELS[key]), _address(key, group), key == show) for key in SHOWN],
            show=show,
            groups=[Choice(found.id, found.name) for found in groups],
            chosen_group=group,
            questions=questions,
        )

    @router.get("/live")
    async def live(request: Request) -> Response:
        viewer = await console_viewer(gateway, request)
        source = hints.questions_of(gateway, viewer.principal, viewer.community())
        return gateway.live.stream(source, owner=viewer.principal.id)

    @router.get("/questions/{question_id}")
    async def question(request: Request, question_id: str) -> Response:
        viewer = await console_viewer(gateway, request)
        return await _case(viewer, request, question_id)

    @router.post("/questions/{question_id}/{action}")
    async def act(request: Request, question_id: str, action: str) -> Response:
        fields = await form_fields(request)
        check_own_form(request, fields.get("csrf", ""))
        viewer = await console_viewer(gateway, request)
        try:
            await viewer.ask.routing(action_request(action, viewer.community(), question_id, fields))
        except RemoteError as error:
            if error.code.name not in ("INVALID_ARGUMENT", "FAILED_PRECONDITION", "ABORTED", "PERMISSION_DENIED"):
                raise
            return await _case(
                viewer,
                request,
                question_id,
                problem=error.resident_text,
                begun=action,
                text=fields.get("text", ""),
                status=409,
            )
        return RedirectResponse(f"/console/questions/{question_id}", status_code=303)

    async def _case(
        viewer: Viewer,
        request: Request,
        question_id: str,
        *,
        problem: str = "",
        begun: str = "",
        text: str = "",
        status: int = 200,
    ) -> Response:
        """Return the page; after a refusal with the action that was `begun`, so that what was written is not lost."""
        found = await read_question(viewer, question_id)
        texts, now = pages.texts(request), gateway.now()
        view = question_view(found, viewer.principal, now, texts)
        return await render_console(
            gateway,
            request,
            viewer,
            "console/question.html",
            at="/console/",
            status=status,
            question=view,
            askers=asker_names(found, texts, await read_flats(viewer, found)),
            timeline_entries=timeline_views(found, viewer.principal, now, texts),
            reasons=list(found.reasons),
            asked_because=list(found.match_reasons),
            actions=actions_for(view, viewer.principal),
            group_link=f"/app/groups/{found.group_id}#m{found.message_seq}",
            live="/console/live",
            media=await read_media(viewer, found.group_id, found.message_seq, texts),
            problem=texts(problem.rstrip("。")) if problem else "",
            begun=begun,
            written=text,
        )

    return router


def _figures(active: list[QuestionView], texts: Texts) -> list[Figure]:
    def count(*states: str) -> int:
        return sum(question.state in states for question in active)

    overdue = sum(question.overdue for question in active)
    return [
        Figure(overdue, texts("逾期"), "alarm", _address("overdue", "")),
        Figure(count("open", "assigned"), texts("等答复"), "wait", _address("active", "")),
        Figure(count("acknowledged", "asked_back"), texts("已有人办"), "accent", _address("active", "")),
        Figure(count("answered"), texts("已答复，等确认"), "done", _address("answered", "")),
    ]


def _address(show: str, group: str) -> str:
    return "/console/?" + urlencode({"show": show, "group": group} if group else {"show": show})


class _Of(TypedDict):
    """What every action names."""

    community_id: str
    question_id: str
    idempotency_key: str


def action_request(action: str, community_id: str, question_id: str, fields: dict[str, str]) -> Message:
    """Return routing's request for an action of a form. Raises NotFound for an unknown action, InvalidArgument.

    What ends a question, or begins it anew, is meant for the state that was read; an answer is welcome in any.
    """
    text, key = fields.get("text", "").strip(), fields.get("key") or uuid.uuid4().hex
    version = whole_number(fields, "version")
    of = _Of(community_id=community_id, question_id=question_id, idempotency_key=key)
    minutes = fields.get("promise_minutes", "")
    promised = Duration(seconds=60 * int(minutes)) if minutes.isdecimal() and len(minutes) < 7 else None
    make: dict[str, Callable[[], Message]] = {
        "acknowledge": lambda: routing.AcknowledgeQuestionRequest(**of, text=text, promised_within=promised),
        "answer": lambda: routing.AnswerQuestionRequest(**of, text=text),
        "ask_back": lambda: routing.AskBackRequest(**of, text=text),
        "resolve": lambda: routing.ResolveQuestionRequest(**of, text=text, expected_version=version),
        "reopen": lambda: routing.ReopenQuestionRequest(**of, text=text, expected_version=version),
        "close": lambda: routing.CloseQuestionRequest(**of, reason=text, expected_version=version),
        "undo": lambda: routing.UndoGuessRequest(**of, entry_id=fields.get("entry", "")),
    }
    if action not in make:
        raise NotFound(f"no such action: {action[:20]}")
    return make[action]()
