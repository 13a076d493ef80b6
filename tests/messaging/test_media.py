"""Media: uploaded by a member, posted once, read by the members of its group and nobody else, forgotten and deleted."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from louyu.messaging.v1 import media_pb2, media_service_pb2, message_pb2
from louyu.messaging.v1 import messaging_service_pb2 as pb
from louyu_messaging.changes import record_change
from louyu_messaging.message import HIDDEN
from louyu_messaging.store import marks
from louyu_messaging.store import media as media_store
from louyu_runtime.errors import RemoteError
from louyu_runtime.ids import community_id

from tests.messaging.community import (
    COMMUNITY,
    GROUP_28,
    GROUP_SMALL,
    NOTIFY,
    OPERATOR,
    Messaging,
    definition,
    person,
)
from tests.messaging.conversation import Conversation
from tests.messaging.media_files import film, photo, recording
from tests.messaging.waiting import until
from tests.platform.fixtures import Clock

NANLI = community_id("nanli")
ZHANG, HEAD, LIU = person("zhang"), person("louzhang", "building_head"), person("liu")


async def refused(call: object) -> RemoteError:
    with pytest.raises(RemoteError) as error:
        await call  # type: ignore[misc]  # an awaitable of any kind
    return error.value


def stored(media_url: str) -> list[Path]:
    """The files in the folder that is the store."""
    return sorted(path for path in Path(unquote(urlsplit(media_url).path)).rglob("*") if path.is_file())


async def test_a_photo_is_uploaded_posted_and_read_by_its_group(messaging: Messaging, media_url: str) -> None:
    uploaded = await messaging.upload(photo(), "up-1")
    await messaging.post("楼道灯坏了", "1", media_ids=[uploaded.id])

    (message,) = await messaging.messages()
    assert message.via == message_pb2.VIA_PHOTO
    (media,) = message.media
    assert (media.id, media.kind, media.state) == (
        uploaded.id,
        media_pb2.MEDIA_KIND_PHOTO,
        media_pb2.MEDIA_STATE_READY,
    )
    assert (media.width, media.height, media.content_type) == (640, 480, "image/jpeg")
    about, data = await messaging.read(media.id, HEAD)
    assert about.size_bytes == media.size_bytes == len(data)
    assert data.startswith(b"\xff\xd8\xff")
    assert b"SecretCamera" not in data
    _, thumbnail = await messaging.read(media.id, HEAD, rendering=media_service_pb2.RENDERING_THUMBNAIL)
    assert len(thumbnail) < len(data)
    _, part = await messaging.read(media.id, HEAD, offset=10, length=20)
    assert part == data[10:30]
    assert [path.suffix for path in stored(media_url)] == [".jpg", ".jpg"]


async def test_others_do_not_see_it_not_even_in_another_community(messaging: Messaging) -> None:
    await messaging.apply(definition("nanli"))
    media = await messaging.upload(photo(), "up-1")
    await messaging.post("看", "1", media_ids=[media.id])

    for reader, group in (
        (LIU, GROUP_28),
        (LIU, GROUP_SMALL),
        (person("shuji", "secretary"), GROUP_SMALL),
        (person("zhang", community=NANLI), GROUP_28),
        (NOTIFY, GROUP_28),
    ):
        error = await refused(messaging.read(media.id, reader, group=group))
        assert error.code.name in ("NOT_FOUND", "PERMISSION_DENIED")
    assert (await messaging.read(media.id, OPERATOR))[1]


async def test_before_it_is_posted_only_who_uploaded_it_sees_it(messaging: Messaging) -> None:
    media = await messaging.upload(photo(), "up-1")

    assert (await messaging.read(media.id, ZHANG))[1]
    assert (await refused(messaging.read(media.id, HEAD))).reason == "MEDIA_NOT_FOUND"


async def test_only_members_upload(messaging: Messaging) -> None:
    error = await refused(messaging.upload(photo(), "up-1", who="liu", group=GROUP_28))

    assert error.reason == "GROUP_NOT_FOUND"


async def test_the_same_file_under_the_same_key_is_taken_once(messaging: Messaging, media_url: str) -> None:
    first, again = [await messaging.upload(photo(), "up-1") for _ in range(2)]
    error = await refused(messaging.upload(photo("PNG"), "up-1"))

    assert first == again
    assert len(stored(media_url)) == 2
    assert (error.reason, error.field) == ("IDEMPOTENCY_KEY_REUSED", "idempotency_key")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"MZ\x90\0 a program", "MEDIA_UNKNOWN"),
        (photo()[:2000], "MEDIA_BROKEN"),
        (film("GIF"), "MEDIA_ANIMATED"),
        (b"\xff\xd8\xff" + bytes(21 * 1024 * 1024), "MEDIA_TOO_LARGE"),
        (b"", "MEDIA_BROKEN"),
    ],
)
async def test_what_is_no_photo_is_refused_and_leaves_nothing(
    messaging: Messaging, media_url: str, content: bytes, reason: str
) -> None:
    error = await refused(messaging.upload(content, "up-1"))

    assert (error.code.name, error.reason, error.field) == ("INVALID_ARGUMENT", reason, "chunk")
    assert stored(media_url) == []
    async with messaging.host.database.transaction(COMMUNITY) as tx:
        assert await tx.value("SELECT count(*) FROM media") == 0


async def test_an_upload_is_posted_once_and_by_its_sender_in_its_group(messaging: Messaging) -> None:
    media = await messaging.upload(photo(), "up-1")
    theirs = await refused(messaging.post("我的", "1", who="louzhang", media_ids=[media.id]))
    unknown = await refused(messaging.post("看", "2", media_ids=["media-1"]))
    await messaging.post("看", "3", media_ids=[media.id])
    twice = await refused(messaging.post("再看", "4", media_ids=[media.id]))

    assert (theirs.reason, theirs.field) == ("MEDIA_NOT_FOUND", "message.media_ids[0]")
    assert unknown.reason == "MEDIA_NOT_FOUND"
    assert twice.reason == "MEDIA_USED"
    assert await messaging.texts() == ["看"]


async def test_a_repeated_post_gives_the_first_answer(messaging: Messaging) -> None:
    media = await messaging.upload(photo(), "up-1")
    first, again = [await messaging.post("看", "1", media_ids=[media.id]) for _ in range(2)]

    assert first == again


async def test_two_messages_at_once_cannot_both_have_it(messaging: Messaging) -> None:
    media = await messaging.upload(photo(), "up-1")
    outcomes = await asyncio.gather(
        *(messaging.post(str(turn), str(turn), media_ids=[media.id]) for turn in range(6)), return_exceptions=True
    )

    assert sum(not isinstance(outcome, BaseException) for outcome in outcomes) == 1
    assert len(await messaging.messages()) == 1


async def test_after_a_refused_post_the_upload_can_be_posted_still(messaging: Messaging) -> None:
    media = await messaging.upload(photo(), "up-1")
    error = await refused(messaging.post("看", "1", media_ids=[media.id], reply_to_seq=99))
    await messaging.post("看", "2", media_ids=[media.id])

    assert error.reason == "REPLY_NOT_FOUND"
    assert len((await messaging.messages())[0].media) == 1


async def test_a_message_has_photos_or_one_recording(messaging: Messaging) -> None:
    photos = [await messaging.upload(photo(width=50 + turn), f"up-{turn}") for turn in range(3)]
    voice = await messaging.upload(recording("amr"), "up-v")
    error = await refused(messaging.post("", "1", media_ids=[photos[0].id, voice.id]))
    await messaging.post("", "2", media_ids=[one.id for one in reversed(photos)])
    await messaging.post("", "3", media_ids=[voice.id], via=message_pb2.VIA_PHOTO)

    pictures, spoken = await messaging.messages()
    assert error.reason == "MEDIA_MIXED"
    assert [one.width for one in pictures.media] == [52, 51, 50]
    assert spoken.via == message_pb2.VIA_VOICE
    assert 1.8 < spoken.media[0].duration.ToTimedelta().total_seconds() < 2.3


async def test_a_batch_refuses_what_is_not_the_senders(messaging: Messaging) -> None:
    media = await messaging.upload(photo(), "up-1")
    request = pb.PostMessageBatchRequest(
        community_id=COMMUNITY,
        messages=[
            pb.GroupMessage(
                group_id=GROUP_28,
                message=message_pb2.NewMessage(
                    text="看", idempotency_key=key, sender_id=sender.id, media_ids=[media.id]
                ),
            )
            for key, sender in (("1", HEAD), ("2", ZHANG))
        ],
    )
    answer = await messaging.call("PostMessageBatch", request, OPERATOR)

    assert [result.refusal for result in answer.results] == ["MEDIA_NOT_FOUND", ""]


async def test_uploads_that_nobody_posts_are_forgotten_after_a_day(
    messaging: Messaging, media_url: str, clock: Clock
) -> None:
    orphan = await messaging.upload(photo(), "up-1")
    posted = await messaging.upload(photo("PNG"), "up-2")
    await messaging.post("看", "1", media_ids=[posted.id])
    await clock.move(hours=23)
    async with messaging.host.database.transaction() as tx:
        assert await media_store.forget_orphans(tx, timedelta(days=1)) == 0
    await clock.move(hours=2)
    async with messaging.host.database.transaction() as tx:
        assert await media_store.forget_orphans(tx, timedelta(days=1)) == 1

    await until(lambda: len(stored(media_url)) == 2)
    assert (await refused(messaging.read(orphan.id, ZHANG))).reason == "MEDIA_NOT_FOUND"
    assert (await messaging.read(posted.id, ZHANG))[1]


async def test_erased_media_is_gone_and_the_message_says_so(messaging: Messaging, media_url: str) -> None:
    media = await messaging.upload(photo(), "up-1")
    await messaging.post("看", "1", media_ids=[media.id])
    async with messaging.host.database.transaction(COMMUNITY) as tx:
        await media_store.erase(tx, [media.id])

    (message,) = await messaging.messages()
    assert message.media[0].state == media_pb2.MEDIA_STATE_ERASED
    assert (await refused(messaging.read(media.id, ZHANG))).reason == "MEDIA_NOT_FOUND"
    await until(lambda: stored(media_url) == [])


async def test_media_goes_with_its_message(messaging: Messaging, media_url: str) -> None:
    media = await messaging.upload(photo(), "up-1")
    await messaging.post("看", "1", media_ids=[media.id])
    async with messaging.host.database.transaction(COMMUNITY) as tx:
        await tx.execute("DELETE FROM message")

    await until(lambda: stored(media_url) == [])
    async with messaging.host.database.transaction(COMMUNITY) as tx:
        assert await tx.value("SELECT count(*) FROM media") == 0


async def test_too_many_unposted_uploads_are_refused(messaging: Messaging) -> None:
    async with messaging.host.database.transaction(COMMUNITY) as tx:
        await tx.execute(
            "INSERT INTO media (community_id, media_id, group_id, owner_id, kind, state, digest, object_name, created_at)"
            " SELECT CAST(:community AS uuid), gen_random_uuid(), CAST(:group AS uuid), CAST(:owner AS uuid), 'photo',"
            " 'ready', '', 'x' || n, clock_now() FROM generate_series(1, 60) AS n",
            {"community": COMMUNITY, "group": GROUP_28, "owner": ZHANG.id},
        )

    assert (await refused(messaging.upload(photo(), "up-1"))).reason == "TOO_MANY_UNPOSTED"


async def test_rows_of_another_community_are_invisible_to_the_services_role(messaging: Messaging) -> None:
    await messaging.apply(definition("nanli"))
    await messaging.upload(photo(), "up-1")

    async with messaging.host.database.transaction(person("zhang", community=NANLI).community_id) as tx:
        for table in ("media", "media_task", "media_rubbish"):
            assert await tx.value(f"SELECT count(*) FROM {table}") == 0


class TestWithoutAStore:
    """An installation that keeps no media."""

    @pytest.fixture
    def media_url(self) -> str:
        return ""

    async def test_photos_are_refused_with_the_mend(self, messaging: Messaging) -> None:
        error = await refused(messaging.upload(photo(), "up-1"))

        assert (error.code.name, error.reason) == ("FAILED_PRECONDITION", "MEDIA_STORE_MISSING")
        assert "LOUYU_MEDIA_URL" in error.message


class TestTheStreamOfAnUpload:
    """What is checked of every call is checked of a stream of requests too."""

    async def send(self, messaging: Messaging, *requests: media_service_pb2.UploadMediaRequest, **more: Any) -> None:
        async def given() -> AsyncIterator[media_service_pb2.UploadMediaRequest]:
            for request in requests:
                yield request

        await messaging.media.upload("UploadMedia", given(), timeout=20.0, **more)

    def first(self, **fields: Any) -> media_service_pb2.UploadMediaRequest:
        return media_service_pb2.UploadMediaRequest(
            **({"community_id": COMMUNITY, "group_id": GROUP_28, "idempotency_key": "k"} | fields)
        )

    async def test_an_empty_stream_is_refused(self, messaging: Messaging) -> None:
        error = await refused(self.send(messaging, principal=ZHANG))
        assert error.code.name == "INVALID_ARGUMENT"

    async def test_services_and_strangers_are_refused(self, messaging: Messaging) -> None:
        for who, code in ((NOTIFY, "PERMISSION_DENIED"), (person("zhang", community=NANLI), "NOT_FOUND")):
            error = await refused(self.send(messaging, self.first(chunk=photo()), principal=who))
            assert error.code.name == code

    @pytest.mark.parametrize(
        ("fields", "named"),
        [
            ({"group_id": "x"}, "group_id"),
            ({"idempotency_key": ""}, "idempotency_key"),
            ({"idempotency_key": "a\0"}, "idempotency_key"),
            ({"chunk": bytes(256 * 1024 + 1)}, "chunk"),
        ],
    )
    async def test_faults_name_their_field(self, messaging: Messaging, fields: dict[str, Any], named: str) -> None:
        error = await refused(self.send(messaging, self.first(**fields), principal=ZHANG))
        assert (error.code.name, error.field) == ("INVALID_ARGUMENT", named)

    async def test_what_breaks_off_at_the_caller_raises_there_and_leaves_nothing(
        self, messaging: Messaging, media_url: str
    ) -> None:
        async def breaks_off() -> AsyncIterator[media_service_pb2.UploadMediaRequest]:
            yield self.first(chunk=photo())
            raise ConnectionError("the phone has gone")

        with pytest.raises(ConnectionError):
            await messaging.media.upload("UploadMedia", breaks_off(), principal=ZHANG, timeout=20.0)
        assert stored(media_url) == []


async def test_what_was_taken_back_is_read_no_more_and_deleted(
    messaging: Messaging, conversation: Conversation, media_url: str
) -> None:
    media = await messaging.upload(photo(), "up-1")
    await messaging.post("看", "1", media_ids=[media.id])
    await conversation.recall(1)

    assert not (await messaging.messages())[0].media
    for who in (ZHANG, HEAD):
        assert (await refused(messaging.read(media.id, who))).reason == "MEDIA_NOT_FOUND"
    await until(lambda: stored(media_url) == [])


async def test_what_is_hidden_only_stewards_see(messaging: Messaging) -> None:
    media = await messaging.upload(photo(), "up-1")
    await messaging.post("看", "1", media_ids=[media.id])
    async with messaging.host.database.transaction(COMMUNITY) as tx:
        await record_change(tx, GROUP_28, 1, HIDDEN, HEAD.id, "孙楼长")
        await marks.set_state(tx, GROUP_28, 1, HIDDEN)

    assert (await messaging.read(media.id, HEAD))[1]
    assert (await refused(messaging.read(media.id, person("wuye", "staff")))).reason == "MEDIA_NOT_FOUND"
