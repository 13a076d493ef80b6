"""Media of channels: the message stands at once, its photo follows, durably and once."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import grpc
import pytest
from louyu.messaging.v1 import media_pb2, message_pb2
from louyu.notify.v1 import notify_service_pb2 as notify
from louyu.notify.v1 import notify_service_pb2_grpc
from louyu_messaging.store import media as media_store
from louyu_runtime.errors import NotFound
from louyu_runtime.identity import TokenSigner, TokenVerifier
from louyu_runtime.permissions import only_services
from louyu_runtime.rpc.admission import Admission
from louyu_runtime.rpc.guard import GuardedMethods
from louyu_runtime.rpc.identity import CallerCheck

from tests.messaging.community import CHANNEL, COMMUNITY, Follower, Messaging, person
from tests.messaging.media_files import photo, recording
from tests.messaging.waiting import until, until_given
from tests.platform.fixtures import Clock


class Gone(NotFound):
    """As notify says it."""

    reason = "MEDIA_GONE"


class Notify(notify_service_pb2_grpc.NotifyServiceServicer):
    """The double of notify: gives files, or fails so many times before."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.failures = 0
        self.asked: list[notify.FetchMediaRequest] = []

    async def FetchMedia(
        self, request: notify.FetchMediaRequest, context: object
    ) -> AsyncIterator[notify.FetchMediaResponse]:
        self.asked.append(request)
        if self.failures:
            self.failures -= 1
            raise RuntimeError("notify fails")
        if request.channel_media_id not in self.files:
            raise Gone("gone")
        file = self.files[request.channel_media_id]
        for at in range(0, len(file), 100_000):
            yield notify.FetchMediaResponse(chunk=file[at : at + 100_000])


@pytest.fixture
async def channel(notify_port: int, signer: TokenSigner) -> AsyncIterator[Notify]:
    """Notify, listening."""
    double = Notify()  # type: ignore[abstract]  # messaging calls this method alone
    rules = {"/louyu.notify.v1.NotifyService/FetchMedia": only_services("messaging")}
    callers = CallerCheck(TokenVerifier([signer.public_key], "notify"), rules, certificate_names=False)
    methods: Any = GuardedMethods("notify", Admission({}), callers)
    notify_service_pb2_grpc.add_NotifyServiceServicer_to_server(double, methods)
    server = grpc.aio.server(handlers=(methods,))
    server.add_insecure_port(f"127.0.0.1:{notify_port}")
    await server.start()
    yield double
    await server.stop(None)


@pytest.fixture
def notify_address(notify_port: int) -> str:
    return f"127.0.0.1:{notify_port}"


@pytest.fixture
async def follower(channel: Notify, messaging: Messaging) -> Follower:
    """A member of 28 on the Official Account."""
    found = Follower(messaging, "openid-1")
    await found.arrives("beili-28")
    await found.writes("2-302")
    return found


async def shows(follower: Follower, *ids: str, key: str = "", via: int = message_pb2.VIA_PHOTO, text: str = "") -> int:
    sent = message_pb2.ChannelMessage(via=via, media_ids=ids, text=text)  # type: ignore[arg-type]  # an enum's number
    answer = await follower._send(key, message=sent)
    return int(answer.posted.seq)


async def reaches(messaging: Messaging, seq: int, *states: media_pb2.MediaState.ValueType) -> list[media_pb2.Media]:
    """Return the media of a message as soon as they are in these states."""

    async def there() -> list[media_pb2.Media]:
        (message,) = [one for one in await messaging.messages() if one.seq == seq]
        return list(message.media) if [one.state for one in message.media] == list(states) else []

    return await until_given(there)


async def test_a_photo_of_wechat_follows_its_message(messaging: Messaging, channel: Notify, follower: Follower) -> None:
    channel.files["wx-1"] = photo()
    seq = await shows(follower, "wx-1", key="a")
    again = await shows(follower, "wx-1", key="a")
    (media,) = await reaches(messaging, seq, media_pb2.MEDIA_STATE_READY)

    assert again == seq
    assert len(await messaging.messages()) == 1
    assert [(one.channel, one.account, one.channel_media_id) for one in channel.asked] == [(CHANNEL, "beili", "wx-1")]
    _, data = await messaging.read(media.id, person("zhang"))
    assert data.startswith(b"\xff\xd8\xff")
    assert b"SecretCamera" not in data
    assert [(told.seq, told.what) for told in await messaging.outbox("MessageChanged")] == [(seq, "media")]


async def test_while_the_channel_is_away_the_message_stands_and_the_photo_is_tried_again(
    messaging: Messaging, channel: Notify, follower: Follower, clock: Clock
) -> None:
    channel.files["wx-1"] = photo()
    channel.failures = 1
    seq = await shows(follower, "wx-1")
    await reaches(messaging, seq, media_pb2.MEDIA_STATE_ARRIVING)
    await until(lambda: bool(channel.asked))
    await clock.move(minutes=1)

    await reaches(messaging, seq, media_pb2.MEDIA_STATE_READY)


async def test_what_the_channel_has_no_longer_is_shown_as_missing(
    messaging: Messaging, channel: Notify, follower: Follower
) -> None:
    channel.files["wx-2"] = b"neither photo nor sound"
    seq = await shows(follower, "wx-1", "wx-2")

    await reaches(messaging, seq, media_pb2.MEDIA_STATE_UNUSABLE, media_pb2.MEDIA_STATE_UNUSABLE)
    async with messaging.host.database.transaction(COMMUNITY) as tx:
        assert await tx.value("SELECT count(*) FROM media_task") == 0


async def test_after_three_days_a_photo_is_given_up(
    messaging: Messaging, channel: Notify, follower: Follower, clock: Clock
) -> None:
    channel.failures = 10**6
    seq = await shows(follower, "wx-1")
    await clock.move(hours=73)

    await reaches(messaging, seq, media_pb2.MEDIA_STATE_UNUSABLE)


async def test_two_replicas_never_take_the_same_task(
    messaging: Messaging, channel: Notify, follower: Follower, clock: Clock
) -> None:
    channel.failures = 10**6
    await shows(follower, "wx-1")
    await clock.move(hours=1)

    async def take() -> int:
        async with messaging.host.database.transaction() as tx:
            return len(await media_store.claim_tasks(tx, 4, timedelta(minutes=3)))

    assert sum(await asyncio.gather(*(take() for _ in range(5)))) <= 1


async def test_words_that_wechat_has_recognised_stand_at_once(
    messaging: Messaging, channel: Notify, follower: Follower
) -> None:
    channel.files["wx-1"] = recording("amr")
    seq = await shows(follower, "wx-1", via=message_pb2.VIA_VOICE, text="暖气不热")
    (media,) = await reaches(messaging, seq, media_pb2.MEDIA_STATE_READY)

    (message,) = await messaging.messages()
    assert (message.text, media.words, media.words_by) == ("暖气不热", "暖气不热", media_pb2.WORDS_BY_CHANNEL)
    assert await messaging.outbox("VoiceTranscribed") == []
