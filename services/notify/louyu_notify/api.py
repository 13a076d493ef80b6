"""The gRPC face of notify: translate, call, translate."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing
from datetime import datetime
from typing import Any

import grpc
from louyu.notify.v1 import notify_service_pb2 as pb
from louyu.notify.v1 import notify_service_pb2_grpc
from louyu_runtime.database import Database, Transaction
from louyu_runtime.errors import InvalidArgument
from louyu_runtime.idempotency import once
from louyu_runtime.identity import current_principal
from louyu_runtime.paging import decode_token, encode_token, page_size
from louyu_sdk.plugin_state import PluginState

from louyu_notify import (
    announcements,
    community,
    emergency_replies,
    ledger,
    rights,
    screens,
    undelivered,
    wire,
)
from louyu_notify.announcement import Counts
from louyu_notify.channel_list import ChannelList
from louyu_notify.channels.wechat_official_account import WeChatOfficialAccountChannel
from louyu_notify.errors import InvalidField, MediaGone
from louyu_notify.follow_codes import FollowCodes
from louyu_notify.screen_watch import ScreenWatch
from louyu_notify.store import announcements as announcement_store
from louyu_notify.store import communities
from louyu_notify.store import ledger as ledger_store
from louyu_notify.store import screens as screen_store
from louyu_notify.wakes import Wakes

LONGEST_JOIN_CODE = 64
"""The platform takes no longer scene."""

Context = grpc.aio.ServicerContext[Any, Any]


class NotifyApi(notify_service_pb2_grpc.NotifyServiceServicer):
    """Serves NotifyService."""

    def __init__(
        self,
        database: Database,
        channels: ChannelList,
        wakes: Wakes,
        watch: ScreenWatch,
        plugin_states: Callable[[], list[PluginState]],
        follow_codes: FollowCodes,
        accounts: Callable[[], Mapping[str, WeChatOfficialAccountChannel]],
    ) -> None:
        self._database = database
        self._channels = channels
        self._wakes = wakes
        self._watch = watch
        self._plugin_states = plugin_states
        self._follow_codes = follow_codes
        self._accounts = accounts

    async def ListPlugins(self, request: pb.ListPluginsRequest, context: Context) -> pb.ListPluginsResponse:
        """List the plugins that supply channels, those left out, and those switched off."""
        return pb.ListPluginsResponse(plugins=[wire.plugin(state) for state in self._plugin_states()])

    async def ApplyCommunity(self, request: pb.ApplyCommunityRequest, context: Context) -> pb.ApplyCommunityResponse:
        """Set a community's name, nights and screens."""
        wanted = wire.community(request)
        definitions = wire.screen_definitions(request.screens)
        community_id = wire.uuid_of("community_id", request.community_id)
        try:
            async with self._database.transaction(community_id) as tx:
                applied = await community.apply(
                    tx, wanted, definitions, self._watch.wake, is_pruning=request.is_pruning
                )
                if request.is_dry_run:
                    raise _DryRun
        except _DryRun:
            pass
        return pb.ApplyCommunityResponse(
            created_count=applied.created,
            changed_count=applied.changed,
            unchanged_count=applied.unchanged,
            removed_keys=applied.removed_keys,
        )

    async def CreateAnnouncement(
        self, request: pb.CreateAnnouncementRequest, context: Context
    ) -> pb.CreateAnnouncementResponse:
        """Publish an announcement, once for each key."""
        principal = current_principal()
        wanted = wire.new_announcement(request.announcement)

        async def work(tx: Transaction) -> pb.CreateAnnouncementResponse:
            async def publish() -> pb.CreateAnnouncementResponse:
                published = await announcements.publish(tx, principal, wanted, self._channels, self._wakes.wake)
                return pb.CreateAnnouncementResponse(announcement=wire.announcement(published, Counts()))

            return await once(
                tx,
                principal.id,
                "CreateAnnouncement",
                request.idempotency_key,
                wire.without_key(request),
                pb.CreateAnnouncementResponse,
                publish,
            )

        return await self._database.in_transaction(wire.uuid_of("community_id", request.community_id), work)

    async def PreviewAnnouncement(
        self, request: pb.PreviewAnnouncementRequest, context: Context
    ) -> pb.PreviewAnnouncementResponse:
        """Say how an announcement would look and how many it must reach."""
        wanted = wire.new_announcement(request.announcement)
        async with self._database.transaction(wire.uuid_of("community_id", request.community_id)) as tx:
            found = await announcements.preview(tx, current_principal(), wanted, self._channels)
        return pb.PreviewAnnouncementResponse(
            household_count=found.household_count,
            published_title=found.announcement.title,
            published_text=found.announcement.text,
            warnings=found.warnings,
        )

    async def GetAnnouncement(self, request: pb.GetAnnouncementRequest, context: Context) -> pb.GetAnnouncementResponse:
        """Return one announcement with its counts."""
        announcement_id = wire.uuid_of("announcement_id", request.announcement_id)
        async with self._database.transaction(wire.uuid_of("community_id", request.community_id)) as tx:
            found = await announcements.find_visible(tx, current_principal(), announcement_id)
            counts = await announcement_store.counts(tx, [found.announcement_id])
        return pb.GetAnnouncementResponse(announcement=wire.announcement(found, counts[found.announcement_id]))

    async def ListAnnouncements(
        self, request: pb.ListAnnouncementsRequest, context: Context
    ) -> pb.ListAnnouncementsResponse:
        """List announcements, newest first."""
        size = page_size(request.page_size)
        position = _position("ListAnnouncements", request.page_token, str, str)
        after = None
        if position is not None:
            after = (_moment_of(position[0]), wire.uuid_of("page_token", position[1]))
        async with self._database.transaction(wire.uuid_of("community_id", request.community_id)) as tx:
            found = await announcement_store.newest(
                tx, visible_to_groups=rights.visible_groups(current_principal()), after=after, at_most=size + 1
            )
            counts = await announcement_store.counts(tx, [one.announcement_id for one in found[:size]])
        response = pb.ListAnnouncementsResponse(
            announcements=[wire.announcement(one, counts[one.announcement_id]) for one in found[:size]]
        )
        if len(found) > size:
            last = found[size - 1]
            response.next_page_token = encode_token(
                "ListAnnouncements", [last.published_at.isoformat(), last.announcement_id]
            )
        return response

    async def ListReach(self, request: pb.ListReachRequest, context: Context) -> pb.ListReachResponse:
        """List the households of an announcement that the principal looks after, those not reached first."""
        principal = current_principal()
        size = page_size(request.page_size)
        states = wire.reach_states(request.states)
        announcement_id = wire.uuid_of("announcement_id", request.announcement_id)
        position = _position("ListReach", request.page_token, int, str, str)
        after = None
        if position is not None:
            after = (position[0], position[1], wire.uuid_of("page_token", position[2]))
        async with self._database.transaction(wire.uuid_of("community_id", request.community_id)) as tx:
            await announcements.find_visible(tx, principal, announcement_id)
            lines = await ledger_store.lines(
                tx,
                announcement_id,
                states=states,
                in_groups=rights.looked_after_groups(principal),
                after=after,
                at_most=size + 1,
            )
        response = pb.ListReachResponse(households=[wire.household_reach(line) for line in lines[:size]])
        if len(lines) > size:
            last = lines[size - 1]
            response.next_page_token = encode_token("ListReach", [last.state_rank, last.place_order, last.household_id])
        return response

    async def RecordVisit(self, request: pb.RecordVisitRequest, context: Context) -> pb.RecordVisitResponse:
        """Record a knock on the door, once for each key."""
        principal = current_principal()
        result = wire.visit_result(request.result)
        announcement_id = wire.uuid_of("announcement_id", request.announcement_id)
        household_id = wire.uuid_of("household_id", request.household_id)

        async def work(tx: Transaction) -> pb.RecordVisitResponse:
            async def record() -> pb.RecordVisitResponse:
                found = await announcements.find_visible(tx, principal, announcement_id, locked=True)
                line = await ledger.record_visit(tx, found, household_id, result, rights.looked_after_groups(principal))
                return pb.RecordVisitResponse(household=wire.household_reach(line))

            return await once(
                tx,
                principal.id,
                "RecordVisit",
                request.idempotency_key,
                wire.without_key(request),
                pb.RecordVisitResponse,
                record,
            )

        return await self._database.in_transaction(wire.uuid_of("community_id", request.community_id), work)

    async def ListUndelivered(self, request: pb.ListUndeliveredRequest, context: Context) -> pb.ListUndeliveredResponse:
        """List what did not surely arrive, the latest first."""
        size = page_size(request.page_size)
        position = _position("ListUndelivered", request.page_token, str, str)
        after = None
        if position is not None:
            after = (_moment_of(position[0]), wire.uuid_of("page_token", position[1]))
        async with self._database.transaction(wire.uuid_of("community_id", request.community_id)) as tx:
            found = await undelivered.page(
                tx,
                current_principal(),
                state=wire.undelivered_state(request.state),
                after=after,
                at_most=size + 1,
            )
        response = pb.ListUndeliveredResponse(deliveries=[wire.undelivered(one) for one in found[:size]])
        if len(found) > size:
            last = found[size - 1]
            response.next_page_token = encode_token("ListUndelivered", [last.ended_at.isoformat(), last.delivery_id])
        return response

    async def RetryDelivery(self, request: pb.RetryDeliveryRequest, context: Context) -> pb.RetryDeliveryResponse:
        """Send something once more, once for each key."""
        principal = current_principal()
        delivery_id = wire.uuid_of("delivery_id", request.delivery_id)

        async def work(tx: Transaction) -> pb.RetryDeliveryResponse:
            async def again() -> pb.RetryDeliveryResponse:
                await undelivered.retry(tx, principal, delivery_id, self._wakes)
                return pb.RetryDeliveryResponse()

            return await once(
                tx,
                principal.id,
                "RetryDelivery",
                request.idempotency_key,
                wire.without_key(request),
                pb.RetryDeliveryResponse,
                again,
            )

        return await self._database.in_transaction(wire.uuid_of("community_id", request.community_id), work)

    async def RecordReply(self, request: pb.RecordReplyRequest, context: Context) -> pb.RecordReplyResponse:
        """Note that the asker of an emergency has been told."""
        question_id = wire.uuid_of("question_id", request.question_id)
        person_id = wire.uuid_of("person_id", request.person_id)
        async with self._database.transaction(wire.uuid_of("community_id", request.community_id)) as tx:
            await emergency_replies.record_reply(tx, self._channels, question_id, person_id)
        return pb.RecordReplyResponse()

    async def GetFollowCode(self, request: pb.GetFollowCodeRequest, context: Context) -> pb.GetFollowCodeResponse:
        """Return what the QR code of an account and a group holds."""
        if not 1 <= len(request.join_code) <= LONGEST_JOIN_CODE or not request.join_code.isprintable():
            raise InvalidField("join_code", f"must have 1 to {LONGEST_JOIN_CODE} characters")
        community_id = wire.uuid_of("community_id", request.community_id)
        return pb.GetFollowCodeResponse(
            content=await self._follow_codes.content(community_id, request.account, request.join_code)
        )

    async def ListScreens(self, request: pb.ListScreensRequest, context: Context) -> pb.ListScreensResponse:
        """List a community's screens."""
        with_code = rights.sees_codes(current_principal())
        async with self._database.transaction(wire.uuid_of("community_id", request.community_id)) as tx:
            standing = await communities.find(tx)
            found = await screen_store.all_of(tx)
        name = standing.name if standing else ""
        return pb.ListScreensResponse(screens=[wire.screen(one, name, with_code=with_code) for one in found])

    async def GetScreen(self, request: pb.GetScreenRequest, context: Context) -> pb.GetScreenResponse:
        """Return what a screen must show now."""
        found = await screens.playlist(self._database, request.code)
        return pb.GetScreenResponse(
            screen=wire.screen(found.screen, found.community_name, with_code=True),
            items=[wire.screen_item(item) for item in found.items],
            version=found.screen.version,
            now=wire.timestamp(found.now),
        )

    async def WatchScreen(
        self, request: pb.WatchScreenRequest, context: Context
    ) -> AsyncIterator[pb.WatchScreenResponse]:
        """Send a hint whenever the playlist has changed."""
        async for version in self._watch.versions(request.code, request.known_version):
            yield pb.WatchScreenResponse(version=version)

    async def ReportShown(self, request: pb.ReportShownRequest, context: Context) -> pb.ReportShownResponse:
        """Take proofs of play."""
        proofs = wire.shown_items(request.shown)
        community_id, screen_id = await screens.locate(self._database, request.code)

        async def take(tx: Transaction) -> int:
            return await screens.take_proofs(tx, screen_id, proofs, request.playlist_version)

        return pb.ReportShownResponse(accepted_up_to=await self._database.in_transaction(community_id, take))

    async def FetchMedia(self, request: pb.FetchMediaRequest, context: Context) -> AsyncIterator[pb.FetchMediaResponse]:
        """Pass on what somebody sent to an account, as it comes."""
        if not 1 <= len(request.channel_media_id) <= 256:
            raise InvalidField("channel_media_id", "must have 1 to 256 characters")
        account = self._accounts().get(request.account)
        if account is None or account.key != request.channel:
            raise MediaGone
        async with aclosing(account.fetch_media(request.channel_media_id)) as chunks:
            async for chunk in chunks:
                yield pb.FetchMediaResponse(chunk=chunk)


class _DryRun(Exception):
    """Rolls back what was applied only to see whether it could be."""


def _position(method: str, token: str, *kinds: type) -> Any:
    """Return where a list goes on, as a tuple of these types; None without a token. Raises InvalidArgument."""
    position = decode_token(method, token)
    if position is None:
        return None
    is_ours = [type(part) for part in position] == list(kinds) and not any(
        "\x00" in part if isinstance(part, str) else not 0 <= part < 2**31 for part in position
    )
    if not is_ours:
        raise _not_given_out()
    return tuple(position)


def _moment_of(value: str) -> datetime:
    try:
        found = datetime.fromisoformat(value)
    except ValueError as error:
        raise _not_given_out() from error
    if found.utcoffset() is None or not 1 < found.year < 9999:  # its offset must not lead beyond a datetime's years
        raise _not_given_out()
    return found


def _not_given_out() -> InvalidArgument:
    return InvalidArgument("page_token is not one that was given out; begin without it", field="page_token")
