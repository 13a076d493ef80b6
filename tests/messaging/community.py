"""The community of these tests, its people, and the calls that tests make of messaging."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from louyu.events.v1 import messaging_events_pb2
from louyu.messaging.v1 import community_pb2, media_pb2, media_service_pb2, message_pb2
from louyu.messaging.v1 import messaging_service_pb2 as pb
from louyu_messaging.consent import CURRENT_VERSION
from louyu_runtime.host import Host
from louyu_runtime.identity import Principal, service_principal
from louyu_runtime.ids import community_id, named_id
from louyu_runtime.rpc.client import Client

CHANNEL, ACCOUNT = "wechat_official_account", "beili"
COMMUNITY = community_id("beili")
GROUP_28, GROUP_SMALL = named_id(COMMUNITY, "group", "28"), named_id(COMMUNITY, "group", "3-5")
FLATS_28 = [f"{unit}-{floor}0{door}" for unit in (1, 2) for floor in range(1, 6) for door in (1, 2)]

OPERATOR = Principal("person", "9c1c7a52-6a3c-4f0e-9f5e-3a3d4c1b2a10", roles=frozenset({"operator"}))
NOTIFY = service_principal("notify")


def person_id(key: str, community: str = COMMUNITY) -> str:
    """Return the id of a person of the definition."""
    return named_id(community, "person", key)


def person(key: str, *roles: str, community: str = COMMUNITY) -> Principal:
    """Return the identity of a person of the definition, as the gateway would sign it."""
    return Principal("person", person_id(key, community), community, roles=frozenset(roles or ("resident",)))


def definition(key: str = "beili") -> community_pb2.CommunityDefinition:
    """Return the definition of the tests' community: a new object each time, to be changed at will."""
    every = [
        community_pb2.MembershipDefinition(group_key="*", role="secretary"),
    ]
    return community_pb2.CommunityDefinition(
        key=key,
        name="北里社区",
        subdistrict="香河园街道",
        district="朝阳区",
        buildings=[
            community_pb2.BuildingDefinition(key="28", flats=FLATS_28),
            community_pb2.BuildingDefinition(key="3", flats=["101", "102"]),
            community_pb2.BuildingDefinition(key="5", flats=["101", "103"]),
        ],
        groups=[
            community_pb2.GroupDefinition(key="28", building_keys=["28"], join_code=f"{key}-28"),
            community_pb2.GroupDefinition(key="3-5", building_keys=["3", "5"], join_code=f"{key}-3-5"),
        ],
        people=[
            community_pb2.PersonDefinition(key="shuji", name="王书记", memberships=every),
            community_pb2.PersonDefinition(
                key="louzhang",
                name="孙楼长",
                building_key="28",
                flat="1-101",
                memberships=[community_pb2.MembershipDefinition(group_key="28", role="building_head")],
            ),
            community_pb2.PersonDefinition(
                key="wuye",
                name="小李",
                memberships=[
                    community_pb2.MembershipDefinition(group_key="28", role="staff", responder_key="property")
                ],
            ),
            community_pb2.PersonDefinition(key="zhang", name="张阿姨", building_key="28", flat="2-502"),
            community_pb2.PersonDefinition(key="liu", name="刘大爷", building_key="3", flat="102"),
        ],
    )


