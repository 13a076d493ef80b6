"""Addresses: where persons are found on a channel, asked of messaging when something is sent, and never kept."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from louyu.messaging.v1 import messaging_service_pb2
from louyu.messaging.v1.messaging_service_pb2_grpc import MessagingServiceStub
from louyu_runtime.rpc.client import Client


@dataclass(frozen=True, slots=True)
class Address:
    """A person's address on an account of the channel, and how long ago the person wrote there; None: never."""

    account: str
    address: str = field(repr=False)
    since_last_heard: timedelta | None


class Addresses:
    """Asks messaging, one call for each community."""

    def __init__(self, messaging: Client[MessagingServiceStub]) -> None:
        self._messaging = messaging

    async def resolve(self, community_id: str, person_ids: Sequence[str], channel: str) -> dict[str, Address]:
        """Return the addresses of those of these persons who have one on the channel. Raises RemoteError."""
        answer: messaging_service_pb2.ResolveAddressesResponse = await self._messaging.call(
            "ResolveAddresses",
            messaging_service_pb2.ResolveAddressesRequest(
                community_id=community_id, person_ids=person_ids, channel=channel
            ),
        )
        return {
            found.person_id: Address(
                found.address.account,
                found.address.address,
                found.since_last_heard.ToTimedelta() if found.HasField("since_last_heard") else None,
            )
            for found in answer.addresses
        }


def persons_by_community(wanted: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Return the persons of (community, person) pairs, each once, by community."""
    by_community: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for community_id, person_id in wanted:
        by_community[community_id][person_id] = None
    return {community_id: list(persons) for community_id, persons in by_community.items()}
