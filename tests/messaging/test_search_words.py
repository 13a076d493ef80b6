"""What a query means, and whether a message has it."""

import random

import numpy as np
import pytest
from louyu_messaging.errors import QueryFaulty
from louyu_messaging.search.hits import snippet_of, spans_of
from louyu_messaging.search.plain import plain
from louyu_messaging.search.signatures import BLOCK, columns_with, pairs_of, shelves_of
from louyu_messaging.search.words import words_of


def found(query: str, text: str) -> bool:
    return bool(spans_of(text, words_of(query)))


FOUND = [
    ("电梯坏了", "二单元电梯又坏了，谁管"),
    ("停水通知", "明天停水的通知看到了吗"),
    ("王建国", "请王建国家里把车挪一下"),
    ("孙楼长", "谢谢孙楼长帮忙"),
    ("李阿姨", "李阿姨您好"),
    ("28-1-101", "28-1-101 漏水了"),
    ("28-1-101", "28号楼1单元101室漏水"),
    ("28号楼1单元101", "楼下28-1-101投诉"),
    ("3单元501", "我家3-501"),
    ("3单元", "三单元的灯不亮"),
    ("三单元", "3单元的灯不亮"),
    ("二十八号楼", "28号楼前面堵了"),
    ("101", "101室没有暖气"),
    ("8000", "物业电话13580001234"),
    ("0001234", "物业电话135-8000-1234或13580001234"),
    ("13580001234", "打135 8000 1234"),
    ("135-8000-1234", "打13580001234"),
    ("wifi", "ＷｉＦｉ密码"),
    ("WiFi 密码", "楼道wifi的密码是多少"),
    ("A座 12层", "a座12层电梯"),
    ("电梯 3号楼", "三号楼电梯停了"),
    ("水", "停水了"),
    ("😀", "好的😀"),
    ("暖气", "暖\u3000气不热，暖气片凉的"),
    ("京A12345", "挪车：京A12345"),
]
"""Queries, each with a message that has the words."""


@pytest.mark.parametrize(("query", "text"), FOUND)
def test_a_message_is_found(query: str, text: str) -> None:
    assert found(query, text)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("3单元", "13单元"),
        ("101", "1101室"),
        ("28-1-101", "28-1-1011"),
        ("28-1-101", "128-1-101"),
        ("28-1-101", "28号楼1单元1012"),
        ("上海", "晚上海鲜到了"),
        ("王建国", "王书记说建国路堵了"),
        ("电梯 停水", "电梯停了"),
        ("34", "13580001234"),
    ],
)
def test_a_message_is_not_found(query: str, text: str) -> None:
    assert not found(query, text)


@pytest.mark.parametrize("query", ["", "  ", "一" * 101, "a b c d e f g h i"])
def test_a_query_without_words_or_with_too_many_names_the_field(query: str) -> None:
    with pytest.raises(QueryFaulty) as refused:
        words_of(query)

    assert refused.value.field == "query"


def test_a_snippet_shows_the_hits_in_the_words_of_the_message() -> None:
    text = "各位邻居：" + "很早以前" * 20 + "３单元ＷｉＦｉ坏了\n请报修" + "，谢谢" * 40
    parts = snippet_of(text, spans_of(text, words_of("wifi 3单元")))

    assert [part.text for part in parts if part.is_hit] == ["３单元ＷｉＦｉ"]
    shown = "".join(part.text for part in parts)
    assert shown.startswith("……") and shown.endswith("……")
    assert len(shown) < 90
    assert "坏了 请报修" in shown


def test_what_is_said_a_thousand_times_is_looked_at_a_few_times() -> None:
    spans = spans_of("哈" * 2000, words_of("哈哈"))

    assert len(spans) == 1
    assert spans[0][1] < 100


def test_the_index_misses_nothing_and_offers_little_else() -> None:
    chance = random.Random(3)
    signs = "电梯停水暖气楼道灯物业漏修车位门禁快递垃圾王李张三二一0123456789-abc 😀"
    texts = {
        place: plain("".join(chance.choices(signs, k=chance.randint(1, 30)))) for place in range(BLOCK) if place % 7
    }
    shelves = dict(enumerate(shelves_of(texts)))
    spellings = ["".join(chance.choices(signs, k=length)) for length in (1, 2, 3, 4) for _ in range(40)]

    offered_in_vain = 0
    for spelling in spellings:
        columns = columns_with([shelves, {}], [[pairs_of(plain(spelling))]])
        right = {place for place, text in texts.items() if plain(spelling) in text}
        offered = set(np.flatnonzero(columns[0]).tolist())
        assert right <= offered
        assert not columns[1].any()
        offered_in_vain += len(offered - right)
    assert offered_in_vain < 0.05 * BLOCK * len(spellings)
