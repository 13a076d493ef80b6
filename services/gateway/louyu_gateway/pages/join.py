"""What a building's QR code opens: which group it is, the way in by WeChat, and a form with consent."""

import hashlib
import hmac
from dataclasses import dataclass
from types import SimpleNamespace

from fastapi import APIRouter
from louyu.messaging.v1 import messaging_service_pb2 as messaging
from louyu_runtime.errors import NotFound, RemoteError, Unauthenticated
from louyu_runtime.identity import Principal
from starlette.requests import Request
from starlette.responses import Response

from louyu_gateway.follow_codes import follow_code_image, follow_codes
from louyu_gateway.gateway import Gateway, form_fields
from louyu_gateway.own_forms import check_own_form
from louyu_gateway.pages import words
from louyu_gateway.pages.render import name_of
from louyu_gateway.pages.views import Choice
from louyu_gateway.wire import kind_from_word

# The text to which joining consents, as lines. Its version is messaging's: a change of the lines needs a new one there.
CONSENT_LINES = (
    "我们记下：门牌号、您的称呼、您发在群里的话和照片。",
    "用来：把诉求送到该答复的人那里，告诉您结果，按户送达通知。",
    "门牌号只有楼长和居委会看得到；群里只显示称呼。",
    "存在本地的服务器上，不卖，不给别人，不做广告。",
    "您随时可以退出：称呼、门牌号和微信随即删除，说过的话留在群里、署名不变；也可以要一份自己的记录。",
)


@dataclass(frozen=True)
class Given:
    """What somebody has written into the form."""

    flat: str = ""
    name: str = ""
    consent: bool = False
    kind: str = words.OWN_KINDS[0]
    """As what they belong to the household; "" when they say nothing about it, which changes nothing."""


NOTHING = Given()
LONGEST_FLAT = 20


def join_pages(gateway: Gateway) -> APIRouter:
    """Return the routes under /join/."""
    router = APIRouter(prefix="/join", include_in_schema=False)
    pages = gateway.pages

    async def resolve(code: str) -> messaging.ResolveJoinCodeResponse:
        answer: messaging.ResolveJoinCodeResponse = await gateway.services.calls(None).messaging(
            messaging.ResolveJoinCodeRequest(join_code=code)
        )
        return answer

    async def form(
        request: Request,
        found: messaging.ResolveJoinCodeResponse,
        given: Given = NOTHING,
        *,
        problem: str = "",
        done: str = "",
        is_change: bool = False,
        status: int = 200,
    ) -> Response:
        texts = pages.texts(request)
        return pages.render(
            request,
            "app/join.html",
            status=status,
            place=SimpleNamespace(
                community_name=found.community_name,
                group_name=found.group.name,
                buildings=list(found.group.buildings),
            ),
            codes=[] if done else await follow_codes(gateway, found.community_id, found.group.join_code),
            accounts=list(gateway.channels.wechat_official_accounts),
            join_code=found.group.join_code,
            group_id=found.group.id,
            is_in_wechat="micromessenger" in request.headers.get("user-agent", "").lower(),
            consent_version=found.consent_version,
            consent_lines=[texts(line) for line in CONSENT_LINES],
            given=given,
            kinds=[Choice(key, texts(words.MEMBER_KINDS[key])) for key in words.OWN_KINDS],
            problem=problem,
            done=done,
            is_change=is_change,
        )

    @router.get("/{code}")
    async def show(request: Request, code: str, change: str = "", flat: str = "") -> Response:
        found = await resolve(code)
        begun = Given(flat=flat[:LONGEST_FLAT])  # as the poster of a unit says it: "3-"
        signed_in = await gateway.sessions.read(request)
        if signed_in is None or signed_in.community_id != found.community_id:
            return await form(request, found, begun)
        member = await gateway.people.refreshed(signed_in)
        if found.group.id not in member.group_ids:
            return await form(request, found, begun)
        texts = pages.texts(request)
        if change:
            return await form(request, found, Given(name=member.name, kind=""), is_change=True)
        done = texts("{name}，您已经是{group}的成员。", name=name_of(member, texts), group=found.group.name)
        return await form(request, found, done=done)

    @router.get("/{code}/follow/{account}.png")
    async def follow_picture(code: str, account: str) -> Response:
        picture = await follow_code_image(gateway, code, account)
        if picture is None:
            raise NotFound("there is no such account, or its QR code cannot be had now")
        return Response(picture, media_type="image/png", headers={"Cache-Control": "private, max-age=86400"})

    @router.post("/{code}")
    async def join(request: Request, code: str) -> Response:
        fields = await form_fields(request)
        check_own_form(request, fields.get("csrf", ""))
        found = await resolve(code)
        texts = pages.texts(request)
        signed_in = await gateway.sessions.read(request)
        # Somebody signed in here stays the same person; anybody else is a new one, whatever flat and name they give.
        known = signed_in if signed_in is not None and signed_in.community_id == found.community_id else None
        is_change = known is not None and await _is_member(gateway, known, found.group.id)
        kind = fields.get("kind", "")
        given = Given(
            fields.get("flat", "").strip(),
            fields.get("name", "").strip(),
            fields.get("consent") == "yes",
            kind if kind in words.OWN_KINDS else "",
        )
        if problem := _what_is_missing(given):
            return await form(request, found, given, problem=texts(problem), is_change=is_change, status=422)
        try:
            joined: messaging.JoinGroupResponse = await gateway.services.calls(known).messaging(
                messaging.JoinGroupRequest(
                    join_code=code,
                    flat=given.flat,
                    name=given.name,
                    consent_version=fields.get("consent_version", ""),
                    kind=kind_from_word(given.kind or "unspecified"),
                    idempotency_key=_key(fields.get("key", ""), visit="" if known else gateway.sessions.visit(request)),
                )
            )
        except RemoteError as error:
            is_telling = error.code.name in ("INVALID_ARGUMENT", "FAILED_PRECONDITION", "ALREADY_EXISTS")
            if not is_telling and error.reason != "TOO_MANY_NEWCOMERS":
                raise
            problem = texts(error.resident_text)
            return await form(request, await resolve(code), given, problem=problem, is_change=is_change, status=422)
        person = joined.person
        gateway.names.forget(person.community_id)
        done = texts("{name}，您已经是{group}的成员。", name=person.name, group=joined.group.name)
        response = await form(request, found, done=done, is_change=is_change)
        if known is not None:  # their session goes on as it is, and ends when it would have ended
            gateway.people.forget(known)
        else:
            roles = frozenset({"resident"})
            newcomer = Principal("person", person.id, person.community_id, person.name, roles)
            gateway.sessions.begin(response, newcomer)
        return response

    return router


def _what_is_missing(given: Given) -> str:
    if not given.name:
        return "请写下怎么称呼您，邻居在群里看到的就是这个。"
    return "" if given.consent else "要先同意，才能加入。"


async def _is_member(gateway: Gateway, signed_in: Principal, group_id: str) -> bool:
    try:
        return group_id in (await gateway.people.refreshed(signed_in)).group_ids
    except Unauthenticated:
        return False


def _key(given: str, *, visit: str) -> str:
    """Return the idempotency key; of nobody in particular, one that only the browser with this secret can repeat."""
    if not visit or not given:
        return given
    return hmac.new(visit.encode(), given.encode(), hashlib.sha256).hexdigest()
