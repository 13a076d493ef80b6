"""Searching the history: what was said a second ago and years ago, by those who may read it, and by nobody else."""

import pytest
from louyu_messaging.search.signatures import BLOCK
from louyu_messaging.store.search import SHELVES
from louyu_runtime.errors import RemoteError
from louyu_runtime.identity import Principal
from louyu_runtime.ids import community_id, named_id

from tests.messaging.community import (
    COMMUNITY,
    GROUP_28,
    GROUP_SMALL,
    OPERATOR,
    Messaging,
    definition,
    person,
    person_id,
)
from tests.messaging.conversation import Conversation
from tests.messaging.history import History, index, say_much
from tests.messaging.test_search_words import FOUND

OTHER = community_id("nanli")
OTHER_GROUP = named_id(OTHER, "group", "28")


@pytest.fixture
def history(conversation: Conversation) -> History:
    return History(conversation)


def chatter(count: int, **said: str) -> list[str]:
    """Return so many messages of no interest, and at some places, counted from 1, other words."""
    return [said.get(f"at{number}", f"早上好{number % 97}") for number in range(1, count + 1)]


async def test_what_was_said_a_moment_ago_is_found_with_its_words(history: History, messaging: Messaging) -> None:
    await messaging.post("暖气不热，二单元501也凉", "1")
    await messaging.post("收到", "2", who="louzhang")

    answer = await history.answer("暖气 501")

    (hit,) = answer.hits
    assert (hit.group_id, hit.message.seq, hit.message.sender_name) == (GROUP_28, 1, "张阿姨")
    assert [(part.text, part.is_hit) for part in hit.snippet] == [
        ("暖气", True),
        ("不热，二单元", False),
        ("501", True),
        ("也凉", False),
    ]
    assert not answer.next_page_token


async def test_every_way_of_writing_is_found_before_and_after_indexing(
    history: History, messaging: Messaging, database_url: str
) -> None:
    await say_much(database_url, chatter(BLOCK - len(FOUND)) + [text for _, text in FOUND])
    first = BLOCK - len(FOUND) + 1

    for _ in range(2):
        missed = [
            query
            for number, (query, _) in enumerate(FOUND)
            if first + number not in await history.seqs(query, page_size=100)
        ]
        assert missed == []
        await index(messaging)


async def test_old_and_new_are_found_the_newest_first_page_by_page(
    history: History, messaging: Messaging, database_url: str
) -> None:
    wanted = [3, 500, 512, 513, 1024, 1100, 1536]
    await say_much(database_url, chatter(1540, **{f"at{seq}": f"电梯坏了，第{seq}次" for seq in wanted}))
    assert await index(messaging) == 3
    await messaging.post("电梯又坏了", "now")

    pages: list[list[int]] = []
    token = ""
    while not pages or token:
        answer = await history.answer("电梯坏了", page_size=3, page_token=token)
        pages.append([hit.message.seq for hit in answer.hits])
        token = answer.next_page_token

    assert pages == [[1541, 1536, 1100], [1024, 513, 512], [500, 3]]


async def test_indexing_again_changes_nothing_and_goes_on_where_it_was(
    history: History, messaging: Messaging, database_url: str
) -> None:
    await say_much(database_url, chatter(BLOCK, at7="漏水"))
    assert (await index(messaging), await index(messaging)) == (1, 0)
    await say_much(database_url, chatter(BLOCK, at9="漏水"))

    assert await history.seqs("漏水") == [BLOCK + 9, 7]
    assert (await index(messaging), await index(messaging)) == (1, 0)
    assert await history.seqs("漏水") == [BLOCK + 9, 7]


async def test_a_recalled_message_is_found_no_longer_and_leaves_the_index(
    history: History, conversation: Conversation, messaging: Messaging, database_url: str
) -> None:
    await say_much(database_url, chatter(BLOCK - 1))
    await messaging.post("密码是蓝鲸", "1")
    await index(messaging)
    assert await history.seqs("蓝鲸") == [BLOCK]
    before = await _bits(messaging)

    await conversation.recall(BLOCK)

    assert await history.seqs("蓝鲸") == []
    assert await index(messaging) == 1
    assert await _bits(messaging) < before
    assert await index(messaging) == 0


async def test_hidden_words_are_found_again_once_they_are_shown_again(
    history: History, messaging: Messaging, database_url: str
) -> None:
    await say_much(database_url, chatter(BLOCK, at5="卖保险"))
    await _set_state(messaging, 5, "hidden")
    await index(messaging)
    assert await history.seqs("卖保险", who="louzhang") == []

    await _set_state(messaging, 5, "shown")

    assert await history.seqs("卖保险") == [5]


async def test_words_that_a_recording_got_later_are_found(
    history: History, messaging: Messaging, database_url: str
) -> None:
    await say_much(database_url, chatter(BLOCK, at5=""))
    await index(messaging)
    async with messaging.host.database.transaction(COMMUNITY) as tx:
        await tx.execute("UPDATE message SET text = '水管爆了' WHERE seq = 5")

    await index(messaging)

    assert await history.seqs("水管") == [5]


