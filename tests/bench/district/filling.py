"""Filling a database with the history of a district, as years of posting would have left it.

Communities of fourteen groups, all of one length; the rows of all groups lie between each other in the order of their
time, as they do when people post. Words are put together from what people say in such groups, at random by a fixed seed.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass

import asyncpg
from louyu_runtime import ids

GROUPS_OF_A_COMMUNITY = 14
MESSAGES_OF_A_GROUP = 17_857
"""A year's: 150 million in 8,400 groups."""
AT_ONCE = 100_000
SENTENCES = 20_000
RARE = "羽毛球拍"
"""Words that stand once in each group."""

_WHO = (
    "王阿姨",
    "李建国",
    "张秀英",
    "孙楼长",
    "物业小刘",
    "赵师傅",
    "周书记",
    "陈晓明",
    "刘大爷",
    "各位邻居",
    "谁家",
    "我家",
)
_WHERE = (
    "{b}号楼{u}单元{f}",
    "{u}单元{f}",
    "{b}-{u}-{f}",
    "{b}号楼",
    "三单元",
    "地下车库",
    "楼道",
    "电梯口",
    "小区东门",
    "",
)
_WHAT = (
    "暖气不热", "电梯又坏了", "停水了", "漏水漏到楼下", "灯不亮", "垃圾没人清", "快递找不到", "wifi连不上", "门禁刷不开",
    "太吵了睡不着", "下水道堵了", "有人乱停车", "燃气有味道", "阀门关不上", "什么时候修", "已经报修了", "谢谢大家", "收到",
    "团购鸡蛋到了", "孩子的自行车丢了", "明天上午停电", "请把车挪一下", "物业费怎么交", "打了13{p}没人接",
)  # fmt: skip
_AFTER = (
    "",
    "，麻烦看看",
    "，老人孩子都冻着",
    "，有没有人知道",
    "，急",
    "，谢谢",
    "，上次就说过了",
    "！",
    "，好几天了",
)


@dataclass(frozen=True)
class Place:
    """A group with a history."""

    community_id: str
    group_id: str


def sentences() -> list[str]:
    """Return what is said."""
    chance = random.Random(20)
    found = []
    for _ in range(SENTENCES):
        where = chance.choice(_WHERE).format(
            b=chance.randint(1, 40), u=chance.randint(1, 6), f=f"{chance.randint(1, 24)}0{chance.randint(1, 4)}"
        )
        what = chance.choice(_WHAT).format(p=chance.randint(100_000_000, 999_999_999))
        found.append(f"{chance.choice(_WHO)}{where}{what}{chance.choice(_AFTER)}")
    return found


async def fill(owner_url: str, count: int, first: list[Place]) -> list[Place]:
    """Write at least so many messages into the groups `first` and as many others as it takes; return all of them."""
    groups = max(len(first), round(count / MESSAGES_OF_A_GROUP))
    length = max(1, -(-count // groups))
    connection = await _worker(owner_url)
    try:
        places = first + await _make_groups(connection, groups - len(first))
    finally:
        await connection.close()
    said = list(enumerate(sentences()))
    await asyncio.gather(*(_write(owner_url, said, places[half::2], length) for half in (0, 1)))
    return places


async def _write(owner_url: str, said: list[tuple[int, str]], places: list[Place], length: int) -> None:
    connection = await _worker(owner_url)
    try:
        await connection.execute("CREATE TEMPORARY TABLE sentence (number int PRIMARY KEY, text text NOT NULL)")
        await connection.copy_records_to_table("sentence", records=said)
        await connection.execute("CREATE TEMPORARY TABLE place (number int, community_id uuid, group_id uuid)")
        await connection.copy_records_to_table(
            "place", records=[(number, each.community_id, each.group_id) for number, each in enumerate(places)]
        )
        await connection.execute("ANALYZE sentence; ANALYZE place")
        step = max(1, AT_ONCE // len(places))
        for begin in range(1, length + 1, step):
            await connection.execute(_WRITE, begin, min(begin + step - 1, length), length, SENTENCES, RARE)
        await connection.execute(
            "UPDATE messaging.groups AS g SET last_seq = $1 FROM place AS p"
            " WHERE g.community_id = p.community_id AND g.group_id = p.group_id",
            length,
        )
    finally:
        await connection.close()


async def settle(owner_url: str) -> None:
    """Do what autovacuum would have done meanwhile."""
    connection = await asyncpg.connect(owner_url)
    try:
        for table in ("message", "search_shelf", "groups", "search_position"):
            await connection.execute(f"VACUUM (ANALYZE) messaging.{table}", timeout=3600)
    finally:
        await connection.close()


async def room(owner_url: str, table: str) -> int:
    """Return the bytes of a table with its partitions and indexes."""
    connection = await asyncpg.connect(owner_url)
    try:
        return int(
            await connection.fetchval(
                "SELECT sum(pg_total_relation_size(relid)) FROM pg_partition_tree($1)", f"messaging.{table}"
            )
        )
    finally:
        await connection.close()


_WRITE = """
    INSERT INTO messaging.message
    SELECT p.community_id, p.group_id, s.seq, gen_random_uuid(), NULL, '王阿姨', '{resident}',
           CASE WHEN s.seq = 1 + (hashint4(p.number) & 1023) % $3 THEN '谁捡到' || $5 || '，谢谢' ELSE t.text END,
           'text', '{}', 0, '', now() - make_interval(secs => ($3 - s.seq) * 365.0 * 86400 / $3)
      FROM generate_series($1::int, $2::int) AS s(seq) CROSS JOIN place AS p
      JOIN sentence AS t ON t.number = (hashint8(s.seq * 100003::bigint + p.number) & 2147483647) % $4
"""


async def _worker(owner_url: str) -> asyncpg.Connection:
    connection = await asyncpg.connect(owner_url, command_timeout=3600)
    await connection.execute("SELECT set_config('role', 'louyu_messaging_worker', false)")
    await connection.execute("SET synchronous_commit = off; SET work_mem = '64MB'")
    return connection


async def _make_groups(connection: asyncpg.Connection, count: int) -> list[Place]:
    places = []
    for number in range(count):
        community_id = ids.community_id(f"bench-{number // GROUPS_OF_A_COMMUNITY}")
        if number % GROUPS_OF_A_COMMUNITY == 0:
            await connection.execute(
                "INSERT INTO messaging.community VALUES ($1, $2, $2, '', '')", community_id, f"bench-{number}"
            )
        key = str(number)
        building_id, group_id = (ids.named_id(community_id, kind, key) for kind in ("building", "group"))
        await connection.execute(
            "INSERT INTO messaging.building VALUES ($1, $2, $3, $3)", community_id, building_id, key
        )
        await connection.execute(
            "INSERT INTO messaging.groups (community_id, group_id, key, name) VALUES ($1, $2, $3, $3)",
            *(community_id, group_id, key),
        )
        await connection.execute(
            "INSERT INTO messaging.group_building VALUES ($1, $2, $3)", community_id, group_id, building_id
        )
        places.append(Place(community_id, group_id))
        await asyncio.sleep(0)
    return places
