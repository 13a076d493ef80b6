"""messaging's process: settings -> wiring -> serve."""

from __future__ import annotations

from collections.abc import Sequence

from louyu.events.v1 import envelope_pb2, messaging_events_pb2
from louyu.messaging.v1 import (
    conversation_service_pb2,
    conversation_service_pb2_grpc,
    media_service_pb2,
    media_service_pb2_grpc,
    membership_service_pb2,
    membership_service_pb2_grpc,
    messaging_service_pb2,
    messaging_service_pb2_grpc,
)
from louyu.notify.v1.notify_service_pb2_grpc import NotifyServiceStub
from louyu_runtime.forgetting import Keep
from louyu_runtime.host import Host
from louyu_runtime.logs import start_logging
from louyu_runtime.sealing import Sealer
from louyu_runtime.settings import SettingsError, load_settings

from louyu_messaging.api import MessagingServicer
from louyu_messaging.conversation_api import ConversationServicer
from louyu_messaging.door import Door
from louyu_messaging.drafts import draft_message
from louyu_messaging.events import complete_message_payload
from louyu_messaging.feed import Feed, GroupKey
from louyu_messaging.media.chores import Chores
from louyu_messaging.media.objects import Objects, open_store
from louyu_messaging.media.transcribers import Transcribers, load_transcribers
from louyu_messaging.media.uploads import Uploads
from louyu_messaging.media.workshop import Workshop
from louyu_messaging.media_api import MediaServicer
from louyu_messaging.membership_api import MembershipServicer
from louyu_messaging.message import Message, NewMessage
from louyu_messaging.permissions import (
    CONVERSATION_PERMISSIONS,
    MEDIA_PERMISSIONS,
    MEMBERSHIP_PERMISSIONS,
    PERMISSIONS,
)
from louyu_messaging.posting import Draft, Outcome, Posted, Poster
from louyu_messaging.search.indexing import Indexing
from louyu_messaging.settings import MessagingSettings
from louyu_messaging.store import messages
from louyu_messaging.store.hot import HotStore

FORGET_AFTER_DAYS = 7


async def serve() -> None:
    """Serve until told to stop. Raises SettingsError for settings that cannot be used."""
    settings = load_settings(MessagingSettings)
    start_logging(settings.role, settings.log_level)
    async with Host(settings) as host, HotStore(host.database.asyncpg_url) as hot:
        transcribers = load_transcribers(settings.plugins_disabled)
        wire_up(host, hot, settings, transcribers)
        await host.serve()
        transcribers.close()


def wire_up(
    host: Host,
    hot: HotStore,
    settings: MessagingSettings,
    transcribers: Transcribers | None = None,
    workshop: Workshop | None = None,
) -> None:
    """Put messaging together on a host. A workshop that is given is ended by whoever gave it."""
    database = host.database
    sealer = Sealer(settings.data_keys.get_secret_value(), settings.lookup_key.get_secret_value())

    async def read_after(key: GroupKey, seq: int, limit: int) -> Sequence[Message]:
        async with database.transaction(key[0]) as tx:
            return await messages.after(tx, key[1], seq, limit)

    feed = Feed(read_after, hot.group_positions)
    chores = wire_up_media(host, settings, transcribers, workshop)

    def posted(flushed: Sequence[tuple[Draft, Posted]]) -> None:
        if flushed and database.on_events is not None:
            database.on_events()
        for key in {(draft.community_id, draft.group_id) for draft, _ in flushed}:
            feed.wake(key)
        if any(draft.message.media_ids for draft, _ in flushed):
            chores.wake()

    def hint(envelope: envelope_pb2.Envelope) -> None:
        kind, _, group_id = envelope.subject.partition("/")
        key = (envelope.community_id, group_id)
        if envelope.type == "MessageChanged":
            feed.changed(key, messaging_events_pb2.MessageChanged.FromString(envelope.payload).change)
        elif kind == "group":
            feed.wake(key)

    poster = Poster(hot.post_messages, posted)

    async def post(community_id: str, group_id: str, message: NewMessage) -> Outcome:
        (outcome,) = await poster.post_all([draft_message(community_id, group_id, message)])
        return outcome

    host.add_servicer(
        messaging_service_pb2_grpc.add_MessagingServiceServicer_to_server,
        MessagingServicer(database, poster, feed, Door(database, hot, sealer, post), sealer),
        PERMISSIONS,
        descriptor=messaging_service_pb2.DESCRIPTOR.services_by_name["MessagingService"],
    )
    host.add_servicer(
        conversation_service_pb2_grpc.add_ConversationServiceServicer_to_server,
        ConversationServicer(database, feed.changed),
        CONVERSATION_PERMISSIONS,
        descriptor=conversation_service_pb2.DESCRIPTOR.services_by_name["ConversationService"],
    )
    host.add_servicer(
        membership_service_pb2_grpc.add_MembershipServiceServicer_to_server,
        MembershipServicer(database, sealer),
        MEMBERSHIP_PERMISSIONS,
        descriptor=membership_service_pb2.DESCRIPTOR.services_by_name["MembershipService"],
    )
    host.limit(ApplyCommunity=60.0, UploadMedia=150.0)
    host.take_large("ApplyCommunity")
    host.complete_events({"MessagePosted": complete_message_payload})
    host.publish_events(consumers=["routing", "notify"])
    host.tail("messaging", hint, feed.wake_all)
    host.background("feed", feed.watch)
    host.background("search index", Indexing(database).run)
    host.forget(
        *(Keep(what, FORGET_AFTER_DAYS) for what in ("pending_join", "pending_choice", "channel_receipt")),
        Keep("message", 0),  # as long as its community says
    )


def wire_up_media(
    host: Host, settings: MessagingSettings, transcribers: Transcribers | None, given: Workshop | None
) -> Chores:
    """Put together what serves and looks after photos and recordings."""
    workshop = given or Workshop(settings.media_processes)
    objects = open_objects(settings)
    transcribe = transcribers.transcribe if transcribers is not None and transcribers.are_there else None
    chores = Chores(host.database, workshop, objects, host.client(NotifyServiceStub, "notify"), transcribe)
    host.add_servicer(
        media_service_pb2_grpc.add_MediaServiceServicer_to_server,
        MediaServicer(
            host.database,
            Uploads(host.database, workshop, objects),
            objects,
            transcribers.states if transcribers is not None else list,
        ),
        MEDIA_PERMISSIONS,
        descriptor=media_service_pb2.DESCRIPTOR.services_by_name["MediaService"],
    )
    if given is None:
        host.background("media processes", workshop.run)
    host.background("media chores", chores.run)
    host.background("forgetting media that nobody posted", chores.forget)
    return chores


def open_objects(settings: MessagingSettings) -> Objects:
    """Open the store of photos and recordings, if there is one. Raises SettingsError for a folder that cannot be made."""
    if not settings.media_url:
        return Objects(None)
    try:
        store = open_store(
            settings.media_url,
            settings.media_access_key.get_secret_value(),
            settings.media_secret_key.get_secret_value(),
        )
    except OSError as error:
        raise SettingsError(
            [f"LOUYU_MEDIA_URL: the folder cannot be made ({error}); make it, and let this user write there"]
        ) from error
    return Objects(store)
