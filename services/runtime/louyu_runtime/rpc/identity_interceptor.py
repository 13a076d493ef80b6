"""Identity of a call: the bearer token is believed or refused, and the table of permissions is asked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from louyu_runtime.errors import PermissionDenied
from louyu_runtime.identity import Principal, TokenVerifier, set_current_principal
from louyu_runtime.permissions import Rule, check_caller
from louyu_runtime.rpc.handlers import AroundInterceptor, Context, is_infrastructure, short_name


class IdentityInterceptor(AroundInterceptor):
    """Lets through who may call. `rules` maps the full method name to its rule."""

    def __init__(self, verifier: TokenVerifier, rules: Mapping[str, Rule], *, certificate_names: bool) -> None:
        super().__init__()
        self._verifier = verifier
        self._rules = rules
        self._certificate_names = certificate_names

    @asynccontextmanager
    async def around(self, method: str, request: Any, context: Context) -> AsyncIterator[None]:
        """Check the caller, and make it known to the handler."""
        if is_infrastructure(method):
            yield
            return
        rule = self._rules.get(method)
        if rule is None:
            raise PermissionDenied(f"{short_name(method)} has no rule in the table of permissions")
        principal = self._principal(context)
        fields = request.DESCRIPTOR.fields_by_name
        community_id = request.community_id if "community_id" in fields else None
        check_caller(rule, short_name(method), principal, community_id)
        if principal is not None and principal.is_service and self._certificate_names:
            self._check_certificate(principal, context)
        set_current_principal(principal)
        yield

    def _principal(self, context: Context) -> Principal | None:
        for key, value in context.invocation_metadata() or ():
            if key == "authorization":
                text = value if isinstance(value, str) else value.decode("ascii", "replace")
                return self._verifier.verify(text.removeprefix("Bearer ").strip())
        return None

    def _check_certificate(self, principal: Principal, context: Context) -> None:
        """A service speaks for itself only with its own certificate (common or alternative name louyu-<service>)."""
        auth = context.auth_context()
        names = {
            name.decode("utf-8", "replace").split(".", 1)[0]
            for kind in ("x509_common_name", "x509_subject_alternative_name")
            for name in auth.get(kind, ())
        }
        if f"louyu-{principal.id}" not in names and principal.id not in names:
            raise PermissionDenied(f"the certificate of the caller is not that of the service {principal.id}")