async def test_each_finds_in_the_groups_that_they_are_in(history: History, messaging: Messaging) -> None:
    await messaging.post("二十八号楼停电", "1")
    await messaging.post("小楼也停电", "2", who="liu", group=GROUP_SMALL)
    await messaging.post("都停电了？", "3")

    async def found(who: str | Principal) -> list[tuple[str, int]]:
        return [(hit.group_id, hit.message.seq) for hit in (await history.answer("停电", who=who, group="")).hits]

    assert await found("zhang") == [(GROUP_28, 2), (GROUP_28, 1)]
    assert await found("liu") == [(GROUP_SMALL, 1)]
    assert await found("shuji") == await found(OPERATOR) == [(GROUP_28, 2), (GROUP_SMALL, 1), (GROUP_28, 1)]
    with pytest.raises(RemoteError) as refused:
        await history.answer("停电", who="liu", group=GROUP_28)
    assert refused.value.reason == "GROUP_NOT_FOUND"


async def test_pages_of_several_groups_follow_each_other_without_gaps(
    history: History, messaging: Messaging, database_url: str
) -> None:
    for turn in range(4):
        for group in (GROUP_28, GROUP_SMALL):
            await say_much(database_url, [*chatter(2), f"快递{turn}"], group=group)

    found: list[tuple[str, int]] = []
    token = ""
    for _ in range(3):
        answer = await history.answer("快递", who="shuji", group="", page_size=3, page_token=token)
        found += [(hit.group_id, hit.message.seq) for hit in answer.hits]
        token = answer.next_page_token

    assert not token
    assert sorted(found) == sorted((group, seq) for group in (GROUP_28, GROUP_SMALL) for seq in (3, 6, 9, 12))
    for group in (GROUP_28, GROUP_SMALL):
        assert [seq for each, seq in found if each == group] == [12, 9, 6, 3]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"query": "的" * 101}, "query"),
        ({"query": " "}, "query"),
        ({"query": "水", "page_size": 101}, "page_size"),
        ({"query": "水", "page_token": "bm9uZQ=="}, "page_token"),
        ({"query": "水", "group": "x"}, "group_id"),
    ],
)
async def test_bad_input_names_the_field(
    history: History, messaging: Messaging, fields: dict[str, str], field: str
) -> None:
    with pytest.raises(RemoteError) as refused:
        await history.answer(**fields)

    assert (refused.value.code.name, refused.value.field) == ("INVALID_ARGUMENT", field)


async def test_a_token_of_another_search_is_refused(history: History, messaging: Messaging) -> None:
    for number in range(3):
        await messaging.post("停水", str(number))
    token = (await history.answer("停水", page_size=1)).next_page_token

    with pytest.raises(RemoteError) as refused:
        await history.answer("停电", page_size=1, page_token=token)

    assert refused.value.field == "page_token"


async def test_another_communitys_words_are_found_by_nobody_else(
    history: History, messaging: Messaging, database_url: str
) -> None:
    await messaging.apply(definition("nanli"))
    await say_much(
        database_url, chatter(BLOCK + 1, at4="秘密约会", at513="秘密约会"), group=OTHER_GROUP, community=OTHER
    )
    await index(messaging)
    theirs = Principal("person", person_id("zhang", OTHER), OTHER, roles=frozenset({"resident"}))

    assert await history.seqs("秘密", who=theirs, community=OTHER, group="") == [BLOCK + 1, 4]
    assert await history.seqs("秘密", group="") == []
    for who in ("zhang", "shuji"):
        with pytest.raises(RemoteError) as refused:
            await history.answer("秘密", who=person(who), community=OTHER, group=OTHER_GROUP)
        assert refused.value.code.name in ("NOT_FOUND", "PERMISSION_DENIED")
    async with messaging.host.database.transaction(COMMUNITY) as tx:  # the service's own role, asking for their rows
        for table in ("message", "search_shelf", "search_position"):
            rows = await tx.value(f"SELECT count(*) FROM {table} WHERE community_id = CAST(:c AS uuid)", c=OTHER)
            assert rows == 0, table


async def test_the_services_own_role_reads_by_the_index(
    history: History, messaging: Messaging, database_url: str
) -> None:
    await say_much(database_url, chatter(BLOCK * 3))
    await index(messaging)
    async with messaging.host.database.transaction(COMMUNITY) as tx:
        assert await tx.value("SELECT current_user") == "louyu_messaging"
        plan = "\n".join(
            row[0]
            for row in await tx.rows(
                f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) {SHELVES}",
                community=COMMUNITY,
                groups=[GROUP_28],
                firsts=[0],
                lasts=[2],
                shelves=[1, 5],
                at_most=3,
            )
        )

    assert "Seq Scan" not in plan, plan
    assert plan.count("search_shelf") == 2, plan  # one partition of sixteen, by one index
    (condition,) = [line for line in plan.splitlines() if "Index Cond" in line]
    for column in ("community_id", "group_id", "shelf", "block"):
        assert column in condition


async def _bits(messaging: Messaging) -> int:
    async with messaging.host.database.transaction(COMMUNITY) as tx:
        return int(await tx.value("SELECT sum(bit_count(bits)) FROM search_shelf"))


async def _set_state(messaging: Messaging, seq: int, state: str) -> None:
    async with messaging.host.database.transaction(COMMUNITY) as tx:
        await tx.execute(
            "INSERT INTO message_mark (community_id, group_id, seq, change, state)"
            " VALUES (CAST(:c AS uuid), CAST(:g AS uuid), :seq, 1, :state)"
            " ON CONFLICT (community_id, group_id, seq) DO UPDATE SET state = excluded.state",
            {"c": COMMUNITY, "g": GROUP_28, "seq": seq, "state": state},
        )
