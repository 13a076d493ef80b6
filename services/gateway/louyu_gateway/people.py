"""Who makes a request: a bearer token, or a browser that is signed in.

A bearer token is believed as it is signed. A person signed in by cookie is looked up in messaging, at most every few
seconds, so that somebody who lost a role or left a group loses it here at once.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace

from louyu.messaging.v1 import community_pb2
from louyu.messaging.v1 import messaging_service_pb2 as messaging
from louyu_runtime.errors import RemoteError, Unauthenticated
from louyu_runtime.identity import Principal, TokenVerifier
from louyu_runtime.ids import is_uuid
from starlette.requests import Request

from louyu_gateway.services import Services
from louyu_gateway.sessions import Sessions

FRESH_SECONDS = 10.0
MOST_KEPT = 20_000
TICKET_AUDIENCE = "signin"
"""Sign-in links have tickets of their own: a bearer token that leaked is not worth a session."""


class People:
    """Answers who makes a request, with the roles and groups that hold now."""

    def __init__(
        self,
        services: Services,
        sessions: Sessions,
        verifier: TokenVerifier,
        tickets: TokenVerifier,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._services = services
        self._sessions = sessions
        self._verifier = verifier
        self._tickets = tickets
        self._monotonic = monotonic
        self._fresh: OrderedDict[tuple[str, str], tuple[Principal, float]] = OrderedDict()

    async def of(self, request: Request) -> Principal:
        """Return who makes the request. Raises Unauthenticated if nobody is known."""
        bearer = bearer_token(request)
        if bearer is not None:
            return self._verifier.verify(bearer)
        signed_in = await self._sessions.read(request)
        if signed_in is None:
            raise Unauthenticated("sign in, or send a token as `Authorization: Bearer <token>`")
        return await self.refreshed(signed_in)

    def verify_ticket(self, ticket: str) -> Principal:
        """Return whom a sign-in ticket stands for. Raises Unauthenticated."""
        return self._tickets.verify(ticket)

    async def refreshed(self, known: Principal) -> Principal:
        """Return the person with what messaging says of them now; roles that messaging does not know stay."""
        if known.is_service or not known.community_id or not is_uuid(known.id):
            return known
        key = (known.community_id, known.id)
        kept = self._fresh.get(key)
        if kept is not None and kept[1] > self._monotonic():
            return kept[0]
        ask = self._services.calls(None)
        try:
            answer: messaging.GetPersonResponse = await ask.messaging(
                messaging.GetPersonRequest(community_id=known.community_id, person=known.id)
            )
        except RemoteError as error:
            if error.code.name == "NOT_FOUND":
                raise Unauthenticated("this person is no longer known: sign in again", reason="PERSON_GONE") from error
            raise
        person = answer.person
        roles = frozenset(role for membership in person.memberships for role in membership.roles)
        fresh = replace(
            known,
            id=person.id,  # another one than the browser's, when two have turned out to be one
            name=person.name,
            roles=roles | (known.roles & {"operator"}),
            group_ids=frozenset(membership.group_id for membership in person.memberships if _reads(person, membership)),
            led_group_ids=frozenset(m.group_id for m in person.memberships if set(m.roles) - {"resident"}),
        )
        self._fresh[key] = (fresh, self._monotonic() + FRESH_SECONDS)
        if len(self._fresh) > MOST_KEPT:
            self._fresh.popitem(last=False)
        return fresh

    def forget(self, principal: Principal) -> None:
        """Ask messaging anew at the next request, as after joining a group."""
        self._fresh.pop((principal.community_id, principal.id), None)


def _reads(person: community_pb2.Person, membership: community_pb2.Membership) -> bool:
    """Whether the person reads what is said and asked in a group: not while their residency is doubted, if it is so here."""
    return not person.is_kept_from_reading or list(membership.roles) != ["resident"]


def bearer_token(request: Request) -> str | None:
    """Return the request's bearer token, None if it has none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None
