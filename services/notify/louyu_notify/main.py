"""Notify's process: settings, wiring, serve."""

from louyu.messaging.v1.messaging_service_pb2_grpc import MessagingServiceStub
from louyu.notify.v1 import notify_service_pb2, notify_service_pb2_grpc
from louyu_runtime.forgetting import Keep
from louyu_runtime.host import Host
from louyu_runtime.logs import start_logging
from louyu_runtime.settings import load_settings

from louyu_notify.addresses import Addresses
from louyu_notify.allowances import Allowances
from louyu_notify.api import NotifyApi
from louyu_notify.channels.built_in import NAME, BuiltInChannels
from louyu_notify.delivery_worker import DeliveryWorker
from louyu_notify.directory_events import DirectoryEvents
from louyu_notify.follow_codes import FollowCodes
from louyu_notify.installed import load_channels, read_accounts
from louyu_notify.ledger_worker import LedgerWorker
from louyu_notify.membership_events import MembershipEvents
from louyu_notify.permissions import PERMISSIONS
from louyu_notify.question_events import QuestionEvents
from louyu_notify.screen_watch import ScreenWatch
from louyu_notify.sending import Sending
from louyu_notify.settings import NotifySettings
from louyu_notify.wakes import Wakes


async def serve() -> None:
    """Run notify until it is told to stop. Raises SettingsError and ChannelsFileError for what cannot be used."""
    settings = load_settings(NotifySettings)
    start_logging(settings.role, settings.log_level)
    await run(settings)


def keeps(settings: NotifySettings) -> list[Keep]:
    """Return how long each kind of row is kept."""
    return [
        Keep("delivery_text", settings.delivery_text_days),
        Keep("delivery", settings.delivery_days),
        Keep("announcement", settings.announcement_days),
        Keep("question_status", settings.delivery_days),
        Keep("screen_proof", settings.delivery_days),
    ]


async def run(settings: NotifySettings) -> None:
    """Run notify with these settings until it is told to stop."""
    accounts = read_accounts(settings)
    async with Host(settings) as host:
        messaging = host.client(MessagingServiceStub, "messaging")
        wakes = Wakes()
        watch = ScreenWatch(host.database)
        built_in = BuiltInChannels(host.database, messaging, settings.data_keys.get_secret_value(), watch.wake)
        channels, plugins = await load_channels(settings, accounts, {NAME: built_in})
        addresses, allowances = Addresses(messaging), Allowances(host.database)
        for key, channel in channels.channels.items():
            worker = DeliveryWorker(host.database, key, Sending(channel, addresses, allowances), wakes)
            host.background(f"deliveries {key}", worker.run)
        host.background("ledgers", LedgerWorker(host.database, channels, wakes).run)
        questions = QuestionEvents(channels, wakes, watch.wake, settings.public_url)
        members = MembershipEvents(channels, wakes, settings.public_url)
        handlers = {**DirectoryEvents(wakes).handlers(), **members.handlers(), **questions.handlers()}
        host.consume(handlers, sources=["messaging", "routing"])
        host.tail("notify", watch.hint, watch.wake_all)
        host.publish_events(consumers=[])
        host.add_servicer(
            notify_service_pb2_grpc.add_NotifyServiceServicer_to_server,
            NotifyApi(
                host.database,
                channels,
                wakes,
                watch,
                plugins.states,
                FollowCodes(host.database, built_in.accounts),
                built_in.accounts,
            ),
            PERMISSIONS,
            descriptor=notify_service_pb2.DESCRIPTOR.services_by_name["NotifyService"],
        )
        host.limit(ApplyCommunity=30.0)
        host.forget(*keeps(settings))
        try:
            await host.serve()
        finally:
            await built_in.close()
