"""The calls that tests make of membership, and what its events told."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from louyu.events.v1 import membership_events_pb2
from louyu.messaging.v1 import community_pb2
from louyu.messaging.v1 import membership_pb2 as proto
from louyu.messaging.v1 import membership_service_pb2 as pb
from louyu.messaging.v1.membership_service_pb2_grpc import MembershipServiceStub
from louyu_runtime.identity import Principal, TokenSigner, service_principal
from louyu_runtime.rpc.client import Client

from tests.messaging.community import COMMUNITY, GROUP_28, Messaging, definition, person, person_id

HEAD, SECRETARY = person("louzhang", "building_head"), person("shuji", "secretary")
STAFF = person("wuye", "staff")


def with_liaison() -> community_pb2.CommunityDefinition:
    """Return the tests' community with a liaison of building 28, a neighbour more, and confirmation wanted."""
    wanted = definition()
    wanted.confirm_residency = True
    wanted.people.add(
        key="jugan",
        name="赵居干",
        memberships=[community_pb2.MembershipDefinition(group_key="28", role="liaison")],
    )
    wanted.people.add(key="qian", name="钱先生", building_key="28", flat="1-201")
    return wanted


@dataclass
class Membership:
    """The service of membership, called as the secretary unless somebody is named."""

    messaging: Messaging
    client: Client[Any]
    keys: int = 0

    async def call(self, method: str, who: Principal = SECRETARY, **fields: Any) -> Any:
        """Call a method in the tests' community; what writes gets a key of its own."""
        request_class = getattr(pb, f"{method}Request")
        if "idempotency_key" in request_class.DESCRIPTOR.fields_by_name and "idempotency_key" not in fields:
            self.keys += 1
            fields["idempotency_key"] = str(self.keys)
        request = request_class(community_id=COMMUNITY, **fields)
        return await self.client.call(method, request, principal=who, timeout=15.0)

    async def grant(self, key: str, role: str, who: Principal = SECRETARY, **fields: Any) -> list[proto.GroupRoles]:
        """Give somebody of the definition a role in building 28."""
        fields = {"group_ids": [GROUP_28], **fields}
        return list((await self.call("GrantRole", who, person_id=person_id(key), role=role, **fields)).groups)

    async def withdraw(self, key: str, role: str, who: Principal = SECRETARY, **fields: Any) -> proto.GroupRoles:
        """Take a role in building 28 from somebody of the definition."""
        answer = await self.call("WithdrawRole", who, group_id=GROUP_28, person_id=person_id(key), role=role, **fields)
        group: proto.GroupRoles = answer.group
        return group

    async def told(self, kind: str = "MembershipChanged") -> list[Any]:
        """Return the events of this kind in the outbox, oldest first."""
        async with self.messaging.host.database.transaction(COMMUNITY) as tx:
            rows = await tx.rows("SELECT payload FROM outbox WHERE type = :kind ORDER BY position", kind=kind)
        return [getattr(membership_events_pb2, kind).FromString(bytes(row.payload)) for row in rows]

    async def told_to(self, key: str) -> list[str]:
        """Return what somebody of the definition was told, oldest first."""
        return [event.what for event in await self.told() if event.person_id == person_id(key)]

    async def audited(self, action: str) -> list[str]:
        """Return who did something, as the audit trail has it, oldest first."""
        async with self.messaging.host.database.transaction(COMMUNITY) as tx:
            rows = await tx.rows("SELECT actor FROM audit WHERE action = :action ORDER BY audit_id", action=action)
        return [row.actor for row in rows]


@asynccontextmanager
async def membership_of(messaging: Messaging, signer: TokenSigner) -> AsyncIterator[Membership]:
    """The service of membership in a community with a liaison."""
    address = f"{messaging.host.settings.listen}"
    client = Client(MembershipServiceStub, "messaging", address, signer, service_principal("gateway"))
    try:
        await messaging.apply(with_liaison())
        yield Membership(messaging, client)
    finally:
        await client.close()


def roles_of(group: proto.GroupRoles) -> list[str]:
    """Return who holds what, in order, seconds marked."""
    return [f"{each.name} {'second' if each.is_second else each.role}" for each in group.held]
