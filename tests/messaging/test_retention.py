"""How long messages are kept: as long as the community says, with all that hangs on them; numbers stay as they were."""

import pytest
from louyu.messaging.v1 import message_pb2
from louyu_messaging.search.signatures import BLOCK
from louyu_runtime.errors import RemoteError
from louyu_runtime.forgetting import Forgetting, Keep

from tests.messaging.community import COMMUNITY, GROUP_28, GROUP_SMALL, Messaging, definition
from tests.messaging.conversation import Conversation
from tests.messaging.history import History, index, say_much
from tests.messaging.media_files import photo
from tests.platform.fixtures import Clock


async def keep_days(messaging: Messaging, days: int) -> str:
    """Import the community with so many days; return what the import says of it."""
    wanted = definition()
    wanted.keep_messages_days = days
    return str((await messaging.apply(wanted)).changes)


async def forget(messaging: Messaging) -> int:
    return (await Forgetting(messaging.host.database, [Keep("message", 0)]).forget_once())["message"]


async def test_messages_go_when_their_time_is_over_and_numbers_go_on(
    conversation: Conversation, messaging: Messaging, clock: Clock
) -> None:
    assert "keep_messages_days was none" in await keep_days(messaging, 30)
    await messaging.post("一月前", "1")
    await messaging.post("小楼", "2", who="liu", group=GROUP_SMALL)
    await conversation.react(1, message_pb2.REACTION_ME_TOO, who="louzhang")
    await conversation.pin(1)
    await clock.move(days=20)
    await messaging.post("十天前", "3")
    await clock.move(days=11)

    assert await forget(messaging) == 2
    assert await forget(messaging) == 0

    assert [(m.seq, m.text) for m in await messaging.messages()] == [(2, "十天前")]
    assert await messaging.messages(GROUP_SMALL) == []
    assert await conversation.pinned() == []
    assert (await messaging.post("今天", "4", reply_to_seq=1)).seq == 3
    async with messaging.host.database.transaction(COMMUNITY) as tx:
        for table in ("reaction", "message_mark"):
            assert await tx.value(f"SELECT count(*) FROM {table}") == 0


async def test_without_a_policy_everything_stays(messaging: Messaging, clock: Clock) -> None:
    await messaging.post("很久以前", "1")
    await clock.move(days=4000)
    assert await forget(messaging) == 0

    await keep_days(messaging, 365)
    await messaging.apply(definition())  # a file that does not say it leaves it as it is
    await keep_days(messaging, 0)

    assert await forget(messaging) == 0
    assert await messaging.texts() == ["很久以前"]


async def test_photos_go_with_their_message(messaging: Messaging, clock: Clock) -> None:
    await keep_days(messaging, 30)
    uploaded = await messaging.upload(photo(), "p")
    await messaging.post("看", "1", via=message_pb2.VIA_PHOTO, media_ids=[uploaded.id])
    await clock.move(days=31)

    assert await forget(messaging) == 1

    async with messaging.host.database.transaction(COMMUNITY) as tx:
        assert await tx.value("SELECT count(*) FROM media") == 0


async def test_the_index_forgets_too(
    conversation: Conversation, messaging: Messaging, clock: Clock, database_url: str
) -> None:
    await say_much(database_url, ["漏水"] * (BLOCK + 300))
    await index(messaging)
    await clock.move(days=31)
    await say_much(database_url, ["漏水"] * 2)
    await keep_days(messaging, 30)
    history = History(conversation)
    assert len(await history.seqs("漏水", page_size=100)) == 100

    assert await forget(messaging) == BLOCK + 300

    assert await history.seqs("漏水") == [BLOCK + 302, BLOCK + 301]
    assert await index(messaging) == 1
    async with messaging.host.database.transaction(COMMUNITY) as tx:
        assert await tx.value("SELECT count(*) FROM search_shelf") == 0


@pytest.mark.parametrize("days", [1, 29, 3651, -1])
async def test_an_unreasonable_time_is_refused(messaging: Messaging, days: int) -> None:
    with pytest.raises(RemoteError) as refused:
        await keep_days(messaging, days)

    assert refused.value.field == "community.keep_messages_days"
    assert GROUP_28
