"""Identity of a call: the bearer token is believed or refused, and the table of permissions is asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from louyu_runtime.errors import PermissionDenied
from louyu_runtime.identity import Principal, TokenVerifier, set_current_principal
from louyu_runtime.permissions import Rule, check_caller
from louyu_runtime.rpc.handlers import Context, Metadata, short_name


class CallerCheck:
    """Lets through who may call. `rules` maps the full method name to its rule."""

    def __init__(self, verifier: TokenVerifier, rules: Mapping[str, Rule], *, certificate_names: bool) -> None:
        self._verifier = verifier
        self._rules = rules
        self._certificate_names = certificate_names
        self._has_community: dict[type, bool] = {}

    def check(self, method: str, request: Any, metadata: Metadata, context: Context) -> None:
        """Check who calls, and make it known to the handler. Raises Unauthenticated, PermissionDenied or NotFound."""
        rule = self._rules.get(method)
        if rule is None:
            raise PermissionDenied(f"{short_name(method)} has no rule in the table of permissions")
        principal = self._principal(metadata)
        check_caller(rule, short_name(method), principal, self._community_of(request))
        if self._certificate_names and principal is not None and principal.is_service:
            _check_certificate(principal, context)
        set_current_principal(principal)

    def _principal(self, metadata: Metadata) -> Principal | None:
        for key, value in metadata:
            if key == "authorization":
                text = value if isinstance(value, str) else value.decode("ascii", "replace")
                return self._verifier.verify(text.removeprefix("Bearer ").strip())
        return None

    def _community_of(self, request: Any) -> str | None:
        kind = type(request)
        has_community = self._has_community.get(kind)
        if has_community is None:
            has_community = self._has_community[kind] = "community_id" in kind.DESCRIPTOR.fields_by_name
        return request.community_id if has_community else None


def _check_certificate(principal: Principal, context: Context) -> None:
    """A service speaks for itself only with its own certificate (common or alternative name louyu-<service>)."""
    auth = context.auth_context()
    names = {
        name.decode("utf-8", "replace").split(".", 1)[0]
        for kind in ("x509_common_name", "x509_subject_alternative_name")
        for name in auth.get(kind, ())
    }
    if f"louyu-{principal.id}" not in names and principal.id not in names:
        raise PermissionDenied(f"the certificate of the caller is not that of the service {principal.id}")