@dataclass
class Messaging:
    """The running service, called as the gateway unless a principal is named."""

    client: Client[Any]
    host: Host
    media: Client[Any]

    async def call(self, method: str, request: Any, principal: Principal | None = None) -> Any:
        return await self.client.call(method, request, principal=principal, timeout=15.0)

    async def apply(self, wanted: community_pb2.CommunityDefinition, *, is_dry_run: bool = False) -> Any:
        request = pb.ApplyCommunityRequest(community=wanted, is_dry_run=is_dry_run)
        return await self.call("ApplyCommunity", request, OPERATOR)

    async def post(self, text: str, key: str, *, who: str = "zhang", group: str = GROUP_28, **fields: Any) -> Any:
        message = message_pb2.NewMessage(text=text, idempotency_key=key, **fields)
        request = pb.PostMessageRequest(community_id=COMMUNITY, group_id=group, message=message)
        return await self.call("PostMessage", request, person(who))

    async def upload(self, file: bytes, key: str, *, who: str = "zhang", group: str = GROUP_28) -> media_pb2.Media:
        async def requests() -> AsyncIterator[media_service_pb2.UploadMediaRequest]:
            yield media_service_pb2.UploadMediaRequest(community_id=COMMUNITY, group_id=group, idempotency_key=key)
            for at in range(0, len(file), 200_000):
                yield media_service_pb2.UploadMediaRequest(chunk=file[at : at + 200_000])

        answer = await self.media.upload("UploadMedia", requests(), principal=person(who), timeout=60.0)
        found: media_pb2.Media = answer.media
        return found

    async def read(
        self, media_id: str, who: Principal, *, group: str = GROUP_28, **fields: Any
    ) -> tuple[media_service_pb2.ReadMediaResponse, bytes]:
        request = media_service_pb2.ReadMediaRequest(
            community_id=who.community_id or COMMUNITY, group_id=group, media_id=media_id, **fields
        )
        answers = [one async for one in self.media.stream("ReadMedia", request, principal=who, timeout=30.0)]
        return answers[0], b"".join(one.chunk for one in answers)

    async def messages(self, group: str = GROUP_28, **fields: Any) -> list[message_pb2.Message]:
        request = pb.ListMessagesRequest(community_id=COMMUNITY, group_id=group, page_size=500, **fields)
        return list((await self.call("ListMessages", request)).messages)

    async def texts(self, group: str = GROUP_28) -> list[str]:
        return [message.text for message in await self.messages(group)]

    async def join(self, code: str, flat: str, key: str, **fields: Any) -> Any:
        fields.setdefault("consent_version", CURRENT_VERSION)
        return await self.call(
            "JoinGroup", pb.JoinGroupRequest(join_code=code, flat=flat, idempotency_key=key, **fields)
        )

    async def outbox(self, kind: str) -> list[Any]:
        """Return the payloads of this type in the outbox, oldest first, as the relay would publish them."""
        async with self.host.database.transaction(COMMUNITY) as tx:
            rows = await tx.rows(
                "SELECT payload, sequence, occurred_at FROM outbox WHERE type = :kind ORDER BY position", kind=kind
            )
        payload_class = getattr(messaging_events_pb2, kind)
        complete = self.host._completers.get(kind)
        return [
            payload_class.FromString(complete(bytes(row[0]), row[1], row[2]) if complete else bytes(row[0]))
            for row in rows
        ]


@dataclass
class Follower:
    """Somebody on the Official Account; each sending has its own callback key unless it is repeated."""

    messaging: Messaging
    openid: str
    count: int = 0

    @property
    def address(self) -> message_pb2.ChannelAddress:
        return message_pb2.ChannelAddress(channel=CHANNEL, account=ACCOUNT, address=self.openid)

    async def _send(self, key: str, **content: Any) -> Any:
        if not key:
            self.count += 1
            key = f"{self.openid}/{self.count}"
        request = pb.ReceiveFromChannelRequest(address=self.address, callback_key=key, **content)
        return await self.messaging.call("ReceiveFromChannel", request)

    async def arrives(self, code: str = "", key: str = "") -> Any:
        return await self._send(key, arrival=message_pb2.ChannelArrival(join_code=code))

    async def writes(self, text: str, key: str = "") -> Any:
        return await self._send(key, message=message_pb2.ChannelMessage(text=text, via=message_pb2.VIA_TEXT))

    async def leaves(self, key: str = "") -> Any:
        return await self._send(key, departure=message_pb2.ChannelDeparture())


async def settle_community(messaging: Messaging) -> None:
    """Import the community as soon as the service listens."""
    async with asyncio.timeout(10):
        await messaging.client._channel.channel_ready()
    await messaging.apply(definition())
