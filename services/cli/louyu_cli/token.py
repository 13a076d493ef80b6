"""`louyu token`: a bearer token for /api/v1 and gRPC, signed with the installation's key, or a link to sign in with."""

from __future__ import annotations

import argparse
import asyncio
import json
from dataclasses import replace

import grpc
from louyu.messaging.v1 import community_pb2, messaging_service_pb2
from louyu_runtime import ids
from louyu_runtime.errors import RemoteError
from louyu_runtime.identity import PERSON_ROLES, Principal
from louyu_runtime.settings import ROLES

from louyu_cli.errors import WRONG_USAGE, CommandError
from louyu_cli.installation import Services

AUDIENCE = ROLES
SIGN_IN_AUDIENCE = ("signin",)
LONGEST_MINUTES = 365 * 24 * 60
TOKEN_MINUTES = 60
LINK_MINUTES = 10
"""A link signs in whoever opens it, and stands in histories of browsers and chats: it is good for a short time only."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--role", required=True, choices=sorted(PERSON_ROLES))
    parser.add_argument("--person", metavar="ID", help="key or UUID of the person; needed but for operators")
    parser.add_argument("--community", metavar="ID", help="key or UUID of the community; needed but for operators")
    parser.add_argument("--minutes", type=int, help="how long it is good; by default 60, a link 10")
    parser.add_argument("--link", action="store_true", help="print a link for the browser instead of a token")
    parser.add_argument("--json", action="store_true", help="print the token as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print the token."""
    if arguments.minutes is None:
        arguments.minutes = LINK_MINUTES if arguments.link else TOKEN_MINUTES
    if not 1 <= arguments.minutes <= LONGEST_MINUTES:
        raise CommandError(f"--minutes must be 1 to {LONGEST_MINUTES}", exit_code=WRONG_USAGE)
    if arguments.role != "operator" and not (arguments.person and arguments.community):
        raise CommandError(f"--role {arguments.role} needs --community and --person", exit_code=WRONG_USAGE)
    text = asyncio.run(_make(arguments))
    print(json.dumps({"token" if not arguments.link else "link": text}) if arguments.json else text)
    return 0


async def _make(arguments: argparse.Namespace) -> str:
    async with Services() as services:
        if arguments.role == "operator":
            principal = Principal(kind="person", id="operator", name="operator", roles=frozenset({"operator"}))
        else:
            asked = messaging_service_pb2.GetPersonRequest(
                community_id=ids.community_id_of(arguments.community), person=arguments.person
            )
            try:
                answer = await services.messaging.call("GetPerson", asked)
            except RemoteError as error:
                if error.code is not grpc.StatusCode.NOT_FOUND:
                    raise
                raise CommandError(
                    f"{arguments.community} has no person {arguments.person}; write the key of the import file, a UUID,"
                    " or for residents building, flat and name, such as 2-1-101-张家"
                ) from error
            principal = principal_of(answer.person)
            if arguments.role not in principal.roles:
                held = ", ".join(sorted(principal.roles)) or "none"
                raise CommandError(f"{arguments.person} does not hold the role {arguments.role}; held: {held}")
        seconds = arguments.minutes * 60
        if arguments.link:
            return sign_in_link(services, principal, seconds)
        return services.signer.sign(principal, AUDIENCE, seconds=seconds)


def sign_in_link(services: Services, principal: Principal, seconds: float) -> str:
    """Return a link by which a browser signs in as this principal for so long."""
    # The gateway asks messaging for the groups; a link need not carry them, and people have to copy it.
    slim = replace(principal, name="", group_ids=frozenset(), led_group_ids=frozenset(), responder_keys=frozenset())
    ticket = services.signer.sign(slim, SIGN_IN_AUDIENCE, seconds=seconds)
    return f"{services.settings.public_url}/signin?ticket={ticket}"


def principal_of(person: community_pb2.Person) -> Principal:
    """Return the identity of a person with all roles and groups that they hold."""
    roles = {role for membership in person.memberships for role in membership.roles}
    return Principal(
        kind="person",
        id=person.id,
        community_id=person.community_id,
        name=person.name,
        roles=frozenset(roles or {"resident"}),
        group_ids=frozenset(membership.group_id for membership in person.memberships),
        led_group_ids=frozenset(m.group_id for m in person.memberships if set(m.roles) - {"resident"}),
    )
