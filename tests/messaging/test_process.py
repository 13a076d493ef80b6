"""The process around the service: what it publishes, and what it needs to start."""

import asyncio
from typing import Any

import pytest
from louyu.events.v1 import envelope_pb2, messaging_events_pb2
from louyu_messaging.settings import MessagingSettings
from louyu_runtime.events.streams import FIELD, partition_of, stream_name
from louyu_runtime.settings import SettingsError, load_settings
from redis.asyncio import Redis

from tests.messaging.community import COMMUNITY, GROUP_28, Messaging, person_id


async def test_a_posted_message_is_published_whole(messaging: Messaging, redis: Redis) -> None:
    await messaging.post("一", "1")
    await messaging.post("暖气不热", "2", who="louzhang")

    stream = stream_name("messaging", partition_of(COMMUNITY, 8))
    events: list[messaging_events_pb2.MessagePosted] = []
    last: Any = "0"
    async with asyncio.timeout(10):
        while len(events) < 2:
            answer: Any = await redis.xread({stream: last}, block=500)
            for entry_id, fields in (entry for _, entries in answer for entry in entries):
                last = entry_id
                envelope = envelope_pb2.Envelope.FromString(fields[FIELD])
                if envelope.type == "MessagePosted":
                    assert envelope.subject == f"group/{GROUP_28}"
                    events.append(messaging_events_pb2.MessagePosted.FromString(envelope.payload))

    stored = (await messaging.messages())[1]
    assert [event.seq for event in events] == [1, 2]
    assert (events[1].text, events[1].message_id) == ("暖气不热", stored.id)
    assert (events[1].sender_id, events[1].sender_name) == (person_id("louzhang"), "孙楼长")
    assert list(events[1].sender_roles) == ["building_head"]
    assert events[1].posted_at == stored.posted_at


def test_missing_keys_for_personal_data_stop_the_start() -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings(MessagingSettings, {"LOUYU_DATABASE_URL": "postgresql://x/y", "LOUYU_SIGNING_KEY": "key"})

    assert [fault.split(":")[0] for fault in refused.value.faults] == ["LOUYU_DATA_KEYS", "LOUYU_LOOKUP_KEY"]
