"""Words of recordings: from a plugin, else from a steward who listens; beside the recording, and told once."""

import types
from typing import Any

import pytest
from louyu.messaging.v1 import media_pb2, media_service_pb2
from louyu_messaging.media.transcribers import Transcribers
from louyu_runtime.errors import RemoteError
from louyu_runtime.identity import Principal
from louyu_sdk import Recording, Transcript, hookimpl
from louyu_sdk.host import PluginHost
from louyu_sdk.loading import load_plugins

from tests.messaging.community import COMMUNITY, GROUP_28, OPERATOR, Messaging, person
from tests.messaging.media_files import recording
from tests.messaging.waiting import until, until_given
from tests.platform.fixtures import Clock

ZHANG, HEAD, SECRETARY = person("zhang"), person("louzhang", "building_head"), person("shuji", "secretary")


async def speak(messaging: Messaging, key: str = "1", **fields: Any) -> str:
    media = await messaging.upload(recording("amr"), f"up-{key}")
    await messaging.post("", key, media_ids=[media.id], **fields)
    return media.id


async def wordless(messaging: Messaging, who: Principal) -> list[media_service_pb2.WordlessRecording]:
    request = media_service_pb2.ListRecordingsRequest(community_id=COMMUNITY)
    return list((await messaging.media.call("ListRecordings", request, principal=who)).recordings)


async def offered(messaging: Messaging, count: int) -> list[media_service_pb2.WordlessRecording]:
    """Return the recordings that a building head is offered, as soon as there are so many."""

    async def there() -> list[media_service_pb2.WordlessRecording]:
        found = await wordless(messaging, HEAD)
        return found if len(found) == count else []

    return await until_given(there)


async def write(messaging: Messaging, media_id: str, words: str, key: str, who: Principal = HEAD) -> int:
    request = media_service_pb2.WriteWordsRequest(
        community_id=COMMUNITY,
        group_id=GROUP_28,
        media_id=media_id,
        words=words,
        is_unintelligible=not words,
        idempotency_key=key,
    )
    return int((await messaging.media.call("WriteWords", request, principal=who)).seq)


async def test_a_steward_writes_what_is_said(messaging: Messaging) -> None:
    media_id = await speak(messaging)
    (one,) = await offered(messaging, 1)
    assert (one.media.id, one.sender_name, one.group_name, one.seq) == (media_id, "张阿姨", "28号楼", 1)

    assert await write(messaging, media_id, " 电梯又坏了 ", "w1") == 1
    assert await write(messaging, media_id, " 电梯又坏了 ", "w1") == 1

    (message,) = await messaging.messages()
    assert (message.text, message.media[0].words) == ("电梯又坏了", "电梯又坏了")
    assert message.media[0].words_by == media_pb2.WORDS_BY_PERSON
    (told,) = await messaging.outbox("VoiceTranscribed")
    assert (told.words_by, told.message.text, told.message.via) == ("person", "电梯又坏了", "voice")
    assert (told.message.seq, told.message.sender_id, told.message.sender_name) == (1, ZHANG.id, "张阿姨")
    assert await wordless(messaging, HEAD) == []


async def test_the_second_writer_is_told_that_it_is_done(messaging: Messaging) -> None:
    media_id = await speak(messaging)
    await offered(messaging, 1)
    await write(messaging, media_id, "电梯坏了", "w1")

    with pytest.raises(RemoteError) as error:
        await write(messaging, media_id, "电视坏了", "w2", SECRETARY)
    assert (error.value.code.name, error.value.reason) == ("FAILED_PRECONDITION", "WORDS_ARE_THERE")
    assert len(await messaging.outbox("VoiceTranscribed")) == 1


async def test_what_nobody_understands_is_said_and_asked_no_more(messaging: Messaging) -> None:
    media_id = await speak(messaging)
    await offered(messaging, 1)
    await write(messaging, media_id, "", "w1")

    (message,) = await messaging.messages()
    assert (message.text, message.media[0].words_by) == ("", media_pb2.WORDS_BY_NOBODY)
    assert await wordless(messaging, HEAD) == []
    assert await messaging.outbox("VoiceTranscribed") == []


