"""Taking a message back: for two minutes, by whoever posted it, for everybody."""

from contextlib import aclosing

import pytest
from louyu.messaging.v1 import message_pb2, messaging_service_pb2
from louyu_runtime.errors import RemoteError

from tests.messaging.community import COMMUNITY, GROUP_28, GROUP_SMALL, Messaging, person
from tests.messaging.conversation import Conversation
from tests.platform.fixtures import Clock


async def test_recalled_words_are_gone_and_the_place_stays(conversation: Conversation, messaging: Messaging) -> None:
    await messaging.post("密码是一二三四", "1")
    await messaging.post("后面的话", "2")

    told = await conversation.recall(1)
    again = await conversation.recall(1)

    assert told == again
    assert told.state == message_pb2.MESSAGE_STATE_RECALLED
    assert [(m.seq, m.text, m.state) for m in await messaging.messages()] == [
        (1, "", message_pb2.MESSAGE_STATE_RECALLED),
        (2, "后面的话", message_pb2.MESSAGE_STATE_SHOWN),
    ]
    async with messaging.host.database.transaction(COMMUNITY) as tx:
        assert await tx.value("SELECT count(*) FROM message WHERE text LIKE '%一二三四%'") == 0
    (event,) = await messaging.outbox("MessageChanged")
    assert (event.seq, event.change, event.what) == (1, 1, "recalled")


async def test_after_two_minutes_it_is_too_late(conversation: Conversation, messaging: Messaging, clock: Clock) -> None:
    await messaging.post("就这样", "1")
    await clock.move(minutes=2, seconds=1)

    with pytest.raises(RemoteError) as refused:
        await conversation.recall(1)

    assert refused.value.reason == "RECALL_TOO_LATE"
    assert await messaging.texts() == ["就这样"]


@pytest.mark.parametrize(
    ("who", "seq", "group"), [("louzhang", 1, GROUP_28), ("zhang", 2, GROUP_28), ("liu", 1, GROUP_28)]
)
async def test_only_ones_own_message_can_be_recalled(
    conversation: Conversation, messaging: Messaging, who: str, seq: int, group: str
) -> None:
    await messaging.post("我的", "1")

    with pytest.raises(RemoteError) as refused:
        await conversation.recall(seq, who=who, group=group)

    assert refused.value.code.name == "NOT_FOUND"
    assert await messaging.texts() == ["我的"]


async def test_the_platforms_words_cannot_be_recalled(conversation: Conversation, messaging: Messaging) -> None:
    message = message_pb2.NewMessage(text="通知", idempotency_key="1", is_platform=True)
    request = messaging_service_pb2.PostMessageRequest(community_id=COMMUNITY, group_id=GROUP_28, message=message)
    await messaging.call("PostMessage", request)

    with pytest.raises(RemoteError) as refused:
        await conversation.recall(1)

    assert refused.value.reason == "MESSAGE_NOT_FOUND"


async def test_changes_are_listed_once_in_their_order(conversation: Conversation, messaging: Messaging) -> None:
    for turn in range(1, 5):
        await messaging.post(f"第{turn}条", str(turn))
    for seq in (3, 1, 2):
        await conversation.recall(seq)

    first = await conversation.changed(0, page_size=2)
    rest = await conversation.changed(first.last_change, page_size=2)
    nothing = await conversation.changed(rest.last_change)

    assert [m.seq for m in first.messages] == [3, 1]
    assert (first.has_more, rest.has_more) == (True, False)
    assert [m.seq for m in rest.messages] == [2]
    assert not nothing.messages
    assert nothing.last_change == 3


async def test_a_reader_of_another_building_learns_nothing(conversation: Conversation) -> None:
    with pytest.raises(RemoteError) as refused:
        await conversation.changed(0, who="liu")

    assert refused.value.reason == "GROUP_NOT_FOUND"
    assert GROUP_28 != GROUP_SMALL


async def test_a_subscriber_is_told_that_something_changed(conversation: Conversation, messaging: Messaging) -> None:
    await messaging.post("会撤回", "1")
    request = messaging_service_pb2.SubscribeMessagesRequest(community_id=COMMUNITY, group_id=GROUP_28, after_seq=1)
    answers = messaging.client.stream("SubscribeMessages", request, principal=person("louzhang"), timeout=30.0)
    await conversation.recall(1)

    async with aclosing(answers) as told:
        async for answer in told:
            if answer.last_change:
                break

    assert answer.last_change == 1
