"""Notify put together as its process does it, with its workers run by hand, so that a test decides when what happens."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from google.protobuf.message import Message
from louyu.notify.v1 import notify_service_pb2 as pb
from louyu.notify.v1 import screen_pb2
from louyu_notify.addresses import Addresses
from louyu_notify.allowances import Allowances
from louyu_notify.api import NotifyApi
from louyu_notify.channel_list import ChannelList
from louyu_notify.channels.wechat_official_account import WeChatOfficialAccountChannel
from louyu_notify.delivery_worker import DeliveryWorker
from louyu_notify.directory_events import DirectoryEvents
from louyu_notify.follow_codes import FollowCodes
from louyu_notify.ledger_worker import LedgerWorker
from louyu_notify.membership_events import MembershipEvents
from louyu_notify.question_events import QuestionEvents
from louyu_notify.screen_watch import ScreenWatch
from louyu_notify.sending import Sending
from louyu_notify.wakes import Wakes
from louyu_runtime.database import Database
from louyu_runtime.events.streams import Event
from louyu_runtime.identity import Principal, set_current_principal
from louyu_runtime.ids import new_id
from louyu_sdk import Channel
from louyu_sdk.sending import ChannelSender

from tests.notify.messaging import Messaging
from tests.notify.place import COMMUNITY


@dataclass
class Notify:
    """One replica of notify."""

    database: Database
    messaging: Messaging
    api: NotifyApi
    watch: ScreenWatch
    ledgers: LedgerWorker
    sendings: Mapping[str, Sending]
    workers: Mapping[str, DeliveryWorker]
    questions: QuestionEvents
    directory: DirectoryEvents
    members: MembershipEvents

    async def hear(self, *payloads: Message, event_id: str | None = None, at: datetime | None = None) -> None:
        """Take events as the consumer does: each in one transaction."""
        handlers = {**self.directory.handlers(), **self.members.handlers(), **self.questions.handlers()}
        for payload in payloads:
            name = payload.DESCRIPTOR.name
            async with self.database.transaction(COMMUNITY) as tx:
                event: Event[Any] = Event(event_id or new_id(), name, COMMUNITY, "", at or tx.now, "", payload)
                await handlers[name][1](tx, event)

    async def deliver(self) -> None:
        """Do everything that is due now."""
        while await self.ledgers.work_once() + sum([await one.deliver_once() for one in self.workers.values()]):
            pass

    async def ask(self, method: str, request: Message, principal: Principal | None = None) -> Any:
        """Call a method of the API as somebody."""
        set_current_principal(principal)
        try:
            return await getattr(self.api, method)(request, None)
        finally:
            set_current_principal(None)

    async def states(self, **where: str) -> list[tuple[str, str, str]]:
        """Return channel, state and error code of all deliveries, in the order in which they were made."""
        async with self.database.transaction(COMMUNITY) as tx:
            rows = await tx.rows("SELECT * FROM delivery ORDER BY position")
        return [
            (row.channel, row.state, row.error_code or "")
            for row in rows
            if all(str(getattr(row, name)) == value for name, value in where.items())
        ]

    async def events(self, type_: str) -> int:
        """Return how many events of a type stand in the outbox."""
        async with self.database.transaction(COMMUNITY) as tx:
            return int(await tx.value("SELECT count(*) FROM outbox WHERE type = :type", type=type_))

    async def set_up(self, *screens: screen_pb2.ScreenDefinition, name: str = "光明社区") -> pb.ApplyCommunityResponse:
        """Apply a community with these screens."""
        request = pb.ApplyCommunityRequest(community_id=COMMUNITY, community_name=name, screens=screens)
        answer: pb.ApplyCommunityResponse = await self.ask("ApplyCommunity", request)
        return answer


def put_together(
    database: Database, messaging: Messaging, client: Any, channels: Sequence[Channel], watch: ScreenWatch
) -> Notify:
    """Return a replica with these channels."""
    wakes = Wakes()
    installed = ChannelList(ChannelSender(channel, on_failure=lambda failure: None) for channel in channels)
    sendings = {
        key: Sending(channel, Addresses(client), Allowances(database), jitter=lambda low, high: high)
        for key, channel in installed.channels.items()
    }
    accounts = {
        each.account: each for each in channels if isinstance(each, WeChatOfficialAccountChannel) and each.account
    }
    return Notify(
        database=database,
        messaging=messaging,
        api=NotifyApi(
            database, installed, wakes, watch, list, FollowCodes(database, lambda: accounts), lambda: accounts
        ),
        watch=watch,
        ledgers=LedgerWorker(database, installed, wakes),
        sendings=sendings,
        workers={key: DeliveryWorker(database, key, sending, wakes) for key, sending in sendings.items()},
        questions=QuestionEvents(installed, wakes, watch.wake, "http://localhost:8080"),
        directory=DirectoryEvents(wakes),
        members=MembershipEvents(installed, wakes, "http://localhost:8080"),
    )