@pytest.mark.parametrize("who", [ZHANG, person("wuye", "staff"), person("liu")])
async def test_only_stewards_see_and_write(messaging: Messaging, who: Principal) -> None:
    media_id = await speak(messaging)
    await offered(messaging, 1)

    assert await wordless(messaging, who) == []
    with pytest.raises(RemoteError) as error:
        await write(messaging, media_id, "电梯坏了", "w1", who)
    assert error.value.code.name == "NOT_FOUND"


@pytest.mark.parametrize(("words", "is_unintelligible"), [("", False), ("电梯", True), ("长" * 2001, False)])
async def test_words_that_cannot_be_are_refused(messaging: Messaging, words: str, is_unintelligible: bool) -> None:
    media_id = await speak(messaging)
    request = media_service_pb2.WriteWordsRequest(
        community_id=COMMUNITY,
        group_id=GROUP_28,
        media_id=media_id,
        words=words,
        is_unintelligible=is_unintelligible,
        idempotency_key="w",
    )
    with pytest.raises(RemoteError) as error:
        await messaging.media.call("WriteWords", request, principal=HEAD)
    assert (error.value.code.name, error.value.field) == ("INVALID_ARGUMENT", "words")


async def test_a_recording_with_a_text_waits_for_no_words(messaging: Messaging) -> None:
    media = await messaging.upload(recording("mp3"), "up")
    await messaging.post("电梯坏了", "1", media_ids=[media.id])
    later = await speak(messaging, "2")

    (one,) = await offered(messaging, 1)
    assert one.media.id == later


class Scribe:
    """A transcriber: says what it is told to, after failing so many times."""

    def __init__(self) -> None:
        self.failures = 0
        self.heard: list[Recording] = []

    @hookimpl
    def louyu_transcribe(self, recording: Recording) -> Transcript | None:
        self.heard.append(recording)
        if self.failures:
            self.failures -= 1
            raise RuntimeError("the model is away")
        return Transcript(text="楼上漏水了", confidence=0.9)


class TestWithATranscriber:
    """An installation with a plugin that transcribes."""

    @pytest.fixture
    def scribe(self) -> Scribe:
        return Scribe()

    @pytest.fixture
    def transcribers(self, scribe: Scribe) -> Transcribers:
        module = types.SimpleNamespace(louyu_transcribe=scribe.louyu_transcribe)
        return Transcribers(PluginHost(load_plugins((), switched_off=(), built_in={"scribe": module})))

    async def test_its_words_stand_beside_the_recording(self, messaging: Messaging, scribe: Scribe) -> None:
        await speak(messaging)
        told = await until_given(lambda: messaging.outbox("VoiceTranscribed"))

        (message,) = await messaging.messages()
        assert (message.text, message.media[0].words_by) == ("楼上漏水了", media_pb2.WORDS_BY_PLUGIN)
        assert told[0].words_by == "plugin"
        (heard,) = scribe.heard
        assert heard.media.content_type == "audio/mpeg"
        assert heard.media.size_bytes == len(heard.data)
        assert await wordless(messaging, HEAD) == []

    async def test_when_it_fails_again_and_again_people_are_asked(
        self, messaging: Messaging, scribe: Scribe, clock: Clock
    ) -> None:
        scribe.failures = 10
        await speak(messaging)
        for turn in (1, 2, 3):
            await until(lambda turn=turn: len(scribe.heard) == turn)  # type: ignore[misc]  # bound for this turn
            await clock.move(minutes=5)
        await offered(messaging, 1)

        assert await messaging.outbox("VoiceTranscribed") == []
        states = await messaging.media.call("ListPlugins", media_service_pb2.ListPluginsRequest(), principal=OPERATOR)
        (state,) = [plugin for plugin in states.plugins if plugin.name == "scribe"]
        assert (state.failure_count, list(state.hooks)) == (3, ["louyu_transcribe"])
