"""Signing in with a ticket, and signing out."""

from fastapi import APIRouter
from louyu_runtime.errors import Unauthenticated
from louyu_runtime.identity import STAFF_ROLES, Principal
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from louyu_gateway.gateway import Gateway, form_fields
from louyu_gateway.own_forms import check_own_form
from louyu_gateway.pages.views import Link


def signing_in_pages(gateway: Gateway) -> APIRouter:
    """Return the routes /signin and /signout."""
    router = APIRouter(include_in_schema=False)
    pages = gateway.pages

    @router.get("/")
    async def front(request: Request) -> Response:
        return RedirectResponse(home_of(await gateway.sessions.read(request)), status_code=303)

    @router.get("/signin")
    async def sign_in(request: Request, ticket: str = "") -> Response:
        texts = pages.texts(request)
        problem = ""
        if ticket:
            try:
                principal = gateway.people.verify_ticket(ticket)
                if principal.is_service:
                    raise Unauthenticated("a service does not sign in")
            except Unauthenticated:
                problem = texts("这个登录链接已经失效，请要一个新的。")
            else:
                response = RedirectResponse(home_of(principal), status_code=303)
                gateway.sessions.begin(response, principal)
                return response
        accounts = list(gateway.channels.wechat_official_accounts.values())
        return pages.render(
            request,
            "app/plain.html",
            status=401 if problem else 200,
            heading=texts("请先登录"),
            words=problem or texts("居民请从微信公众号的菜单进入，或者扫描楼门口的二维码加入。"),
            mend=texts("工作人员请用管理员给的登录链接。"),
            incident="",
            sign="door",
            actions=[Link(f"/app/oauth/{account.name}", texts("用微信登录")) for account in accounts],
        )

    @router.post("/signout")
    async def sign_out(request: Request) -> Response:
        fields = await form_fields(request)
        check_own_form(request, fields.get("csrf", ""))
        response = RedirectResponse("/signin", status_code=303)
        await gateway.sessions.end(request, response)
        return response

    return router


def home_of(principal: Principal | None) -> str:
    """Return where somebody begins: staff at the console, residents in their group, others at the door."""
    if principal is None:
        return "/signin"
    return "/console/" if principal.roles & STAFF_ROLES else "/app/"
