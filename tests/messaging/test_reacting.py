"""Reactions, pins and reading: what members do with messages beside answering them."""

import pytest
from louyu.messaging.v1 import message_pb2
from louyu.messaging.v1 import messaging_service_pb2 as pb
from louyu_runtime.errors import RemoteError

from tests.messaging.community import COMMUNITY, GROUP_28, Messaging, person
from tests.messaging.conversation import Conversation

ME_TOO, THANKS = message_pb2.REACTION_ME_TOO, message_pb2.REACTION_THANKS


async def test_reactions_are_counted_once_for_each_member(conversation: Conversation, messaging: Messaging) -> None:
    await messaging.post("水管漏了吗？", "1")

    for _ in range(2):
        seen = await conversation.react(1, ME_TOO, who="louzhang")
    await conversation.react(1, ME_TOO, who="shuji")
    await conversation.react(1, THANKS, who="shuji")
    taken_back = await conversation.react(1, ME_TOO, who="louzhang", is_withdrawn=True)

    assert [(r.reaction, r.count, r.is_own) for r in seen.reactions] == [(ME_TOO, 1, True)]
    assert [(r.reaction, r.count, r.is_own) for r in taken_back.reactions] == [(ME_TOO, 1, False), (THANKS, 1, False)]
    assert [event.what for event in await messaging.outbox("MessageChanged")] == [
        "me_too",
        "me_too",
        "thanks",
        "me_too_withdrawn",
    ]


@pytest.mark.parametrize(("who", "is_recalled"), [("zhang", False), ("louzhang", True)])
async def test_nobody_reacts_to_their_own_words_or_to_words_that_are_gone(
    conversation: Conversation, messaging: Messaging, who: str, is_recalled: bool
) -> None:
    await messaging.post("水管漏了吗？", "1")
    if is_recalled:
        await conversation.recall(1)

    with pytest.raises(RemoteError) as refused:
        await conversation.react(1, ME_TOO, who=who)

    assert refused.value.reason == "NOT_TO_REACT_TO"


async def test_an_unknown_reaction_is_refused_by_its_field(conversation: Conversation, messaging: Messaging) -> None:
    await messaging.post("水管漏了吗？", "1")

    with pytest.raises(RemoteError) as refused:
        await conversation.react(1, message_pb2.REACTION_UNSPECIFIED, who="louzhang")

    assert "reaction" in refused.value.message


async def test_stewards_pin_five_messages_at_most(conversation: Conversation, messaging: Messaging) -> None:
    for turn in range(1, 7):
        await messaging.post(f"第{turn}条", str(turn))
    for seq in (2, 1, 3, 4, 5, 5):
        assert (await conversation.pin(seq)).is_pinned

    with pytest.raises(RemoteError) as refused:
        await conversation.pin(6)
    await conversation.pin(1, is_withdrawn=True)
    await conversation.pin(6)

    assert refused.value.reason == "TOO_MANY_PINNED"
    assert await conversation.pinned() == [6, 5, 4, 3, 2]


async def test_residents_do_not_pin(conversation: Conversation, messaging: Messaging) -> None:
    await messaging.post("看我", "1")

    with pytest.raises(RemoteError) as refused:
        await conversation.pin(1, who="zhang")

    assert refused.value.code.name == "PERMISSION_DENIED"
    assert await conversation.pinned() == []


async def test_what_is_taken_back_is_no_longer_pinned(conversation: Conversation, messaging: Messaging) -> None:
    await messaging.post("停水通知", "1")
    await conversation.pin(1)

    await conversation.recall(1)

    assert await conversation.pinned() == []


async def test_reading_moves_forward_only_and_not_beyond_the_newest(
    conversation: Conversation, messaging: Messaging
) -> None:
    for turn in range(1, 4):
        await messaging.post(f"第{turn}条", str(turn))

    assert [await conversation.mark_read(seq, who="louzhang") for seq in (2, 1, 99)] == [2, 2, 3]
    await messaging.post("新的", "4")

    request = pb.GetGroupRequest(community_id=COMMUNITY, group_id=GROUP_28)
    group = (await messaging.call("GetGroup", request, person("louzhang"))).group
    assert (group.read_seq, group.last_seq) == (3, 4)
    other = (await messaging.call("GetGroup", request, person("zhang"))).group
    assert other.read_seq == 0
